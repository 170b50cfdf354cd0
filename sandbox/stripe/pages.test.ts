import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ACCOUNT, openTestStripe } from './test-stand.ts'

const submit = (url: string, fields: Record<string, string>) =>
  fetch(url, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' })

test('the pay page shows what is bought, takes the money and sends the buyer back', async (t) => {
  const stripe = await openTestStripe(t)
  const session = await stripe.openSession()
  const url = session.url ?? ''
  const page = await (await fetch(url)).text()
  assert.match(page, /Local Stripe, no real money/)
  assert.match(page, /Moon mug \[blue\] &amp; saucer = 50% off \+ more/)
  assert.match(page, /\$25\.00/)
  assert.match(page, /value="4242 4242 4242 4242"/)
  assert.match(page, /href="http:\/\/127\.0\.0\.1:1\/cancel"/)
  const declined = await submit(url, { card: '4000 0000 0000 0002', method: 'card' })
  assert.equal(declined.status, 402)
  assert.match(await declined.text(), /Your card was declined\./)
  const paid = await submit(url, { card: '4242 4242 4242 4242', method: 'card', name: 'Wren', country: 'CA' })
  assert.equal(paid.status, 303)
  assert.equal(paid.headers.get('location'), `http://127.0.0.1:1/success?session=${session.id}`)
  const received = stripe.types().includes('checkout.session.completed')
  assert.equal(received, true, 'the buyer goes back after the webhook was answered')
  const { collected_information: collected } = await stripe.client.checkout.sessions.retrieve(session.id)
  assert.equal(collected?.shipping_details?.name, 'Wren')
  assert.equal(collected?.shipping_details?.address.country, 'CA')
  const again = await submit(url, { card: '4242424242424242' })
  assert.equal(again.status, 410)
  assert.match(await again.text(), /already completed, or this page has timed out/)
  assert.equal((await stripe.client.charges.list()).data.filter((one) => one.paid).length, 1)
})

test('the buyer goes back although the webhook fails', async (t) => {
  const stripe = await openTestStripe(t, () => 500)
  const session = await stripe.openSession()
  assert.equal((await submit(session.url ?? '', { card: '4242424242424242' })).status, 303)
})

test('the pay page refuses what the form cannot be, and says it is over when it is', async (t) => {
  const stripe = await openTestStripe(t)
  const session = await stripe.openSession()
  const url = session.url ?? ''
  for (const fields of [
    { card: '4111 1111 1111 1111' },
    { email: 'nobody' },
    { name: ' ' },
    { country: 'FR' },
    { method: 'cheque' },
  ])
    assert.equal((await submit(url, fields)).status, 400, JSON.stringify(fields))
  await stripe.client.checkout.sessions.expire(session.id)
  assert.equal((await fetch(url)).status, 410)
  assert.equal((await fetch(`${stripe.local.url}/c/pay/cs_none`)).status, 404)
})

test('an onboarding address works once, and finishing makes the account able to receive', async (t) => {
  const stripe = await openTestStripe(t)
  const { id: account } = await stripe.client.accounts.create(ACCOUNT)
  const link = async () =>
    (
      await stripe.client.accountLinks.create({
        account,
        type: 'account_onboarding',
        refresh_url: 'http://127.0.0.1:1/refresh',
        return_url: 'http://127.0.0.1:1/return',
      })
    ).url
  const left = await link()
  assert.match(await (await fetch(left)).text(), /individual\.first_name/)
  const again = await fetch(left, { redirect: 'manual' })
  assert.deepEqual([again.status, again.headers.get('location')], [303, 'http://127.0.0.1:1/refresh'])
  const leaving = await submit(left, { action: 'leave' })
  assert.equal(leaving.headers.get('location'), 'http://127.0.0.1:1/return')
  assert.equal((await stripe.client.accounts.retrieve(account)).details_submitted, false)
  const late = await link()
  stripe.advance(300_000)
  assert.equal(
    (await fetch(late, { redirect: 'manual' })).headers.get('location'),
    'http://127.0.0.1:1/refresh',
  )
  const good = await link()
  await fetch(good)
  assert.equal(
    (await submit(good, { action: 'finish' })).headers.get('location'),
    'http://127.0.0.1:1/return',
  )
  const ready = await stripe.client.accounts.retrieve(account)
  assert.equal(ready.capabilities?.transfers, 'active')
  assert.equal(ready.payouts_enabled, true)
  assert.deepEqual(ready.requirements?.currently_due, [])
  await stripe.local.idle()
  assert.equal(stripe.types().filter((type) => type === 'account.updated').length, 2)
  const dashboard = await stripe.client.accounts.createLoginLink(account)
  assert.match(await (await fetch(dashboard.url)).text(), /Your payments/)
})

test('the controls tell what happened and refuse pages of other origins', async (t) => {
  const stripe = await openTestStripe(t)
  await stripe.paidCharge()
  const summary = await (await fetch(`${stripe.local.url}/local/summary`)).json()
  assert.deepEqual(Object.keys(summary as object).toSorted(), [
    'accounts',
    'application_fees',
    'balance',
    'clock',
    'disputes',
    'events',
    'payouts',
    'refunds',
    'reversals',
    'sessions',
    'transfers',
  ])
  assert.match(await (await fetch(`${stripe.local.url}/local`)).text(), /checkout\.session\.completed/)
  const foreign = await fetch(`${stripe.local.url}/local/webhooks`, {
    method: 'POST',
    headers: { origin: 'http://evil.example' },
    body: JSON.stringify({ mode: 'lose' }),
  })
  assert.equal(foreign.status, 403)
  assert.equal((await fetch(`${stripe.local.url}/local/nothing`)).status, 404)
})
