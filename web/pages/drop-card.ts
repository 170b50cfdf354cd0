import { html } from 'hono/html'
import type { DropView } from '#contract'
import { renderBadge, renderLive } from './channel.ts'
import { drawing, type Html, type Site } from './layout.ts'
import { renderPicture } from './picture.ts'
import { renderOpening, renderShelf, renderWhen, shelfMark } from './shelf.ts'

/** The first pictures are on the screen at once; only those below may wait. */
const ON_SCREEN = 3
/** One, two or more beside each other; the grid is in the stylesheet. */
const SIZES = '(min-width: 60rem) 22rem, (min-width: 40rem) 45vw, 92vw'
const FEW = 2
const FEW_SIZES = '(min-width: 75rem) 34rem, (min-width: 46rem) 45vw, 92vw'
const BOX = { width: 480, height: 360 }

/**
 * Drops side by side, each leading to its page. `now` is UTC milliseconds. `place`: first is what the page is about, and
 * one or two alone are shown large; below comes after other things.
 */
export function renderDropCards(
  site: Site,
  drops: readonly DropView[],
  now: number,
  { place }: { readonly place?: 'first' | 'below' } = {},
): Html {
  const isFew = place === 'first' && drops.length <= FEW
  const sizes = isFew ? FEW_SIZES : SIZES
  return html`<ul class="cards${isFew && ' cards--few'}">${drops.map((drop, i) =>
    renderCard(site, drop, now, { sizes, when: place !== 'below' && i < ON_SCREEN ? 'soon' : 'later' }),
  )}</ul>`
}

function renderCard(
  site: Site,
  drop: DropView,
  now: number,
  shown: { readonly sizes: string; readonly when: 'soon' | 'later' },
): Html {
  const { picture, channel } = drop
  const { words, money } = site.reader
  const when = renderWhen(site, drop, now)
  const opening = renderOpening(site, drop, now)
  return html`<li class="card" data-drop="${drop.dropId}" data-mark="${shelfMark(drop, now)}">
<div class="card__picture">${
    picture ? renderPicture(picture, { size: 'card', box: BOX, ...shown }) : drawing(site, 'mug', 150)
  }${renderLive(site, channel)}</div>
<div class="card__words">
<h3 class="card__title"><a href="/drops/${drop.dropId}"><bdi>${drop.title}</bdi></a></h3>
<p class="card__by">${words.card.by(html`<bdi>${drop.builder.name}</bdi>`)}${renderBadge(site, channel)}</p>
<p class="card__facts"><span class="price">${money(drop.price)}</span><span class="shelf" data-live="shelf">${renderShelf(site, drop, now)}</span></p>
<p class="card__when"${!when && html` hidden`}><span data-live="when">${when}</span></p>
<p class="countdown"${!opening && html` hidden`}><span data-live="opening">${opening}</span></p>
</div>
</li>`
}
