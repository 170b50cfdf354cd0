import { AppError, type ChannelView, type DropView } from '#contract'
import type { Builder } from '../domain/builder.ts'
import type { Drop } from '../domain/drop.ts'
import type { Query } from '../ports/store.ts'
import type { Deps } from './deps.ts'
import { toChannelView, toDropView } from './views.ts'

type Needs = Pick<Deps, 'store' | 'clock' | 'settings'>

/** Throws drop_not_found. */
export async function readDrop(deps: Needs, dropId: string): Promise<DropView> {
  const drop = (await deps.store.get('inventory', dropId))?.value
  if (!drop) throw new AppError('drop_not_found')
  return showDrop(deps, drop)
}

/** One page of drops with everything a person may see of them. */
export async function readDrops(
  deps: Needs,
  query: Query<'inventory'>,
): Promise<{ drops: DropView[]; cursor: string | null }> {
  const page = await deps.store.find('inventory', query)
  return {
    drops: await showDrops(
      deps,
      page.documents.map(({ value }) => value),
    ),
    cursor: page.cursor,
  }
}

export async function showDrop(deps: Needs, drop: Drop): Promise<DropView> {
  const [view] = await showDrops(deps, [drop])
  return view ?? toDropView(drop, null, deps.clock.now())
}

async function showDrops(deps: Needs, drops: readonly Drop[]): Promise<DropView[]> {
  const channels = await channelsOf(deps, new Set(drops.map(({ builderId }) => builderId)))
  const now = deps.clock.now()
  return drops.map((drop) => toDropView(drop, channels.get(drop.builderId) ?? null, now))
}

async function channelsOf(
  deps: Needs,
  builderIds: ReadonlySet<string>,
): Promise<ReadonlyMap<string, ChannelView | null>> {
  if (!deps.settings.twitch) return new Map()
  const found = await deps.store.getAll([...builderIds].map((id) => ['builders', id] as const))
  const now = deps.clock.now()
  return new Map(
    found.flatMap((document) => {
      const builder = document?.value as Builder | undefined
      return builder ? [[builder.userId, toChannelView(builder.twitch, deps.settings, now)]] : []
    }),
  )
}
