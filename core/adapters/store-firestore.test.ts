import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { isAppError } from '#contract'
import { emptyProject, firestoreEmulator } from '../../tests/firestore-emulator.ts'
import { createFirestoreProxy, GRPC } from '../../tests/firestore-proxy.ts'
import type { Effect } from '../domain/effect.ts'
import { createFirestoreStore } from './store-firestore.ts'
import { storeSuite } from './store-suite.ts'

const emulator = await firestoreEmulator()
const skip = 'missing' in emulator ? emulator.missing : false
const emulatorHost = 'host' in emulator ? emulator.host : ''

storeSuite('Firestore', async () => createFirestoreStore({ projectId: emptyProject(), emulatorHost }), {
  skip,
})

const RULES = join(import.meta.dirname, '../../deploy/firestore/firestore.rules')
const user = (name: string) => ({ userId: '100000000000000103', name, missed: [] })

/** A document's fields as Firestore's own REST interface has them, after writing them so where they are given. */
async function overRest(projectId: string, path: string, fields?: object): Promise<Record<string, unknown>> {
  const documents = `http://${emulatorHost}/v1/projects/${projectId}/databases/(default)/documents`
  const headers = { authorization: 'Bearer owner' }
  const request = fields ? { method: 'PATCH', headers, body: JSON.stringify({ fields }) } : { headers }
  const answer = await fetch(`${documents}/${path}`, request)
  return ((await answer.json()) as { fields: Record<string, unknown> }).fields
}

test('a commit stands when its answer was lost and the library sent it again', { skip }, async () => {
  await using wire = await startWire(emulatorHost)
  const projectId = emptyProject()
  const direct = createFirestoreStore({ projectId, emulatorHost })
  const store = createFirestoreStore({ projectId, emulatorHost: wire.host })
  const read = async () => (await direct.get('users', 'a'))?.value.name

  await store.get('users', 'a')
  wire.loseAnswers()
  const created = store.commit([{ op: 'create', collection: 'users', id: 'a', value: user('1') }])
  while ((await read()) !== '1');
  wire.heal()
  await created

  const version = (await store.get('users', 'a'))?.version ?? 0
  wire.loseAnswers()
  const replaced = store.commit([{ op: 'replace', collection: 'users', id: 'a', value: user('2'), version }])
  while ((await read()) !== '2');
  wire.heal()
  await replaced

  const other = { op: 'replace', collection: 'users', id: 'a', value: user('3'), version } as const
  await assert.rejects(store.commit([other]), (error) => isAppError(error, 'conflict'))
  await Promise.all([store.close(), direct.close()])
})

describe('Firestore out of reach', { skip, concurrency: true }, () => {
  const mishaps = { 'when answers are lost': 'loseAnswers', 'when nobody is there': 'refuse' } as const
  for (const [name, befall] of Object.entries(mishaps)) {
    test(`${name} everything is unavailable, and the next to come is served again`, async () => {
      await using wire = await startWire(emulatorHost)
      const projectId = emptyProject()
      const hasty = createFirestoreStore({ projectId, emulatorHost: wire.host, patienceMs: 200 })
      wire[befall]()
      const query = { where: {}, orderBy: 'joinedAt', direction: 'asc', limit: 1 } as const
      const asked = [
        hasty.commit([{ op: 'create', collection: 'users', id: 'a', value: user('1') }]),
        hasty.get('users', 'a'),
        hasty.getAll([['users', 'a']]),
        hasty.find('builders', query),
        hasty.scan('users', { limit: 1, cursor: null }),
      ]
      for (const result of await Promise.allSettled(asked)) {
        assert.ok(result.status === 'rejected' && isAppError(result.reason, 'unavailable'))
      }
      await hasty.close()

      wire.heal()
      const patient = createFirestoreStore({ projectId, emulatorHost: wire.host })
      assert.equal(await patient.get('users', 'b'), undefined)
      await patient.close()
    })
  }
})

test('a list that breaks off and is sent again shows nothing twice', { skip }, async () => {
  await using proxy = await createFirestoreProxy(emulatorHost)
  const store = createFirestoreStore({ projectId: emptyProject(), emulatorHost: proxy.host })
  const entry = (dueAt: number) => ({ id: `a${dueAt}`, value: { queue: 'checkout', dueAt } as Effect })
  const entries = [1, 2, 3].map(entry)
  await store.commit(entries.map((one) => ({ op: 'create', collection: 'outbox', ...one })))
  const query = { where: { queue: 'checkout' }, orderBy: 'dueAt', direction: 'asc', limit: 3 } as const
  for (const ask of [
    () => store.find('outbox', query),
    () => store.scan('outbox', { limit: 3, cursor: null }),
  ]) {
    proxy.fail('RunQuery', GRPC.unavailable, 1, 'midway')
    const { documents } = await ask()
    assert.equal(proxy.left(), 0)
    assert.deepEqual(
      documents.map(({ id }) => id),
      entries.map(({ id }) => id),
    )
  }
  await store.close()
})

