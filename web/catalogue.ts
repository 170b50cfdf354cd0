import { DropStatus, type DropView, isAppError } from '#contract'
import { searchable } from './drop-search.ts'
import { createLastGood, type Kept } from './last-good.ts'
import type { WebDeps } from './web-deps.ts'

/** Every drop there is to see, but for the oldest of those that are over when there are very many. */
export interface Catalogue {
  readonly drops: readonly DropView[]
  readonly byId: ReadonlyMap<string, DropView>
  /** Where core's list of what is over goes on (a cursor of `listDrops`); null when nothing is left out. */
  readonly older: string | null
}

/** `requestId` is that of the visitor who asks. */
export type CatalogueReader = (requestId: string) => Promise<Kept<Catalogue>>

/** As many as core gives at once. */
const PAGE = 100
/** Of what is over, the newest so many are kept (bench/README.md has what they cost). */
export const MOST_CLOSED = 5_000
const CLOSED_FRESH_MS = 5 * 60_000
const TIMEOUT_MS = 3_000
const LIVE = DropStatus.options.filter((status) => status !== 'closed')

/**
 * Reads the whole shelf and keeps it, so that searching costs core nothing. What may still change is asked again each
 * second that somebody looks. The long list of what is over is read once before the first answer, and now and then
 * again while everybody is given the earlier one; a drop that has just left the shelf is asked for alone.
 */
export function createCatalogue(deps: Pick<WebDeps, 'core' | 'log' | 'now'>): CatalogueReader {
  const kept = createLastGood<Catalogue>({
    freshMs: 1_000,
    keepMs: 60 * 60_000,
    maxEntries: 1,
    now: deps.now,
  })
  let closed: { readonly drops: readonly DropView[]; readonly older: string | null } | null = null
  let closedReadAt = 0
  /** What has left the shelf since that list was begun: it may or may not be in it. */
  const left = new Map<string, DropView>()
  let wasLive: readonly string[] = []

  async function readAll(status: DropView['status'], most: number, requestId: string) {
    const drops: DropView[] = []
    let cursor: string | null = null
    do {
      const page: { drops: DropView[]; cursor: string | null } = await deps.core.listDrops(
        { status, limit: PAGE, cursor },
        { requestId, timeoutMs: TIMEOUT_MS },
      )
      // Made ready page by page: thousands at once would hold up everybody.
      for (const drop of page.drops) searchable(drop)
      drops.push(...page.drops)
      cursor = page.cursor
    } while (cursor !== null && drops.length < most)
    return { drops, older: cursor }
  }

  async function readLeft(dropId: string, requestId: string): Promise<void> {
    try {
      left.set(dropId, await deps.core.getDrop({ dropId }, { requestId, timeoutMs: TIMEOUT_MS }))
    } catch (error) {
      if (!isAppError(error, 'drop_not_found')) throw error
    }
  }

  async function readClosed(requestId: string): Promise<void> {
    closedReadAt = deps.now()
    const leftBefore = [...left.keys()]
    closed = await readAll('closed', MOST_CLOSED, requestId)
    for (const dropId of leftBefore) left.delete(dropId)
  }

  async function load(requestId: string): Promise<Catalogue> {
    const lists = await Promise.all(
      LIVE.map((status) => readAll(status, Number.POSITIVE_INFINITY, requestId)),
    )
    const live = lists.flatMap(({ drops }) => drops)
    const isLive = new Set(live.map(({ dropId }) => dropId))
    await Promise.all(wasLive.filter((id) => !isLive.has(id)).map((id) => readLeft(id, requestId)))
    wasLive = [...isLive]
    if (!closed) await readClosed(requestId)
    else if (deps.now() - closedReadAt > CLOSED_FRESH_MS) {
      readClosed(requestId).catch((error: unknown) => {
        deps.log.warn({ err: error }, 'what is over was not read again')
      })
    }
    // One that is in several answers is as the shelf has it, which is asked for each second.
    const all = [...(closed?.drops ?? []), ...left.values(), ...live]
    const byId = new Map(all.map((drop) => [drop.dropId, drop]))
    return { drops: [...byId.values()], byId, older: closed?.older ?? null }
  }

  return (requestId) => kept.ask('all', () => load(requestId))
}
