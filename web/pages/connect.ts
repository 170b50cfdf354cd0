import { html } from 'hono/html'
import type { BuilderView } from '#contract'
import { drawing, type Html, renderLayout, type Site } from './layout.ts'

/** The builder's door to Stripe: one button, because opening the page must not use anything up. */
export function renderConnectStart(site: Site, token: string): Html {
  const words = site.reader.words.connect.start
  return frame(
    site,
    'jar',
    words,
    html`<p class="lead">${words.lead}</p>
${renderDoor(`/connect/start/${encodeURIComponent(token)}`, words.go)}
<p class="quiet">${words.note}</p>`,
  )
}

/** The same door to the builder's own Stripe dashboard. */
export function renderConnectDashboard(site: Site, token: string): Html {
  const words = site.reader.words.connect.dashboard
  return frame(
    site,
    'jar',
    words,
    html`<p class="lead">${words.lead}</p>
${renderDoor(`/connect/dashboard/${encodeURIComponent(token)}`, words.go)}`,
  )
}

/** Back from Stripe: what the account can do now, as Stripe says it. */
export function renderConnectReturn(site: Site, view: BuilderView, token: string): Html {
  const { connect, frame: shared } = site.reader.words
  if (view.payouts === 'ready') {
    return frame(
      site,
      'parcel',
      connect.ready,
      html`<p class="lead">${connect.ready.lead(html`<bdi>${view.builder.name}</bdi>`)}</p>
${site.inviteUrl && html`<p class="actions"><a class="button" href="${site.inviteUrl}">${shared.back}</a></p>`}`,
    )
  }
  const words = connect.notYet
  const goOn = view.onboardingUrl ?? `/connect/start/${encodeURIComponent(token)}`
  return frame(
    site,
    'mug',
    words,
    html`<p class="lead">${words.lead}</p>
${
  view.requirements.length > 0 &&
  html`<p>${words.asks}</p>
<ul class="asked">${view.requirements.map((one) => html`<li>${one}</li>`)}</ul>`
}
<p class="actions"><a class="button" href="${goOn}">${words.go}</a></p>
<p class="quiet">${words.note}</p>`,
  )
}

function renderDoor(path: string, words: string): Html {
  return html`<form method="post" action="${path}"><p class="actions"><button class="button" type="submit">${words}</button></p></form>`
}

function frame(
  site: Site,
  picture: 'jar' | 'mug' | 'parcel',
  { title, heading }: { readonly title: string; readonly heading: string },
  body: Html,
): Html {
  return renderLayout(site, {
    title,
    body: html`
<section class="wrap order">
<div class="panel order__panel">
${drawing(site, picture, 168)}
<h1>${heading}</h1>
${body}
</div>
</section>`,
  })
}
