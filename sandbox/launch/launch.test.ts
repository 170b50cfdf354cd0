import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { renderWayOn } from './announce.ts'
import { createFleet } from './fleet.ts'
import { LaunchError } from './launch-error.ts'
import { keepLocalSecrets } from './local-secrets.ts'
import { renderLogLine } from './log-line.ts'
import type { ServicePlan, TaskPlan } from './plan.ts'
import { findTakenPorts } from './ports.ts'
import { resetData } from './reset-data.ts'
import { markSeedBegun, SEED_MARK, type SeedWish } from './seed-mark.ts'

let dir: string
before(() => {
  dir = mkdtempSync(join(tmpdir(), 'c500-launch-'))
})
after(() => rmSync(dir, { recursive: true }))

/** A port that is taken until disposed. */
async function takePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => new Promise<void>((closed) => server.close(() => closed())),
  }
}

async function freePort(): Promise<number> {
  await using taken = await takePort()
  return taken.port
}

/** A service that listens, tells its end, and takes its time when told to. */
async function service(name: ServicePlan['name'], body = ''): Promise<ServicePlan> {
  const port = await freePort()
  const script = join(dir, `${name}-${port}.ts`)
  writeFileSync(
    script,
    `import { createServer } from 'node:http'
     const server = createServer((request, response) => response.end('ok')).listen(${port}, '127.0.0.1')
     process.once('SIGTERM', () => { console.log('bye'); server.close(); server.closeAllConnections() })
     ${body}`,
  )
  return { name, script, env: {}, readyUrl: `http://127.0.0.1:${port}/readyz`, ports: [port] }
}

function fleetOf(options: { stopMs?: number; readyMs?: number } = {}) {
  const lines: string[] = []
  const fleet = createFleet({
    root: dir,
    onLine: (name, line) => lines.push(`${name}: ${line}`),
    stopMs: 20_000,
    readyMs: 20_000,
    ...options,
  })
  return { fleet, lines }
}

test('services stop in the opposite order of their start, each after it finished', async () => {
  const { fleet, lines } = fleetOf()
  for (const name of ['sandbox', 'core', 'web', 'bot'] as const) await fleet.start(await service(name))
  await fleet.stop()
  assert.deepEqual(lines, ['bot: bye', 'web: bye', 'core: bye', 'sandbox: bye'])
})

test('a service that dies is named with its last lines', async () => {
  const { fleet } = fleetOf()
  const plan = await service(
    'core',
    "console.error('no disk'); process.exitCode = 3; setImmediate(() => process.exit())",
  )
  const start = fleet.start(plan)
  const death = await fleet.died
  assert.deepEqual(death, { name: 'core', how: 'exit code 3', lastLines: ['no disk'] })
  await fleet.stop()
  await assert.rejects(start, /stopping/)
})

test('after a death a person is told how to go on; a shop with real money is never to be emptied', () => {
  const told = (how: string, seedWish: SeedWish | null) =>
    stripVTControlCharacters(renderWayOn({ name: 'core', how }, seedWish))
  assert.match(
    told('SIGKILL', 'none'),
    /killed core from outside[\s\S]*npm start +goes on[\s\S]*npm run reset/,
  )
  assert.match(told('exit code 1', null), /last lines above say why core ended[\s\S]*npm start +goes on/)
  assert.doesNotMatch(told('exit code 1', null), /reset/)
  assert.match(told('exit code 1', 'again'), /npm start +empties the shop, which was not full yet/)
})

test('a service that does not stop is killed', async () => {
  const { fleet } = fleetOf({ stopMs: 10 })
  await fleet.start(
    await service('bot', "process.removeAllListeners('SIGTERM'); process.on('SIGTERM', () => {})"),
  )
  await fleet.stop()
})

test('a service that never gets ready is named', async () => {
  const { fleet } = fleetOf({ readyMs: 100 })
  const plan = { ...(await service('web')), readyUrl: `http://127.0.0.1:${await freePort()}/readyz` }
  await assert.rejects(fleet.start(plan), /web is not ready/)
  await fleet.stop()
})

