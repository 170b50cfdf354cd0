import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { firestoreEmulator } from './firestore-emulator.ts'

/** What `npm run prove` found: its last line, and whether it was content. Its other lines go to the test's output. */
async function prove(t: TestContext, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const command = ['--disable-warning=ExperimentalWarning', 'bench/prove.ts', ...args, '--json']
  const proof = spawn(process.execPath, command, {
    cwd: join(import.meta.dirname, '..'),
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = once(proof, 'exit')
  const lines: string[] = []
  createInterface({ input: proof.stderr }).on('line', (line) => {
    lines.push(line)
    t.diagnostic(line)
  })
  const out = await text(proof.stdout)
  const [status] = await ended
  const found = JSON.parse(out.trim().split('\n').at(-1) ?? '')
  const { runs, oversold, lost, drift_minor_units, problems, failed_seeds } = found
  assert.deepEqual(
    { status, oversold, lost, drift_minor_units, problems, failed_seeds },
    { status: 0, oversold: 0, lost: 0, drift_minor_units: 0, problems: 0, failed_seeds: [] },
    lines.join('\n'),
  )
  assert.equal(found.paid, found.sold + found.refunded, 'every payment is kept for a unit or went back')
  return { runs, sold: found.sold, kills: found.kills }
}

test('five drops in a row come out right, whatever is lost, repeated or killed', async (t) => {
  const { runs, sold, kills } = await prove(t, ['--runs', '5', '--buyers', '200', '--units', '20'])
  assert.equal(runs, 5)
  assert.ok(sold > 0 && sold <= 100, `${sold} of 100 units were sold`)
  assert.ok(kills >= 15, `core was killed ${kills} times`)
})

const emulator = await firestoreEmulator()
const skip = 'missing' in emulator && emulator.missing

test('a drop on three cores and one Firestore comes out right, whichever of them is killed', {
  skip,
}, async (t) => {
  const where = ['--store', 'firestore', '--instances', '3']
  const env = { FIRESTORE_EMULATOR_HOST: 'host' in emulator ? emulator.host : '' }
  const { sold, kills } = await prove(t, [...where, '--runs', '1', '--buyers', '100', '--units', '10'], env)
  assert.ok(sold > 0 && sold <= 10, `${sold} of 10 units were sold`)
  assert.ok(kills >= 9, `core was killed ${kills} times`)
})
