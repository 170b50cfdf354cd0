import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'

test('five drops in a row come out right, whatever is lost, repeated or killed', async (t) => {
  const args = ['bench/prove.ts', '--runs', '5', '--buyers', '200', '--units', '20', '--json']
  const prove = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
    cwd: join(import.meta.dirname, '..'),
    env: {},
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = once(prove, 'exit')
  const found: string[] = []
  createInterface({ input: prove.stderr }).on('line', (line) => {
    found.push(line)
    t.diagnostic(line)
  })
  const out = await text(prove.stdout)
  const [status] = await ended
  const { runs, sold, paid, refunded, kills, oversold, lost, drift_minor_units, problems, failed_seeds } =
    JSON.parse(out.trim().split('\n').at(-1) ?? '')
  assert.deepEqual(
    { status, runs, oversold, lost, drift_minor_units, problems, failed_seeds },
    { status: 0, runs: 5, oversold: 0, lost: 0, drift_minor_units: 0, problems: 0, failed_seeds: [] },
    found.join('\n'),
  )
  assert.equal(paid, sold + refunded, 'every payment is kept for a unit or went back')
  assert.ok(sold > 0 && sold <= 100, `${sold} of 100 units were sold`)
  assert.ok(kills >= 15, `core was killed ${kills} times`)
})
