import { DropStatus, type DropView } from '#contract'
import { createLastGood, type Kept } from './last-good.ts'
import type { WebDeps } from './web-deps.ts'

/** Every drop there is to see. */
export interface Catalogue {
  /** Drops that may still be sold or open, then those that are over. */
  readonly drops: readonly DropView[]
}

/** `requestId` is that of the visitor who asks. */
export type CatalogueReader = (requestId: string) => Promise<Kept<Catalogue>>

/** As many as core gives at once. */
const PAGE = 100
/** More than these nobody leafs through; the newest are shown. */
const MOST_CLOSED = 5_000
const CLOSED_FRESH_MS = 5 * 60_000

/**
 * Reads the whole shelf and keeps it, so that searching costs core nothing. What may still change is asked again each
 * second that somebody looks; the long list of what is over only when a drop has left the others, or now and then.
 */
export function createCatalogue(deps: Pick<WebDeps, 'core' | 'now'>): CatalogueReader {
  const kept = createLastGood<Catalogue>({
    freshMs: 1_000,
    keepMs: 60 * 60_000,
    maxEntries: 1,
    now: deps.now,
  })
  let closed: { readonly drops: readonly DropView[]; readonly readAt: number } | null = null
  let wasLive: ReadonlySet<string> = new Set()

  async function readAll(status: DropView['status'], most: number, requestId: string): Promise<DropView[]> {
    const drops: DropView[] = []
    let cursor: string | null = null
    do {
      const page: { drops: DropView[]; cursor: string | null } = await deps.core.listDrops(
        { status, limit: PAGE, cursor },
        { requestId, timeoutMs: 3_000 },
      )
      drops.push(...page.drops)
      cursor = page.cursor
    } while (cursor !== null && drops.length < most)
    return drops
  }

  async function load(requestId: string): Promise<Catalogue> {
    const liveStatuses = DropStatus.options.filter((status) => status !== 'closed')
    const live = (
      await Promise.all(liveStatuses.map((status) => readAll(status, Number.POSITIVE_INFINITY, requestId)))
    ).flat()
    const isLive = new Set(live.map(({ dropId }) => dropId))
    const hasLeft = [...wasLive].some((dropId) => !isLive.has(dropId))
    if (!closed || hasLeft || deps.now() - closed.readAt > CLOSED_FRESH_MS) {
      closed = { drops: await readAll('closed', MOST_CLOSED, requestId), readAt: deps.now() }
    }
    wasLive = isLive
    // One that closed between the two questions is in both answers; the later one is right.
    const byId = new Map([...live, ...closed.drops].map((drop) => [drop.dropId, drop]))
    return { drops: [...byId.values()] }
  }

  return (requestId) => kept.ask('all', () => load(requestId))
}
