import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAccountsV1 } from './accounts-v1.ts'
import { createAccountsV2 } from './accounts-v2.ts'
import { createStripeClient } from './stripe-client.ts'
import { type Answer, error, ok, startScript } from './stripe-script.ts'

const REQUEST = { builderId: '123456789012345678', idempotencyKey: '123456789012345678:account:1' }
const LINK = {
  accountId: 'acct_1',
  refreshUrl: 'https://shop.example/connect/start/t',
  returnUrl: 'https://shop.example/connect/return/t',
}

async function startV1(answer: () => Answer, cardPayments = false) {
  const script = await startScript(answer)
  const client = createStripeClient({ secretKey: 'sk_test_x', apiBase: script.apiBase })
  return { script, accounts: createAccountsV1(client, { country: 'US', cardPayments }) }
}

async function startV2(answer: () => Answer, contactEmail: string | null = null) {
  const script = await startScript(answer)
  const client = createStripeClient({ secretKey: 'sk_test_x', apiBase: script.apiBase })
  return { script, accounts: createAccountsV2(client, { country: 'DE', currency: 'eur', contactEmail }) }
}

const V1_ACCOUNT = {
  id: 'acct_1',
  object: 'account',
  country: 'US',
  details_submitted: true,
  capabilities: { transfers: 'inactive' },
  requirements: {
    currently_due: ['individual.verification.document', 'external_account'],
    past_due: ['individual.verification.document'],
  },
}

const entry = (description: string, status: string, awaiting_action_from = 'user') => ({
  description,
  awaiting_action_from,
  minimum_deadline: { status },
})
const V2_ACCOUNT = {
  id: 'acct_1',
  object: 'v2.core.account',
  identity: { country: 'de' },
  configuration: {
    recipient: { capabilities: { stripe_balance: { stripe_transfers: { status: 'restricted' } } } },
  },
  requirements: {
    entries: [
      entry('identity.individual.given_name', 'past_due'),
      entry('configuration.recipient.default_outbound_destination', 'currently_due'),
      entry('identity.individual.id_numbers', 'eventually_due'),
      entry('identity.individual.documents.primary_verification', 'currently_due', 'stripe'),
    ],
  },
}

test('a v1 account has the Express dashboard, receives transfers, and takes cards only where told', async () => {
  for (const cardPayments of [false, true]) {
    const { script, accounts } = await startV1(() => ok(V1_ACCOUNT), cardPayments)
    await using _ = script
    await accounts.create(REQUEST)
    const [call] = script.calls
    assert.equal(call?.headers['idempotency-key'], REQUEST.idempotencyKey)
    assert.deepEqual(Object.fromEntries(call?.form ?? []), {
      country: 'US',
      'controller[fees][payer]': 'application',
      'controller[losses][payments]': 'application',
      'controller[stripe_dashboard][type]': 'express',
      'capabilities[transfers][requested]': 'true',
      ...(cardPayments && { 'capabilities[card_payments][requested]': 'true' }),
      'metadata[builder_id]': REQUEST.builderId,
    })
  }
})

test('a v1 account tells whether it may receive transfers and what is asked, each thing once', async () => {
  let account: object = V1_ACCOUNT
  const { script, accounts } = await startV1(() => ok(account))
  await using _ = script
  assert.deepEqual(await accounts.read('acct_1'), {
    accountId: 'acct_1',
    transfers: false,
    detailsSubmitted: true,
    currentlyDue: ['individual.verification.document', 'external_account'],
    country: 'US',
    lost: false,
  })
  account = {
    ...V1_ACCOUNT,
    capabilities: { transfers: 'active' },
    requirements: { currently_due: [], past_due: [] },
  }
  const active = await accounts.read('acct_1')
  assert.deepEqual([active.transfers, active.currentlyDue], [true, []])
  account = { id: 'acct_1', object: 'account', details_submitted: false }
  assert.deepEqual(await accounts.read('acct_1'), {
    accountId: 'acct_1',
    transfers: false,
    detailsSubmitted: false,
    currentlyDue: [],
    country: null,
    lost: false,
  })
})

test('a v2 account is a recipient with the Express dashboard, and its answer holds what is looked at', async () => {
  for (const contactEmail of [null, 'hello@shop.example']) {
    const { script, accounts } = await startV2(() => ok(V2_ACCOUNT), contactEmail)
    await using _ = script
    await accounts.create(REQUEST)
    const [call] = script.calls
    assert.deepEqual([call?.method, call?.path], ['POST', '/v2/core/accounts'])
    assert.equal(call?.headers['idempotency-key'], REQUEST.idempotencyKey)
    assert.deepEqual(JSON.parse(call?.body ?? ''), {
      ...(contactEmail && { contact_email: contactEmail }),
      dashboard: 'express',
      identity: { country: 'de' },
      configuration: {
        recipient: { capabilities: { stripe_balance: { stripe_transfers: { requested: true } } } },
      },
      defaults: {
        currency: 'eur',
        responsibilities: { fees_collector: 'application', losses_collector: 'application' },
      },
      metadata: { builder_id: REQUEST.builderId },
      include: ['configuration.recipient', 'identity', 'requirements'],
    })
  }
})

