import { html, raw } from 'hono/html'

export type Html = ReturnType<typeof html>

export interface StandIn {
  /** As `Local Stripe`. */
  readonly name: string
  /** What the band on top says, so that nobody takes it for the real one. */
  readonly band: string
  readonly css: string
}

/** A whole page of a stand-in, clearly marked as one. It needs no script. */
export function renderStandInPage(
  { name, band, css }: StandIn,
  title: string,
  body: Html,
  width: 'narrow' | 'wide' = 'narrow',
): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="same-origin">
<title>${title} · ${name}</title>
<style>${raw(css)}</style>
</head>
<body>
<header class="band">${band}</header>
<main class="${width}">
${body}
</main>
</body>
</html>`
}
