import { html } from 'hono/html'
import type { IdentityView } from '#contract'
import { renderChannel } from './channel.ts'
import { drawing, type Html, renderLayout, type Site } from './layout.ts'

/** Is this really them? `userId` is the Discord account asked about. */
export function renderVerify(site: Site, userId: string, { builder, channel }: IdentityView): Html {
  const words = site.reader.words.verify
  // Who has applied is nobody's business yet.
  const known = builder && builder.status !== 'applied' ? builder : null
  const suspended = known?.status === 'suspended'
  const trusted = known !== null && !suspended && known.isSetUp
  const name = known && html`<bdi>${known.person.name}</bdi>`
  return renderLayout(site, {
    title: words.title,
    body: html`
<section class="wrap order">
<div class="panel order__panel">
${drawing(site, trusted ? 'parcel' : 'yarn', 168)}
${
  known && name
    ? html`<h1>${trusted ? words.yes(name) : suspended ? words.suspended(name) : words.notYet(name)}</h1>
<p class="lead">${trusted ? words.since(name, site.reader.day(known.joinedAt)) : suspended ? words.buyNothing : words.notYetLead}</p>
${known.status === 'paused' && html`<p>${words.paused}</p>`}
${trusted && renderChannel(site, channel)}
<p class="actions"><a class="button button--quiet" href="/builders/${userId}">${words.see(name)}</a></p>`
    : html`<h1>${words.no}</h1>
<p class="lead">${words.noLead}</p>
<p class="actions"><a class="button button--quiet" href="/drops">${site.reader.words.drops.seeAll}</a></p>`
}
<p class="quiet">${words.account(html`<span class="receipt__id">${userId}</span>`)} ${words.care}</p>
</div>
</section>`,
  })
}
