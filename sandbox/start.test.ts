import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { startSandbox } from './start.ts'

const NOTHING = { host: '127.0.0.1', dataDir: null, discord: null, stripe: null, twitch: null, page: null }
const TWITCH = { port: 0, app: { clientId: 'app', clientSecret: 'secret', redirectUris: [] } }

test('the stand-ins that are asked for run, the page speaks for the people, and all end together', async () => {
  const sandbox = await startSandbox({
    ...NOTHING,
    discord: { port: 0 },
    stripe: { port: 0, webhooks: [] },
    twitch: TWITCH,
    page: { port: 0, webUrl: 'http://127.0.0.1:8501' },
  })
  const page = await fetch(`${sandbox.page?.url}/`)
  assert.equal(page.status, 200)
  assert.ok((await page.text()).includes(sandbox.stripe?.url ?? 'nowhere'))
  const world = await fetch(`${sandbox.page?.url}/people/world`)
  assert.equal(((await world.json()) as { people: unknown[] }).people.length, 5)
  await sandbox.close()
  await assert.rejects(fetch(`${sandbox.page?.url}/`))
})

test('a vendor that is not asked for is not played', async () => {
  const sandbox = await startSandbox({ ...NOTHING, stripe: { port: 0, webhooks: [] } })
  assert.deepEqual([sandbox.discord, sandbox.twitch, sandbox.page], [null, null, null])
  await sandbox.close()
})

test('each stand-in remembers in a file of its own', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'c500-sandbox-'))
  const sandbox = await startSandbox({ ...NOTHING, dataDir, discord: { port: 0 }, twitch: TWITCH })
  await sandbox.close()
  assert.deepEqual(await readdir(dataDir), ['discord.sqlite', 'twitch.sqlite'])
  await rm(dataDir, { recursive: true })
})

test('a taken port ends those that already run', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address() as AddressInfo
  const attempt = startSandbox({ ...NOTHING, discord: { port: 0 }, stripe: { port, webhooks: [] } })
  // If the local Discord still ran, this process would not end.
  await assert.rejects(attempt, { code: 'EADDRINUSE' })
  taken.close()
})
