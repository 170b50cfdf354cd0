import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { emptyShop } from './reset-data.ts'
import { markSeedBegun, markSeedDone, wantedSeed } from './seed-mark.ts'

test('a shop is filled once, and anew after it was cut off at any moment', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'c500-seed-'))
  t.after(() => rmSync(dir, { recursive: true }))
  const dataDir = join(dir, 'data')
  assert.equal(wantedSeed(dataDir), 'first')
  markSeedBegun(dataDir)
  assert.equal(wantedSeed(dataDir), 'again', 'cut off before core had begun')
  for (const name of ['core', 'sandbox', 'mine']) mkdirSync(join(dataDir, name))
  writeFileSync(join(dataDir, 'local-secrets.json'), '{}')
  assert.equal(wantedSeed(dataDir), 'again', 'cut off in the middle')

  emptyShop(dataDir)
  assert.deepEqual(
    ['core', 'sandbox', 'mine', 'local-secrets.json'].map((name) => existsSync(join(dataDir, name))),
    [false, false, true, true],
  )
  assert.equal(wantedSeed(dataDir), 'again', 'cut off between emptying and filling')
  mkdirSync(join(dataDir, 'core'))
  markSeedDone(dataDir)
  markSeedDone(dataDir)
  assert.equal(wantedSeed(dataDir), 'none')
})
