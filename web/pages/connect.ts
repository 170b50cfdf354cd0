import { html } from 'hono/html'
import type { BuilderView } from '#contract'
import { drawing, type Html, renderLayout, type Site } from './layout.ts'

/** The builder's door to Stripe: one button, because opening the page must not use anything up. */
export function renderConnectStart(site: Site, token: string): Html {
  return renderLayout(site, {
    title: 'Your payment account, C500 Collective',
    body: html`
<section class="wrap order">
<div class="panel order__panel">
${drawing(site, 'jar', 168)}
<h1>Set up how you are paid</h1>
<p class="lead">Stripe asks who you are and where your money should go. It stays with them: we never see your papers or your bank details.</p>
<form method="post" action="/connect/start/${encodeURIComponent(token)}"><p class="actions"><button class="button" type="submit">Continue to Stripe</button></p></form>
<p class="quiet">It takes about five minutes. You can stop and go on later with the same link.</p>
</div>
</section>`,
  })
}

/** The same door to the builder's own Stripe dashboard. */
export function renderConnectDashboard(site: Site, token: string): Html {
  return renderLayout(site, {
    title: 'Your Stripe dashboard, C500 Collective',
    body: html`
<section class="wrap order">
<div class="panel order__panel">
${drawing(site, 'jar', 168)}
<h1>Your money at Stripe</h1>
<p class="lead">Balance, payouts to your bank and your details are in your own Stripe dashboard.</p>
<form method="post" action="/connect/dashboard/${encodeURIComponent(token)}"><p class="actions"><button class="button" type="submit">Open my dashboard</button></p></form>
</div>
</section>`,
  })
}

/** Back from Stripe: what the account can do now, as Stripe says it. */
export function renderConnectReturn(site: Site, view: BuilderView, token: string): Html {
  const ready = view.payouts === 'ready'
  const goOn = view.onboardingUrl ?? `/connect/start/${encodeURIComponent(token)}`
  return renderLayout(site, {
    title: ready ? 'You are ready, C500 Collective' : 'Nearly there, C500 Collective',
    body: html`
<section class="wrap order">
<div class="panel order__panel">
${drawing(site, ready ? 'parcel' : 'mug', 168)}
${
  ready
    ? html`<h1>You are ready to sell</h1>
<p class="lead">Stripe can pay you, <bdi>${view.builder.name}</bdi>. Go back to Discord and publish your drop with <code>/c500 drop</code>.</p>
${site.inviteUrl && html`<p class="actions"><a class="button" href="${site.inviteUrl}">Back to Discord</a></p>`}`
    : html`<h1>Nearly there</h1>
<p class="lead">Stripe still needs something from you, or is still checking what you sent. If you left early, go on where you stopped.</p>
${
  view.requirements.length > 0 &&
  html`<p>Stripe asks for:</p>
<ul class="asked">${view.requirements.map((one) => html`<li>${one}</li>`)}</ul>`
}
<p class="actions"><a class="button" href="${goOn}">Go on with Stripe</a></p>
<p class="quiet">Sent everything already? Checking can take a few minutes. Load this page again to see how it stands.</p>`
}
</div>
</section>`,
  })
}
