import { html } from 'hono/html'
import type { DropView } from '#contract'
import type { Kept } from '../last-good.ts'
import { drawing, type Html, renderLayout, type Site } from './layout.ts'
import { moment } from './moment.ts'
import { renderShelf, type ShelfState, shelfState } from './shelf.ts'
import { renderStaleNote } from './stale-note.ts'

/** One drop for everybody, as it stands at `now` (UTC milliseconds). */
export function renderDrop(site: Site, answer: Kept<DropView>, now: number): Html {
  const drop = answer.value
  const { picture } = drop
  const state = shelfState(drop, now)
  return renderLayout(site, {
    title: `${drop.title} by ${drop.builder.name}, C500 Collective`,
    shared: {
      path: `/drops/${drop.dropId}`,
      description: `${site.reader.money(drop.price)}. ${shorten(drop.story, 180)}`,
      ...(picture && { picture: `/pictures/${picture.pictureId}/card.webp` }),
    },
    body: html`
<article class="wrap drop">
${renderStaleNote(site, answer.staleSince)}
<div class="drop__picture">${
      picture
        ? html`<img src="/pictures/${picture.pictureId}/full.webp" width="${picture.width}" height="${picture.height}" alt="${picture.alt}" fetchpriority="high">`
        : html`<div class="drop__none">${drawing(site, 'mug', 240)}</div>`
    }</div>
<div class="drop__words">
<p class="eyebrow">A drop by <bdi>${drop.builder.name}</bdi></p>
<h1 dir="auto">${drop.title}</h1>
<p class="drop__facts"><span class="price price--large">${site.reader.money(drop.price)}</span>${renderShelf(site, drop, now)}</p>
${state === 'open' || state === 'all_held' ? html`<p class="quiet">Closes ${moment(site, drop.closesAt)}${drop.perPerson > 1 ? `. Up to ${drop.perPerson} per person.` : '. One per person.'}</p>` : ''}
${renderBuying(site, state)}
</div>
<div class="drop__story" dir="auto">
<h2>The story</h2>
${paragraphs(drop.story).map((text) => html`<p>${text}</p>`)}
</div>
</article>`,
  })
}

function renderBuying(site: Site, state: ShelfState): Html {
  if (state === 'sold_out') {
    return html`<div class="panel buying"><h2>Every one found a home</h2><p>The next drop is announced in Discord first.</p>${renderOthers()}</div>`
  }
  if (state === 'closed') {
    return html`<div class="panel buying"><h2>This drop has closed</h2><p>Its time was up. The next drop is announced in Discord first.</p>${renderOthers()}</div>`
  }
  return html`<div class="panel buying">
${
  state === 'all_held'
    ? html`<h2>Somebody is paying for the last ones</h2><p>If one of them lets go, it comes back on the shelf. Buy now in Discord tells you.</p>`
    : html`<h2>Buy it in Discord</h2><p>Press Buy now under this drop in the drops channel. One is held for you while you pay.</p>`
}
${site.inviteUrl && html`<p class="actions"><a class="button" href="${site.inviteUrl}">${state === 'open' ? 'Buy in Discord' : 'Watch it in Discord'}</a></p>`}
<p class="held">${drawing(site, 'jar', 48)}<span>The price you see is what you pay. Your money is held until it arrives.</span></p>
</div>`
}

function renderOthers(): Html {
  return html`<p class="actions"><a class="button button--quiet" href="/#on-sale">See what is on sale</a></p>`
}

/** Blank lines part paragraphs; single line ends stay as they were typed. */
function paragraphs(text: string): string[] {
  return text.split(/(?:\r?\n[^\S\n]*){2,}/).filter((part) => part.trim())
}

function shorten(text: string, length: number): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length <= length ? line : `${[...line].slice(0, length - 1).join('')}…`
}
