import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { test } from 'node:test'
import { AppError, type ErrorCode, isAppError } from '#contract'
import { createSqliteStore } from '../adapters/store-sqlite.ts'
import { createChanges } from './change.ts'
import type { Deps } from './deps.ts'
import { beginLogin, finishLogin, visitor } from './log-in.ts'
import { TICKET_MS } from './ticket.ts'

const poppy = { userId: '100000000000000103', name: 'Poppy' }

function setUp() {
  const store = createSqliteStore({ path: ':memory:' })
  const time = { now: 1_000 }
  const deps = {
    store,
    change: createChanges({ store, onCommit: () => {}, random: () => 0 }),
    clock: { now: () => time.now },
    settings: { linkSecret: createSecretKey(Buffer.from('link-secret-link')) },
    identity: {
      authorizeUrl: (state: string) => `https://discord.example/?${new URLSearchParams({ state })}`,
      async identify(code: string) {
        if (code !== 'good') throw new AppError('login_refused')
        return poppy
      },
    },
  } as unknown as Deps
  const tickets = async () => (await store.scan('tickets', { limit: 10, cursor: null })).documents.length
  return { deps, time, tickets }
}
const refused = (code: ErrorCode) => (error: unknown) => isAppError(error, code)

test('whoever begins to log in again and again, and never does, fills nothing', async () => {
  const { deps, tickets } = setUp()
  for (let times = 0; times < 50; times++) {
    const { state } = await beginLogin(deps, { next: '/orders' })
    await assert.rejects(finishLogin(deps, { state, code: null }), refused('login_refused'))
    await assert.rejects(finishLogin(deps, { state, code: 'made up' }), refused('login_refused'))
  }
  assert.equal(await tickets(), 0)
})

test('a login is good once, for ten minutes, and leads to our own page', async () => {
  const { deps, time, tickets } = setUp()
  const { state, url } = await beginLogin(deps, { next: '/orders/ord_1?from=a.b' })
  assert.equal(new URL(url).searchParams.get('state'), state)
  const { next, session } = await finishLogin(deps, { state, code: 'good' })
  assert.equal(next, '/orders/ord_1?from=a.b')
  assert.equal(visitor(deps, session), poppy.userId)
  await assert.rejects(finishLogin(deps, { state, code: 'good' }), refused('link_invalid'))
  assert.equal(await tickets(), 1)
  const late = await beginLogin(deps, { next: '/' })
  time.now += TICKET_MS
  for (const old of [late.state, state]) {
    await assert.rejects(finishLogin(deps, { state: old, code: 'good' }), refused('link_invalid'))
  }
})

test('of two who come back with one login at the same time one is let in', async () => {
  const { deps } = setUp()
  const { state } = await beginLogin(deps, { next: '/' })
  const both = await Promise.allSettled([1, 2].map(() => finishLogin(deps, { state, code: 'good' })))
  assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
})

test('a login that we did not begin, or that was altered, is none', async () => {
  const { deps } = setUp()
  const { state } = await beginLogin(deps, { next: '/orders' })
  const { session } = await finishLogin(deps, { state, code: 'good' })
  const later = (await beginLogin(deps, { next: '/orders' })).state
  const altered = [
    later.replace('/orders', '/order'),
    later.replace(/^./, (a) => (a === 'a' ? 'b' : 'a')),
    session,
    '',
    'a.b.c',
  ]
  for (const state of altered) {
    await assert.rejects(finishLogin(deps, { state, code: 'good' }), refused('link_invalid'), state)
  }
})

test('nobody is led anywhere but to a page of ours', async () => {
  const { deps } = setUp()
  for (const next of [
    'https://elsewhere.example',
    '//elsewhere.example',
    '/\\\\elsewhere',
    '',
    `/${'a'.repeat(300)}`,
  ]) {
    const { state } = await beginLogin(deps, { next })
    assert.ok(state.length <= 300)
    assert.equal((await finishLogin(deps, { state, code: 'good' })).next, '/')
  }
  const longest = `/${'a'.repeat(199)}`
  const { state } = await beginLogin(deps, { next: longest })
  assert.ok(state.length <= 300, 'what the contract takes')
  assert.equal((await finishLogin(deps, { state, code: 'good' })).next, longest)
})
