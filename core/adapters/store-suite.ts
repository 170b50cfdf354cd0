import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isAppError } from '#contract'
import type { Effect } from '../domain/effect.ts'
import type { LedgerEntry } from '../domain/ledger.ts'
import type { Store, User } from '../ports/store.ts'
import { sampleBuilder } from '../testing/samples.ts'

const ENTRY: LedgerEntry = {
  movement: 'payment',
  lines: [
    { account: 'stripe', amount: 2 ** 53 - 1 },
    { account: 'buyer_money', amount: -(2 ** 53 - 1) },
  ],
  orderId: null,
  builderId: null,
  currency: 'usd',
  at: 0,
}

/** What every store must do. Runs on each engine; `open` gives an empty one. `skip` says why it cannot run here. */
export function storeSuite(
  engine: string,
  open: () => Promise<Store>,
  options: { readonly skip?: string | false } = {},
): void {
  const conflict = (error: unknown) => isAppError(error, 'conflict')
  const user = (name: string) => ({ userId: '100000000000000103', name, missed: [] })
  const effect = (queue: Effect['queue'], dueAt: number): Effect => ({
    kind: 'checkout',
    queue,
    subject: 's',
    notice: null,
    dueAt,
    leaseUntil: 0,
    revision: 1,
    runs: 0,
    attempts: 0,
    lastError: null,
    createdAt: 0,
  })

  async function withStore(run: (store: Store) => Promise<void>): Promise<void> {
    const store = await open()
    try {
      await run(store)
    } finally {
      await store.close()
    }
  }

  describe(`store on ${engine}`, { skip: options.skip ?? false }, () => {
    test('what is created is read back exactly, money and snowflakes included', () =>
      withStore(async (store) => {
        const value = {
          ...user('ペン 👩‍🎨 "\\\n'),
          missed: [
            {
              subject: 'o',
              notice: { about: 'order', userId: 'a', kind: 'buyer_paid', occasion: 1 },
              at: 2 ** 53 - 1,
            },
          ] as const,
        }
        await store.commit([{ op: 'create', collection: 'users', id: 'a', value }])
        assert.deepEqual((await store.get('users', 'a'))?.value, value)
        assert.equal(await store.get('users', 'b'), undefined)
      }))

    test('any id is kept as it is', () =>
      withStore(async (store) => {
        const ids = [
          'a/b',
          '.',
          '..',
          '__a__',
          '_',
          '%2F',
          'a%',
          'ord_1:refund:1:2',
          'stripe:evt_1',
          '\u00e9 \n#?',
        ]
        await store.commit(ids.map((id) => ({ op: 'create', collection: 'users', id, value: user(id) })))
        const found = await store.getAll(ids.map((id) => ['users', id]))
        assert.deepEqual(
          found.map((document) => document?.id),
          ids,
        )
        const scanned = await store.scan('users', { limit: 100, cursor: null })
        assert.deepEqual(
          new Set(scanned.documents.map(({ id, value }) => (id === (value as User).name ? id : null))),
          new Set(ids),
        )
      }))

    test('empty lists, absent fields, nulls and negative amounts are read back as they were', () =>
      withStore(async (store) => {
        const person = { ...user('P'), pronouns: undefined }
        await store.commit([
          { op: 'create', collection: 'ledger', id: 'l', value: ENTRY },
          { op: 'create', collection: 'users', id: 'a', value: person },
        ])
        assert.deepEqual((await store.get('ledger', 'l'))?.value, ENTRY)
        assert.deepEqual((await store.get('users', 'a'))?.value, user('P'))
      }))

    test('documents come in the order of their keys, with gaps for those that are not there', () =>
      withStore(async (store) => {
        await store.commit(
          ['a', 'b'].map((id) => ({ op: 'create', collection: 'users', id, value: user(id) })),
        )
        const found = await store.getAll([
          ['users', 'b'],
          ['outbox', 'a'],
          ['users', 'a'],
          ['users', 'b'],
        ])
        assert.deepEqual(
          found.map((document) => document?.id),
          ['b', undefined, 'a', 'b'],
        )
        assert.deepEqual(await store.getAll([]), [])
      }))

    test('a document may be nearly a mebibyte long', () =>
      withStore(async (store) => {
        const long = user('\u00e9'.repeat(450_000))
        await store.commit([{ op: 'create', collection: 'users', id: 'a', value: long }])
        assert.equal((await store.get('users', 'a'))?.value.name, long.name)
      }))

    test('as many writes as a full lane makes are one commit', () =>
      withStore(async (store) => {
        const writes = Array.from({ length: 600 }, (_, i) => ({
          op: 'create' as const,
          collection: 'users' as const,
          id: `u${i}`,
          value: user('x'.repeat(1_000)),
        }))
        await store.commit(writes)
        const again = [
          ...writes.slice(0, 599).map((write) => ({ ...write, id: `v${write.id}` })),
          writes[599],
        ]
        await assert.rejects(store.commit(again.flatMap((write) => write ?? [])), conflict)
        assert.equal(await store.get('users', 'vu0'), undefined)
      }))

    test('a document is created once', () =>
      withStore(async (store) => {
        const create = { op: 'create', collection: 'users', id: 'a', value: user('1') } as const
        await store.commit([create])
        await assert.rejects(store.commit([create]), conflict)
      }))

    test('of many who create the same document at once one wins', () =>
      withStore(async (store) => {
        const tries = Array.from({ length: 20 }, (_, i) =>
          store.commit([{ op: 'create', collection: 'users', id: 'a', value: user(String(i)) }]),
        )
        const results = await Promise.allSettled(tries)
        assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
      }))

    test('a version is good for one replacement', () =>
      withStore(async (store) => {
        await store.commit([{ op: 'create', collection: 'users', id: 'a', value: user('1') }])
        const version = (await store.get('users', 'a'))?.version ?? 0
        const replace = { op: 'replace', collection: 'users', id: 'a', value: user('2'), version } as const
        await store.commit([replace])
        await assert.rejects(store.commit([replace]), conflict)
        assert.equal((await store.get('users', 'a'))?.value.name, '2')
      }))

    test('writing the same once more uses the version up all the same', () =>
      withStore(async (store) => {
        await store.commit([{ op: 'create', collection: 'users', id: 'a', value: user('1') }])
        const version = (await store.get('users', 'a'))?.version ?? 0
        const same = { op: 'replace', collection: 'users', id: 'a', value: user('1'), version } as const
        const results = await Promise.allSettled([store.commit([same]), store.commit([same])])
        assert.deepEqual(results.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected'])
      }))

    test('what changed cannot be deleted by an old version, and what is gone cannot be replaced', () =>
      withStore(async (store) => {
        await store.commit([{ op: 'create', collection: 'users', id: 'a', value: user('1') }])
        const old = (await store.get('users', 'a'))?.version ?? 0
        await store.commit([{ op: 'replace', collection: 'users', id: 'a', value: user('2'), version: old }])
        await assert.rejects(
          store.commit([{ op: 'delete', collection: 'users', id: 'a', version: old }]),
          conflict,
        )
        const now = (await store.get('users', 'a'))?.version ?? 0
        await store.commit([{ op: 'delete', collection: 'users', id: 'a', version: now }])
        const late = { op: 'replace', collection: 'users', id: 'a', value: user('3'), version: now } as const
        await assert.rejects(store.commit([late]), conflict)
      }))

    test('one conflict undoes the whole commit, and no commit beside it', () =>
      withStore(async (store) => {
        await store.commit([{ op: 'create', collection: 'users', id: 'taken', value: user('1') }])
        const results = await Promise.allSettled([
          store.commit([{ op: 'create', collection: 'users', id: 'before', value: user('1') }]),
          store.commit([
            { op: 'create', collection: 'users', id: 'half', value: user('1') },
            { op: 'create', collection: 'users', id: 'taken', value: user('2') },
          ]),
          store.commit([{ op: 'create', collection: 'users', id: 'after', value: user('1') }]),
        ])
        assert.deepEqual(
          results.map(({ status }) => status),
          ['fulfilled', 'rejected', 'fulfilled'],
        )
        const found = await store.getAll([
          ['users', 'before'],
          ['users', 'half'],
          ['users', 'after'],
        ])
        assert.deepEqual(
          found.map((document) => document?.id),
          ['before', undefined, 'after'],
        )
      }))

    test('a query filters, orders, bounds and pages without missing or repeating', () =>
      withStore(async (store) => {
        const times = [5, 1, 3, 3, 9, 2, 3]
        await store.commit(
          times.map((at, i) => ({
            op: 'create',
            collection: 'ledger',
            id: `e${i}`,
            value: { ...ENTRY, builderId: 'b', at },
          })),
        )
        const other = { ...ENTRY, builderId: 'c', at: 1 }
        await store.commit([{ op: 'create', collection: 'ledger', id: 'other', value: other }])
        for (const direction of ['asc', 'desc'] as const) {
          const seen: number[] = []
          let cursor: string | null = null
          do {
            const page: Awaited<ReturnType<typeof store.find<'ledger'>>> = await store.find('ledger', {
              where: { builderId: 'b' },
              orderBy: 'at',
              direction,
              atMost: 5,
              limit: 2,
              cursor,
            })
            assert.ok(page.documents.length <= 2)
            seen.push(...page.documents.map(({ value }) => value.at))
            cursor = page.cursor
          } while (cursor)
          const expected = [1, 2, 3, 3, 3, 5]
          assert.deepEqual(seen, direction === 'asc' ? expected : expected.toReversed())
        }
      }))

    test('a scan meets every document of one collection once, in the order of ids', () =>
      withStore(async (store) => {
        const ids = ['b', 'ord_01', 'a', 'Z', '\u00e9', 'c']
        await store.commit(ids.map((id) => ({ op: 'create', collection: 'users', id, value: user(id) })))
        await store.commit([{ op: 'create', collection: 'outbox', id: 'b', value: effect('news', 1) }])
        const seen: string[] = []
        let cursor: string | null = null
        do {
          const page: Awaited<ReturnType<typeof store.scan<'users'>>> = await store.scan('users', {
            limit: 3,
            cursor,
          })
          seen.push(...page.documents.map(({ id }) => id))
          cursor = page.cursor
        } while (cursor)
        assert.deepEqual(seen, ids.toSorted())
      }))

    test('a query may order by a field that is equal in all it finds', () =>
      withStore(async (store) => {
        const builder = (userId: string, accountId: string | null) => sampleBuilder({ userId, accountId })
        const accounts = { a: 'acct_1', b: 'acct_2', c: null, d: 'acct_1', e: 'acct_1' }
        await store.commit(
          Object.entries(accounts).map(([id, accountId]) => ({
            op: 'create',
            collection: 'builders',
            id,
            value: builder(id, accountId),
          })),
        )
        const query = {
          where: { accountId: 'acct_1' },
          orderBy: 'accountId',
          direction: 'asc',
          limit: 2,
        } as const
        const first = await store.find('builders', query)
        const second = await store.find('builders', { ...query, cursor: first.cursor })
        assert.deepEqual(
          [...first.documents, ...second.documents].map(({ id }) => id),
          ['a', 'd', 'e'],
        )
        assert.equal(second.cursor, null)
      }))

    test('a replaced document is found under its new values only', () =>
      withStore(async (store) => {
        await store.commit([{ op: 'create', collection: 'outbox', id: 'e', value: effect('news', 1) }])
        const version = (await store.get('outbox', 'e'))?.version ?? 0
        await store.commit([
          { op: 'replace', collection: 'outbox', id: 'e', value: effect('cards', 2), version },
        ])
        const find = async (queue: Effect['queue']) =>
          (await store.find('outbox', { where: { queue }, orderBy: 'dueAt', direction: 'asc', limit: 5 }))
            .documents.length
        assert.deepEqual([await find('news'), await find('cards')], [0, 1])
      }))

    test('a question without an index is refused, so that none is missing where it counts', () =>
      withStore(async (store) => {
        const query = { where: { status: 'paid' }, orderBy: 'createdAt', direction: 'asc', limit: 1 } as const
        await assert.rejects(store.find('orders', query), (error) => isAppError(error, 'internal'))
      }))

    test('a cursor that is not ours is refused with a sentence', () =>
      withStore(async (store) => {
        const query = { where: {}, orderBy: 'dueAt', direction: 'asc', limit: 1 } as const
        for (const cursor of ['{"x":1', '[1,""]', '["\\ud800","a"]', '[1,"\\ud800"]']) {
          const found = store.find('outbox', { ...query, cursor })
          await assert.rejects(found, (error) => isAppError(error, 'bad_request'), cursor)
        }
      }))

    test('ids carry their kind and never repeat', () =>
      withStore(async (store) => {
        const ids = Array.from({ length: 2_000 }, () => store.newId('ord'))
        assert.equal(new Set(ids).size, ids.length)
        assert.ok(ids.every((id) => /^ord_[0-9a-z]{26}$/.test(id)))
      }))
  })
}
