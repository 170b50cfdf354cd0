import type { DropView } from '#contract'
import { renderBuying } from './drop.ts'
import type { Site } from './layout.ts'
import { renderCountdown, renderOpening, renderShelf, renderWhen, shelfMark } from './shelf.ts'

/** What may change on an open page: `parts` are the contents of the elements marked `data-live`, by that name. */
export interface LiveDrop {
  readonly dropId: string
  /** What the page shows then, for it to say when it comes back. */
  readonly mark: string
  readonly parts: Readonly<Record<'shelf' | 'when' | 'countdown' | 'opening' | 'buying', string>>
}

/** The same pieces that the page would be made of if it were loaded at `now` (UTC milliseconds). */
export async function renderLiveDrop(site: Site, drop: DropView, now: number): Promise<LiveDrop> {
  return {
    dropId: drop.dropId,
    mark: shelfMark(drop, now),
    parts: {
      shelf: String(await renderShelf(site, drop, now)),
      when: String(await renderWhen(site, drop, now)),
      countdown: String(await renderCountdown(site, drop, now)),
      opening: String(await renderOpening(site, drop, now)),
      buying: String(await renderBuying(site, drop, now)),
    },
  }
}
