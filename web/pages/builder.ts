import { html } from 'hono/html'
import { type DropView, type IdentityView, shortAddress } from '#contract'
import { builderCard, sharedCard } from '../social/social-card.ts'
import { renderChannel } from './channel.ts'
import { renderDropCards } from './drop-card.ts'
import { drawing, type Html, renderJoin, renderLayout, type Site } from './layout.ts'
import { renderBound } from './older-drops.ts'
import { renderParagraphs } from './paragraphs.ts'
import { type ShelfState, shelfState } from './shelf.ts'
import { shorten } from './shorten.ts'
import { renderStaleNote } from './stale-note.ts'

const PAST_SHOWN = 12

/**
 * A builder for everybody. `drops` are theirs; `now` and `staleSince` are UTC milliseconds; `older` is a cursor of core's
 * `listDrops` when the oldest drops of the shop are not among those that were looked through.
 */
export function renderBuilder(
  site: Site,
  builder: NonNullable<IdentityView['builder']>,
  channel: IdentityView['channel'],
  drops: readonly DropView[],
  {
    now,
    staleSince,
    older,
  }: { readonly now: number; readonly staleSince: number | null; readonly older: string | null },
): Html {
  const { person, status, joinedAt, about } = builder
  const words = site.reader.words.builder
  const path = `/builders/${person.userId}`
  const newestFirst = drops.toSorted((a, b) => b.openedAt - a.openedAt)
  const inState = (...states: ShelfState[]) =>
    newestFirst.filter((drop) => states.includes(shelfState(drop, now)))
  const past = inState('sold_out', 'closed')
  const sold = drops.reduce((sum, drop) => sum + drop.sold, 0)
  return renderLayout(site, {
    title: words.title(person.name),
    isLive: true,
    shared: {
      path,
      description: about ? shorten(about, 180) : words.description(person.name),
      picture: sharedCard(path, builderCard(builder, channel, drops), words.description(person.name)),
      calendar: `${path}/calendar.ics`,
    },
    body: html`
<div class="wrap builder">
${renderStaleNote(site, staleSince)}
<header class="panel builder__head">
${drawing(site, 'yarn', 148)}
<div class="builder__words">
<p class="eyebrow">${words.eyebrow}</p>
<h1><bdi>${person.name}</bdi></h1>
${renderChannel(site, channel)}
<p class="quiet"><a href="${path}/verify">${words.verify}</a></p>
<dl class="numbers">
<div><dt>${words.since}</dt><dd>${site.reader.day(joinedAt)}</dd></div>
<div><dt>${words.drops}</dt><dd>${drops.length}</dd></div>
<div><dt>${words.sold}</dt><dd>${sold}</dd></div>
</dl>
</div>
</header>
${(status === 'paused' || status === 'suspended') && html`<p class="note builder__note" role="status">${words.standing[status]}</p>`}
${renderAbout(site, builder)}
${renderPart(site, 'on-sale', words.onSale, inState('open', 'all_held', 'paused'), now) || html`<section class="section" aria-labelledby="on-sale"><h2 id="on-sale">${words.onSale}</h2><div class="panel empty">${drawing(site, 'shelf', 140)}<div><h3>${words.empty}</h3><p>${words.emptyLead}</p>${renderJoin(site)}</div></div></section>`}
${renderPart(site, 'soon', words.soon, inState('soon'), now)}
${renderPart(site, 'past', words.past, past.slice(0, PAST_SHOWN), now, { place: 'below' })}
${older !== null && renderBound(site, older)}
</div>`,
  })
}

/** In the builder's own words; nothing when they have told nothing. */
function renderAbout(site: Site, { person, about, link }: NonNullable<IdentityView['builder']>): Html | '' {
  if (about === '' && link === null) return ''
  const words = site.reader.words.builder
  return html`<section class="section builder__about" aria-labelledby="about">
<h2 id="about">${words.about(html`<bdi>${person.name}</bdi>`)}</h2>
${about && html`<div class="told" dir="auto">${renderParagraphs(about)}</div>`}
${link !== null && html`<p class="builder__more">${words.more} <a href="${link}" rel="nofollow ugc noopener">${shortAddress(link)}</a></p>`}
</section>`
}

function renderPart(
  site: Site,
  id: string,
  heading: string,
  drops: readonly DropView[],
  now: number,
  options?: { readonly place: 'below' },
): Html | '' {
  if (drops.length === 0) return ''
  return html`<section class="section" aria-labelledby="${id}">
<h2 id="${id}">${heading}</h2>
${renderDropCards(site, drops, now, options)}
</section>`
}