test('a v2 account tells what is asked of the builder now, not what Stripe does or what comes later', async () => {
  let account: object = V2_ACCOUNT
  const { script, accounts } = await startV2(() => ok(account))
  await using _ = script
  assert.deepEqual(await accounts.read('acct_1'), {
    accountId: 'acct_1',
    transfers: false,
    detailsSubmitted: false,
    currentlyDue: ['identity.individual.given_name', 'configuration.recipient.default_outbound_destination'],
    country: 'DE',
    lost: false,
  })
  assert.deepEqual(
    [...(script.calls[0]?.form ?? [])].map(([, name]) => name),
    ['configuration.recipient', 'identity', 'requirements'],
  )
  const active = {
    ...V2_ACCOUNT,
    configuration: {
      recipient: { capabilities: { stripe_balance: { stripe_transfers: { status: 'active' } } } },
    },
  }
  account = active
  const { transfers, detailsSubmitted } = await accounts.read('acct_1')
  assert.deepEqual([transfers, detailsSubmitted], [true, true])
  account = { ...active, closed: true }
  const closed = await accounts.read('acct_1')
  assert.deepEqual([closed.transfers, closed.lost], [false, true])
})

test('an account that is gone may not receive transfers; other trouble stays trouble', async () => {
  let answer: Answer = error(403, 'invalid_request_error', 'account_invalid')
  const v1 = await startV1(() => answer)
  await using _ = v1.script
  const v2 = await startV2(() => answer)
  await using __ = v2.script
  for (const { accounts } of [v1, v2]) {
    answer = error(403, 'invalid_request_error', 'account_invalid')
    assert.deepEqual(await accounts.read('acct_1'), {
      accountId: 'acct_1',
      transfers: false,
      detailsSubmitted: false,
      currentlyDue: [],
      country: null,
      lost: true,
    })
    answer = error(403, 'invalid_request_error')
    await assert.rejects(accounts.read('acct_1'), { kind: 'refused' })
    answer = error(429, 'invalid_request_error', 'rate_limit')
    await assert.rejects(accounts.read('acct_1'), { kind: 'busy' })
  }
})

test('links of both kinds lead to Stripe and back, and a refused one is a refusal', async () => {
  let answer: Answer = ok({ object: 'account_link', url: 'https://stripe.example/one' })
  const v1 = await startV1(() => answer)
  await using _ = v1.script
  assert.equal(await v1.accounts.createOnboardingLink(LINK), 'https://stripe.example/one')
  assert.deepEqual(Object.fromEntries(v1.script.calls[0]?.form ?? []), {
    account: 'acct_1',
    type: 'account_onboarding',
    refresh_url: LINK.refreshUrl,
    return_url: LINK.returnUrl,
  })

  const v2 = await startV2(() => answer)
  await using __ = v2.script
  answer = ok({ object: 'v2.core.account_link', url: 'https://stripe.example/two' })
  assert.equal(await v2.accounts.createOnboardingLink(LINK), 'https://stripe.example/two')
  assert.deepEqual(JSON.parse(v2.script.calls[0]?.body ?? ''), {
    account: 'acct_1',
    use_case: {
      type: 'account_onboarding',
      account_onboarding: { refresh_url: LINK.refreshUrl, return_url: LINK.returnUrl },
    },
  })

  for (const { script, accounts } of [v1, v2]) {
    answer = ok({ object: 'login_link', url: 'https://stripe.example/dashboard' })
    assert.equal(await accounts.createDashboardLink('acct_1'), 'https://stripe.example/dashboard')
    assert.equal(script.calls.at(-1)?.path, '/v1/accounts/acct_1/login_links')
    answer = error(400, 'invalid_request_error')
    await assert.rejects(accounts.createDashboardLink('acct_1'), { kind: 'refused' })
    // v2 speaks of errors in fewer words.
    answer = { status: 400, body: { error: { code: 'account_not_found', message: 'No.' } } }
    await assert.rejects(accounts.createOnboardingLink(LINK), { kind: 'refused', code: 'account_not_found' })
    answer = { status: 429, body: { error: { code: 'rate_limit', message: 'No.' } } }
    await assert.rejects(accounts.createOnboardingLink(LINK), { kind: 'busy' })
  }
})
