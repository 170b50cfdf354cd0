import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { test } from 'node:test'
import { createSqliteStore } from '../adapters/store-sqlite.ts'
import { signLink } from '../domain/link.ts'
import type { ConnectAccounts, ConnectedAccount } from '../ports/accounts.ts'
import { JUNIPER, sampleBuilder } from '../testing/samples.ts'
import { openOnboarding, refreshAccount } from './builder-account.ts'
import { createChanges } from './change.ts'
import type { Settings } from './deps.ts'

const linkSecret = createSecretKey(Buffer.alloc(16))
const settings = { webUrl: 'https://shop.example', linkSecret } as Settings
const token = signLink(linkSecret, 'builder', JUNIPER.userId)

/** A builder with an account, and a Stripe that keeps these. */
async function setUp(accounts: Map<string, ConnectedAccount>) {
  const store = createSqliteStore({ path: ':memory:' })
  const change = createChanges({ store, onCommit: () => {}, random: () => 0 })
  const builder = sampleBuilder({ transfers: false })
  await store.commit([{ op: 'create', collection: 'builders', id: builder.userId, value: builder }])
  const keys: string[] = []
  const read = async (accountId: string) => {
    const found = accounts.get(accountId)
    assert.ok(found)
    return found
  }
  const stripe: ConnectAccounts = {
    async create({ idempotencyKey }) {
      keys.push(idempotencyKey)
      accounts.set('acct_2', account('acct_2'))
      return account('acct_2')
    },
    read,
    createOnboardingLink: async ({ accountId }) => `https://stripe.example/${accountId}`,
    createDashboardLink: async () => 'https://stripe.example/dashboard',
  }
  const deps = { store, change, clock: { now: () => 1_000 }, accounts: stripe, settings }
  const accountNow = async () => (await store.get('builders', JUNIPER.userId))?.value.accountId
  return { deps, keys, accountNow }
}

const account = (accountId: string, over: Partial<ConnectedAccount> = {}): ConnectedAccount => ({
  accountId,
  transfers: false,
  detailsSubmitted: true,
  currentlyDue: [],
  country: 'US',
  lost: false,
  ...over,
})

test('a builder whose account is lost goes on with a new one, and one who was asked for something with theirs', async () => {
  const accounts = new Map([['acct_1', account('acct_1')]])
  const { deps, keys, accountNow } = await setUp(accounts)
  assert.equal(await openOnboarding(deps, { token }), 'https://stripe.example/acct_1')
  accounts.set('acct_1', account('acct_1', { lost: true }))
  for (let visit = 0; visit < 2; visit++) {
    assert.equal(await openOnboarding(deps, { token }), 'https://stripe.example/acct_2')
  }
  assert.deepEqual([keys, await accountNow()], [[`${JUNIPER.userId}:account:after:acct_1`], 'acct_2'])
})

test('what is said of a lost account too late does not bring it back', async () => {
  const accounts = new Map([['acct_1', account('acct_1', { lost: true })]])
  const { deps, accountNow } = await setUp(accounts)
  const slow = {
    ...deps.accounts,
    async read(accountId: string) {
      const found = await deps.accounts.read(accountId)
      await openOnboarding(deps, { token })
      return found
    },
  }
  await refreshAccount({ ...deps, accounts: slow }, JUNIPER.userId)
  assert.equal(await accountNow(), 'acct_2')
})