test('ids made one after another lie far apart', { skip }, async () => {
  const store = createFirestoreStore({ projectId: emptyProject(), emulatorHost })
  const ids = Array.from({ length: 500 }, () => store.newId('ord'))
  assert.notDeepEqual(ids, ids.toSorted())
  assert.ok(new Set(ids.map((id) => id.slice(0, 6))).size > 100)
  await store.close()
})

test('what may be forgotten says when, in the field that Firestore looks at', { skip }, async () => {
  const projectId = emptyProject()
  const store = createFirestoreStore({ projectId, emulatorHost })
  const receivedAt = Date.UTC(2026, 10, 22, 12, 0, 0, 250)
  const value = { receivedAt, type: 'invoice.paid', result: null }
  const { userId } = user('Poppy')
  await store.commit([
    { op: 'create', collection: 'inbox', id: 'evt_1', value },
    { op: 'create', collection: 'users', id: userId, value: user('Poppy') },
  ])
  await store.close()
  const sixtyDays = 60 * 24 * 60 * 60_000
  const timestampValue = new Date(receivedAt + sixtyDays).toISOString()
  assert.deepEqual((await overRest(projectId, 'inbox/evt_1')).expireAt, { timestampValue })
  assert.equal((await overRest(projectId, `users/${userId}`)).expireAt, undefined, 'a person is kept')
})

test('a document of an older version is read, and written as they are today', { skip }, async () => {
  const projectId = emptyProject()
  const store = createFirestoreStore({ projectId, emulatorHost })
  const { userId, name } = user('Poppy')
  const fields = {
    userId: { stringValue: userId },
    name: { stringValue: name },
    missed: { arrayValue: {} },
  }
  await overRest(projectId, `users/${userId}`, { value: { mapValue: { fields } } })
  const found = await store.get('users', userId)
  assert.deepEqual(found?.value, user('Poppy'))

  const value = user('Fern')
  const { version = 0 } = found ?? {}
  await store.commit([{ op: 'replace', collection: 'users', id: userId, value, version }])
  assert.deepEqual((await store.get('users', userId))?.value, value)
  const { commit: _, ...kept } = await overRest(projectId, `users/${userId}`)
  assert.deepEqual(kept, { json: { stringValue: JSON.stringify(value) } })
  await store.close()
})

test('the rules let nobody in who comes from outside', { skip }, async () => {
  const project = `projects/${emptyProject()}`
  const content = readFileSync(RULES, 'utf8')
  const headers = { 'content-type': 'application/json' }
  const rules = await fetch(`http://${emulatorHost}/emulator/v1/${project}:securityRules`, {
    method: 'PUT',
    headers,
    body: JSON.stringify({ rules: { files: [{ name: 'firestore.rules', content }] } }),
  })
  assert.equal(rules.status, 200, await rules.text())
  const drop = `http://${emulatorHost}/v1/${project}/databases/(default)/documents/inventory/drp_1`
  const body = JSON.stringify({ fields: {} })
  const asOwner = { ...headers, authorization: 'Bearer owner' }
  const write = (as: Record<string, string>) => fetch(drop, { method: 'PATCH', headers: as, body })
  assert.equal((await write(asOwner)).status, 200)
  assert.equal((await write(headers)).status, 403)
  assert.equal((await fetch(drop, { headers: asOwner })).status, 200)
  assert.equal((await fetch(drop)).status, 403)
})

interface Wire extends AsyncDisposable {
  readonly host: string
  /** From now on what is sent arrives, and what comes back does not. */
  loseAnswers(): void
  /** Nobody is there. */
  refuse(): void
  /** Every connection breaks, and the next ones are whole again. */
  heal(): void
}

/** A connection to the emulator that can lose what it carries. */
async function startWire(to: string): Promise<Wire> {
  const [hostname = '', port = ''] = to.split(':')
  const open = new Set<Socket>()
  let state: 'whole' | 'losing' | 'refusing' = 'whole'
  const server = createServer((near) => {
    if (state === 'refusing') {
      near.destroy()
      return
    }
    const far = connect(Number(port), hostname)
    open.add(near).add(far)
    near.on('data', (bytes) => far.write(bytes))
    far.on('data', (bytes) => {
      if (state === 'whole') near.write(bytes)
    })
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => other.destroy())
      one.on('close', () => {
        open.delete(one)
        other.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  assert.ok(address && typeof address === 'object')
  function become(next: typeof state): void {
    state = next
    for (const socket of open) socket.destroy()
  }
  return {
    host: `127.0.0.1:${address.port}`,
    loseAnswers() {
      state = 'losing'
    },
    refuse: () => become('refusing'),
    heal: () => become('whole'),
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      become('refusing')
      await closed
    },
  }
}
