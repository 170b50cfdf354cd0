import { isDeepStrictEqual } from 'node:util'
import { type Builder, termsForDrop } from '../domain/builder.ts'
import { type Drop, pauseDrop } from '../domain/drop.ts'
import type { Page, Version } from '../ports/store.ts'
import type { Deps } from './deps.ts'
import { lineKey, wishForLine } from './waitlist.ts'
import { effectKey, wish } from './wish.ts'

type Needs = Pick<Deps, 'store' | 'change' | 'clock'>

/**
 * Bring every drop that is not closed in line with its builder as they are now: on sale or not, and their terms. Each
 * drop in a commit of its own; one that is in line is left alone. Safe at any time and side by side with itself.
 */
export async function followBuilder(deps: Needs, builderId: string): Promise<null> {
  const versionNow = async () => (await deps.store.get('builders', builderId))?.version
  let followed: Version | undefined
  // A drop's commit does not notice that its builder changed after both were read, and whoever follows that change may
  // have seen the drop before the commit stood: so go again until the builder held still.
  for (let version = await versionNow(); version !== followed; version = await versionNow()) {
    await followOnce(deps, builderId)
    followed = version
  }
  return null
}

async function followOnce(deps: Needs, builderId: string): Promise<void> {
  let cursor: string | null = null
  do {
    const page: Page<'inventory'> = await deps.store.find('inventory', {
      where: { builderId },
      orderBy: 'openedAt',
      direction: 'desc',
      limit: 100,
      cursor,
    })
    for (const { id: dropId, value } of page.documents) {
      if (value.closed) continue
      await deps.change({
        lane: dropId,
        reads: [
          ['inventory', dropId],
          ['builders', builderId],
          effectKey('draw_card', dropId),
          lineKey(dropId),
        ],
        decide(sheet) {
          const known = sheet.get('inventory', dropId)
          const builder = sheet.get('builders', builderId)
          if (!known || known.closed || !builder) return
          const drop = inLine(known, builder)
          if (isDeepStrictEqual(drop, known)) return
          sheet.put('inventory', dropId, drop)
          if (drop.status === known.status) return
          const now = deps.clock.now()
          wish(sheet, 'draw_card', dropId, now)
          wishForLine(sheet, drop, now)
        },
      })
    }
    cursor = page.cursor
  } while (cursor)
}

function inLine(drop: Drop, builder: Builder): Drop {
  const byBuilder = pauseDrop(drop, 'builder', builder.status !== 'approved')
  return { ...pauseDrop(byBuilder, 'account', !builder.transfers), ...termsForDrop(builder) }
}
