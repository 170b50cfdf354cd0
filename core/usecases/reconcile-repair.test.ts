import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NO_TELEMETRY } from '../../runtime/telemetry.ts'
import { createSqliteStore } from '../adapters/store-sqlite.ts'
import { type EffectKind, isFirstRun } from '../domain/effect.ts'
import type { Mismatch } from '../domain/reconcile-mismatch.ts'
import { createOutbox, type EffectHandler } from '../jobs/outbox.ts'
import { createChanges } from './change.ts'
import { wishAgain } from './reconcile-repair.ts'
import { effectKey, wish } from './wish.ts'

const ORDER = 'ord_00000000000000000000000001'

test('what is wished for again looks at Stripe first, whether its work was lost or has not begun', async () => {
  for (const isThere of [false, true]) {
    const store = createSqliteStore({ path: ':memory:' })
    const change = createChanges({ store, onCommit: () => {}, random: () => 0 })
    const deps = { store, change, clock: { now: () => 1_000 } }
    if (isThere) {
      const reads = [effectKey('refund', ORDER)]
      await change({ reads, decide: (sheet) => wish(sheet, 'refund', ORDER, 1_000) })
    }
    const repair = { kind: 'wish', effect: 'refund', subject: ORDER } as const
    assert.equal(await wishAgain(deps, [{ repair } as Mismatch]), 1)
    const first: boolean[] = []
    const handle: EffectHandler = async (effect) => {
      first.push(isFirstRun(effect))
      return null
    }
    const handlers = new Proxy({}, { get: () => handle }) as Readonly<Record<EffectKind, EffectHandler>>
    const outbox = createOutbox(deps, handlers, {
      random: () => 0,
      pace: { kind: 'by_hand' },
      telemetry: NO_TELEMETRY,
      onFailure: (_, error) => assert.fail(String(error)),
    })
    await outbox.runDue()
    assert.deepEqual(first, [false], String(isThere))
  }
})