test('services end when their launcher is killed', { timeout: 30_000 }, async () => {
  const plan = await service('core')
  const launcher = join(dir, 'launcher.ts')
  writeFileSync(
    launcher,
    `import { createFleet } from '${join(import.meta.dirname, 'fleet.ts')}'
     const fleet = createFleet({ root: '${dir}', onLine: () => {}, stopMs: 1, readyMs: 20_000 })
     await fleet.start(${JSON.stringify(plan)})
     process.kill(process.pid, 'SIGKILL')`,
  )
  const [code, signal] = await once(spawn(process.execPath, [launcher], { stdio: 'ignore' }), 'exit')
  assert.deepEqual([code, signal], [null, 'SIGKILL'])
  // The port is free again once the service is gone.
  const wanted = plan.ports.map((port) => ({ variable: 'CORE_PORT', port }))
  while ((await findTakenPorts(wanted)).length > 0) {}
})

test('taken ports are found, and two wishes for one port as well', async () => {
  await using taken = await takePort()
  const free = await freePort()
  const wanted = [
    { variable: 'CORE_PORT', port: taken.port },
    { variable: 'WEB_PORT', port: free },
    { variable: 'BOT_PORT', port: free },
  ]
  const names = (await findTakenPorts(wanted)).map(({ variable }) => variable)
  assert.deepEqual(names, ['CORE_PORT', 'BOT_PORT'])
  assert.deepEqual(await findTakenPorts(wanted.slice(1, 2)), [])
})

test('a task is waited for, and one that fails says so in its own words', async () => {
  const { fleet, lines } = fleetOf()
  const task = (name: string, body: string): TaskPlan => {
    writeFileSync(join(dir, name), body)
    return { name: 'register', script: join(dir, name), args: ['--endpoint', 'there'], env: {} }
  }
  await fleet.finish(task('good.ts', 'console.log(process.argv.slice(2).join(" "))'))
  assert.deepEqual(lines, ['register: --endpoint there'])
  const bad = task('bad.ts', 'console.error("Discord cannot be reached"); process.exitCode = 1')
  await assert.rejects(fleet.finish(bad), /register failed \(exit code 1\):\nDiscord cannot be reached/)
  await fleet.stop()
})

test('local secrets are made once, for the owner only, and completed when one is missing', () => {
  const path = join(dir, 'secrets', 'local-secrets.json')
  const made = keepLocalSecrets(path)
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.match(made.stripeWebhookSecret, /^whsec_\w{48}$/)
  assert.match(made.stripeSecretKey, /^sk_test_\w{48}$/)
  assert.equal(new Set(Object.values(made)).size, Object.keys(made).length)
  assert.deepEqual(keepLocalSecrets(path), made)

  const { linkSecret, ...rest } = made
  writeFileSync(path, JSON.stringify(rest))
  const completed = keepLocalSecrets(path)
  assert.notEqual(completed.linkSecret, linkSecret)
  assert.deepEqual(keepLocalSecrets(path), { ...made, linkSecret: completed.linkSecret })

  writeFileSync(path, '{"tokenBot":')
  assert.throws(() => keepLocalSecrets(path), LaunchError)
})

test('a reset deletes what the shop wrote and nothing else, and never under a running core', async () => {
  const dataDir = join(dir, 'data')
  for (const name of ['core', 'sandbox', 'mine']) mkdirSync(join(dataDir, name), { recursive: true })
  markSeedBegun(dataDir)
  writeFileSync(join(dataDir, 'core', 'core.sqlite'), 'x')
  {
    await using taken = await takePort()
    const corePort = { variable: 'CORE_PORT', port: taken.port }
    await assert.rejects(resetData({ dataDir, corePort }), LaunchError)
    assert.ok(existsSync(join(dataDir, 'core', 'core.sqlite')))
  }
  await resetData({ dataDir, corePort: { variable: 'CORE_PORT', port: await freePort() } })
  assert.deepEqual(
    ['core', 'sandbox', SEED_MARK, 'mine'].map((name) => existsSync(join(dataDir, name))),
    [false, false, false, true],
  )
})

test('a log line is drawn for a person; any other line stays as it is', () => {
  const drawn = (line: string) => stripVTControlCharacters(renderLogLine(line))
  const time = new Date(2026, 10, 22, 9, 8, 7).getTime()
  const line = {
    level: 40,
    time,
    pid: 1,
    hostname: 'h',
    name: 'core',
    msg: 'slow',
    ms: 12,
    order: { id: 'o' },
  }
  assert.equal(drawn(JSON.stringify(line)), '09:08:07 warn  slow ms=12 order={"id":"o"}')
  assert.equal(
    drawn('{"severity":"ERROR","message":"no","err":{"message":"m","stack":"m\\n at x"}}'),
    'error no \n    m\n     at x',
  )
  for (const other of ['Error: no', '{broken', '']) assert.equal(drawn(other), other)
})
