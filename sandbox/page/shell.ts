import { html } from 'hono/html'

export interface ShellLinks {
  readonly web: string
  /** The local Stripe's address, e.g. http://127.0.0.1:8511; null when the real one is used. */
  readonly stripe: string | null
  readonly twitch: string | null
}

/** The page before its scripts run: the frame, and the list of things to try first. */
export function renderShell(links: ShellLinks) {
  return html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>C500 Collective · local chat</title>
    <link rel="preload" href="/assets/nunito/files/nunito-latin-wght-normal.woff2" as="font" type="font/woff2" crossorigin>
    <link rel="stylesheet" href="/assets/nunito/wght.css">
    <link rel="stylesheet" href="/assets/nunito/wght-italic.css">
    <link rel="stylesheet" href="/assets/page.css">
    <script type="module" src="/assets/main.js"></script>
  </head>
  <body>
    <a class="skip" id="skip" href="#composer">Skip to writing</a>
    <div class="app" id="app">
      <header class="top">
        <button class="icon-button only-narrow" id="rail-toggle" type="button" aria-expanded="false" aria-controls="rail">
          <span class="bars" aria-hidden="true"></span><span class="hidden">Channels</span>
        </button>
        <p class="brand"><span class="mark" aria-hidden="true">C5</span><span class="brand-name">Local chat</span></p>
        <nav class="people" id="people" aria-label="Who you are"></nav>
        <button class="help-toggle" id="help-toggle" type="button" aria-expanded="true" aria-controls="help">
          <span aria-hidden="true">?</span><span class="help-toggle-text">Try this first</span>
        </button>
      </header>
      <aside class="rail" id="rail" aria-label="Server"></aside>
      <main class="chat" id="chat">
        <noscript><p class="banner">This page is a live chat, so it needs JavaScript.</p></noscript>
      </main>
      <aside class="help" id="help" aria-labelledby="help-title">
        <div class="help-head">
          <h2 id="help-title">Try this first</h2>
          <button class="icon-button" id="help-close" type="button"><span aria-hidden="true">×</span><span class="hidden">Close</span></button>
        </div>
        <ol class="steps">
          <li>
            <a href="#as=juniper&channel=drops&say=%2Fc500%20drop">Be Juniper, type <kbd>/c500 drop</kbd></a>
            <span>A builder fills in title, price, quantity and a picture, looks at the preview and presses <b>Publish</b>.</span>
          </li>
          <li>
            <a href="#as=poppy&channel=drops">Be Poppy, look at #drops</a>
            <span>The card is there for everybody. <b>Buy now</b> answers only Poppy, and holds one unit for her.</span>
          </li>
          <li>
            <b>Pay</b>
            <span>The link opens the checkout page. The card <kbd>4242 4242 4242 4242</kbd> is filled in; try the declined one beside it, too.</span>
          </li>
          <li>
            <a href="#as=poppy&channel=dm">Read Poppy’s direct messages</a>
            <span>C500 writes to buyer and builder as soon as the payment is confirmed.</span>
          </li>
          <li>
            <a href="#as=juniper&channel=drops&say=%2Fc500%20dashboard">Be Juniper, type <kbd>/c500 dashboard</kbd></a>
            <span>What is to ship, what is held, what was sent. Press <b>Mark shipped</b>.</span>
          </li>
          <li>
            <a href="#as=poppy&channel=drops&say=%2Fc500%20profile">Be Poppy, type <kbd>/c500 profile</kbd></a>
            <span>Press <b>It arrived</b>: only now does Juniper’s share leave.</span>
          </li>
        </ol>
        ${
          links.twitch
            ? html`<h3>Go live</h3>
        <ul class="steps plain">
          <li><a href="${links.twitch}" target="_blank" rel="noopener">Choose who is live on the local Twitch</a><span>Juniper is on air in a new shop: end her stream, or let her connection drop. Send Wren live, and the bowl in #drops opens.</span></li>
          <li><a href="#as=poppy&channel=lounge&say=%2Fc500%20verify">Be Poppy, type <kbd>/c500 verify</kbd></a><span>Is this really her? The answer is a dated badge, not a promise.</span></li>
        </ul>`
            : ''
        }
        <h3>Then be unkind to it</h3>
        <ul class="steps plain">
          <li><a href="#as=wren&channel=drops">Be Wren and race Poppy</a><span>Buy the last one, or press <b>Let it go</b> and watch the card. When all are held, <b>Get in line</b>: the next one that comes back is held for Wren.</span></li>
          <li><b>Close somebody’s DMs</b><span>The switch is beside the name, under the channels. News then takes a second way.</span></li>
          ${
            links.stripe
              ? html`<li><a href="${links.stripe}/local" target="_blank" rel="noopener">Break payments on purpose</a><span>Send an event twice, lose it, delay it, let a hold run out.</span></li>`
              : ''
          }
          <li><a href="#as=olive&channel=operators">Be Olive, look at #operators</a><span>Dispute a payment, or press <b>Something is wrong</b> as its buyer: she is told, and until when to answer. <kbd>/c500-operator queue</kbd> shows all that waits.</span></li>
        </ul>
        <h3>Elsewhere</h3>
        <ul class="links">
          <li><a href="${links.web}" target="_blank" rel="noopener">The shop’s web pages</a></li>
          ${links.stripe ? html`<li><a href="${links.stripe}/local" target="_blank" rel="noopener">Local Stripe’s controls</a></li>` : ''}
          ${links.twitch ? html`<li><a href="${links.twitch}" target="_blank" rel="noopener">Local Twitch: who is live</a></li>` : ''}
        </ul>
        <p class="small">Everything here runs on this machine. No account, no real money.</p>
      </aside>
    </div>
  </body>
</html>`
}
