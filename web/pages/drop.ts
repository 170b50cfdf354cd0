import { html } from 'hono/html'
import type { DropView } from '#contract'
import type { Kept } from '../last-good.ts'
import { dropCard, sharedCard } from '../social/social-card.ts'
import { renderChannel } from './channel.ts'
import { drawing, type Html, renderLayout, type Site } from './layout.ts'
import { renderParagraphs } from './paragraphs.ts'
import { renderPicture } from './picture.ts'
import { productData } from './search-data.ts'
import { renderCountdown, renderShelf, renderWhen, shelfMark, shelfState } from './shelf.ts'
import { shorten } from './shorten.ts'
import { renderStaleNote } from './stale-note.ts'

/** Beside the words on a wide screen, above them on a narrow one; the grid is in the stylesheet. */
const SIZES = '(min-width: 75rem) 38rem, (min-width: 46rem) 52vw, 92vw'

/** One drop for everybody, as it stands at `now` (UTC milliseconds). */
export function renderDrop(site: Site, answer: Kept<DropView>, now: number): Html {
  const drop = answer.value
  const { picture } = drop
  const { words, money } = site.reader
  const when = renderWhen(site, drop, now)
  const countdown = renderCountdown(site, drop, now)
  const path = `/drops/${drop.dropId}`
  const photo = picture && { ...picture, path: `/pictures/${picture.pictureId}/full.webp` }
  return renderLayout(site, {
    title: words.drop.title(drop.title, drop.builder.name),
    here: '/drops',
    isLive: true,
    shared: {
      path,
      description: `${money(drop.price)}. ${shorten(drop.story, 180)}`,
      picture: sharedCard(path, dropCard(drop, now), picture?.alt ?? drop.title),
      data: productData(site, drop, photo, now),
    },
    body: html`
<article class="wrap drop" data-drop="${drop.dropId}" data-mark="${shelfMark(drop, now)}">
${renderStaleNote(site, answer.staleSince)}
<div class="drop__picture">${
      picture
        ? renderPicture(picture, { size: 'full', sizes: SIZES, box: picture, when: 'now' })
        : html`<div class="drop__none">${drawing(site, 'mug', 240)}</div>`
    }</div>
<div class="drop__words">
<p class="eyebrow">${words.drop.by(html`<a href="/builders/${drop.builder.userId}"><bdi>${drop.builder.name}</bdi></a>`)}</p>
<h1 dir="auto">${drop.title}</h1>
<p class="drop__facts"><span class="price price--large">${money(drop.price)}</span><span class="shelf" data-live="shelf">${renderShelf(site, drop, now)}</span></p>
<p class="hidden" role="status" data-live-status></p>
<p class="quiet"${!when && html` hidden`}><span data-live="when">${when}</span> <span class="whole">${words.drop.perPerson(drop.perPerson)}</span></p>
<p class="countdown"${!countdown && html` hidden`}><span data-live="countdown">${countdown}</span></p>
<div class="panel buying" data-live="buying">${renderBuying(site, drop, now)}</div>
</div>
<div class="drop__more">
<section class="told" dir="auto" aria-labelledby="story">
<h2 id="story">${words.drop.story}</h2>
${renderParagraphs(drop.story)}
</section>
${renderHolding(site, drop)}
${renderBuilder(site, drop)}
</div>
</article>`,
  })
}

/** What a visitor can do about it as it stands at `now` (UTC milliseconds). */
export function renderBuying(site: Site, drop: DropView, now: number): Html {
  const state = shelfState(drop, now)
  const words = site.reader.words.drop
  const [heading, sentence] = words.buying[state]
  const invitation = words.invitations[state]
  const isOver = state === 'sold_out' || state === 'closed' || state === 'called_off'
  if (isOver) {
    return html`<h2>${heading}</h2><p>${sentence}</p><p class="actions"><a class="button button--quiet" href="/drops?show=open">${words.others}</a></p>`
  }
  return html`<h2>${heading}</h2><p>${sentence}</p>
${state === 'soon' && drop.reminders > 0 && html`<p class="quiet">${words.reminders(drop.reminders)}</p>`}
${state === 'all_held' && drop.waiting > 0 && html`<p class="quiet">${words.waiting(drop.waiting)}</p>`}
${site.inviteUrl && invitation && html`<p class="actions buying__now"><a class="button" href="${site.inviteUrl}">${invitation}</a></p>`}
<p class="held">${drawing(site, 'jar', 48)}<span>${words.promise[drop.settlement]}</span></p>`
}

/** The way of the money, step by step. */
function renderHolding(site: Site, drop: DropView): Html {
  const words = site.reader.words.drop
  return html`<section aria-labelledby="money">
<h2 id="money">${words.money}</h2>
<ol class="way">${words.way[drop.settlement].map(([title, text]) => html`<li><strong>${title}</strong> ${text}</li>`)}</ol>
<p><a href="/about#wrong">${site.reader.words.frame.wrong}</a></p>
</section>`
}

function renderBuilder(site: Site, { builder, channel }: DropView): Html {
  const words = site.reader.words.drop
  return html`<section class="panel maker" aria-labelledby="maker">
${drawing(site, 'yarn', 48)}
<div>
<h2 id="maker"><bdi>${builder.name}</bdi></h2>
${renderChannel(site, channel)}
<p class="actions"><a class="button button--quiet" href="/builders/${builder.userId}">${words.moreBy(builder.name)}</a></p>
</div>
</section>`
}
