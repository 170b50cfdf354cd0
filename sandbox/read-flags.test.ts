import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

test('who asks reset for help, or slips in an option, keeps the shop', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'c500-flags-'))
  const kept = join(dataDir, 'local-secrets.json')
  writeFileSync(kept, '{}')
  try {
    for (const [arg, status, said] of [
      ['--help', 0, 'npm run reset empties'],
      ['--dry-run', 2, "Unknown option '--dry-run'"],
      ['shop', 2, "Unexpected argument 'shop'"],
    ] as const) {
      const reset = spawnSync(process.execPath, [join(import.meta.dirname, 'reset.ts'), arg], {
        env: { DATA_DIR: dataDir },
        encoding: 'utf8',
      })
      assert.equal(reset.status, status, reset.stderr)
      assert.ok((reset.stdout + reset.stderr).startsWith(said), reset.stdout + reset.stderr)
      assert.doesNotMatch(reset.stderr, / at .*:\d+/)
      assert.ok(existsSync(kept))
    }
  } finally {
    rmSync(dataDir, { recursive: true })
  }
})
