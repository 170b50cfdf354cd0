import { html } from 'hono/html'
import type { Reader } from '../reader.ts'
import type { WebDeps } from '../web-deps.ts'
import { renderSharing, type Shared } from './sharing.ts'

/** A piece of a page: everything put into it was escaped. */
export type Html = ReturnType<typeof html>

/** What pages need of the service, and who reads them. */
export interface Site extends Pick<WebDeps, 'assets' | 'origin' | 'inviteUrl' | 'operator'> {
  readonly reader: Reader
}

export interface Page {
  readonly title: string
  readonly body: Html
  /** Which of the places in the header this page is. */
  readonly here?: Place
  /** For search engines and previews in chats; only on pages for everybody. */
  readonly shared?: Shared
  /** It shows drops, whose stock and state are kept up to date while it is open. */
  readonly isLive?: boolean
  /** A waiting page asks again: `url` is its own next address. */
  readonly lookAgain?: { readonly url: string; readonly seconds: number } | undefined
}

/** The pages that the header leads to. */
export type Place = '/drops' | '/about' | '/orders'

/** The frame around every page. */
export function renderLayout(site: Site, page: Page): Html {
  const { assets, origin, inviteUrl, operator, reader } = site
  const { shared, lookAgain } = page
  const { brand, frame, operator: who } = reader.words
  // Modules run in this order: what the page waits for goes first.
  const later = [...(page.isLive ? ['live-stock', 'countdown'] : []), ...(lookAgain ? ['look-again'] : [])]
  const place = (path: Place, words: string) =>
    html`<a href="${path}"${page.here === path && html` aria-current="page"`}>${words}</a>`
  return html`<!doctype html>
<html lang="${reader.locale}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${page.title}</title>
<meta name="color-scheme" content="light dark">
<meta name="theme-color" content="#fff8ee" media="(prefers-color-scheme: light)">
<meta name="theme-color" content="#211814" media="(prefers-color-scheme: dark)">
${
  shared ? renderSharing({ origin, brand }, page.title, shared) : html`<meta name="robots" content="noindex">`
}
${
  lookAgain &&
  html`<noscript><meta http-equiv="refresh" content="${lookAgain.seconds}; url=${lookAgain.url}"></noscript>`
}
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<link rel="preload" href="${assets.url('fonts/nunito-latin.woff2')}" as="font" type="font/woff2" crossorigin>
<link rel="preload" href="${assets.url('fonts/quicksand-latin.woff2')}" as="font" type="font/woff2" crossorigin>
<link rel="stylesheet" href="${assets.url('css/style.css')}">
<script type="module" blocking="render" src="${assets.url('js/local-time.js')}"></script>
${later.map(
  (name) => html`<script type="module" src="${assets.url(`js/${name}.js`)}"></script>
`,
)}</head>
<body>
<a class="skip" href="#main">${frame.skip}</a>
<header class="top">
<div class="wrap top__row">
<a class="brand" href="/"><img class="brand__mark" src="/favicon.svg" width="40" height="40" alt=""><span>${brand}</span></a>
<nav class="top__nav" aria-label="${frame.main}">
${place('/drops', frame.drops)}
${place('/about', frame.about)}
${place('/orders', frame.orders)}
${inviteUrl && html`<a class="top__join" href="${inviteUrl}">${frame.join}</a>`}
</nav>
</div>
</header>
<main id="main" tabindex="-1">
${page.body}
</main>
<footer class="foot">
<div class="wrap foot__row">
<div>
<p>${frame.motto}</p>
<p><a href="/terms#operator"><span>${operator ? who.runBy(html`<bdi>${operator.name}</bdi>`) : who.heading}</span></a></p>
</div>
<nav aria-label="${frame.more}"><a href="/">${frame.home}</a><a href="/drops">${frame.drops}</a><a href="/about">${frame.about}</a><a href="/orders">${frame.orders}</a><a href="/about#wrong">${frame.wrong}</a><a href="/terms">${frame.terms}</a><a href="/privacy">${frame.privacy}</a>${inviteUrl && html`<a href="${inviteUrl}">${frame.join}</a>`}</nav>
</div>
</footer>
</body>
</html>`
}

/** Under an empty shelf: where the next drop is announced. Nothing without an invitation. */
export function renderJoin({ inviteUrl, reader }: Site): Html | '' {
  if (!inviteUrl) return ''
  return html`<p class="actions empty__actions"><a class="button button--quiet" href="${inviteUrl}">${reader.words.frame.join}</a></p>`
}

/** One of our own drawings; it says nothing that the text beside it does not. */
export function drawing(site: Site, name: string, size: number): Html {
  return html`<img class="drawing" src="${site.assets.url(`pictures/${name}.svg`)}" width="${size}" height="${size}" alt="">`
}
