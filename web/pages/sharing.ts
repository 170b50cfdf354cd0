import { html, raw } from 'hono/html'

/** What a page tells search engines and the previews in chats. */
export interface Shared {
  readonly path: string
  readonly description: string
  readonly picture?: SharedPicture | null
  /** The calendar of the openings that this page is about, on this site; that of all unless told. */
  readonly calendar?: string
  /** In the words of schema.org, for search engines. */
  readonly data?: object
}

export interface SharedPicture {
  /** On this site. */
  readonly path: string
  /** Pixels. */
  readonly width: number
  readonly height: number
  readonly alt: string
}

/** The lines of the head that nobody sees and everybody shares (ogp.me, developer.x.com/docs on cards). */
export function renderSharing(
  site: { readonly origin: string; readonly brand: string },
  title: string,
  shared: Shared,
): ReturnType<typeof html> {
  const { origin, brand } = site
  const { description, picture, data, calendar = '/calendar.ics' } = shared
  const url = origin + shared.path
  return html`<meta name="description" content="${description}">
<link rel="canonical" href="${url}">
<link rel="alternate" type="application/rss+xml" href="/feed.xml" title="${brand}">
<link rel="alternate" type="application/feed+json" href="/feed.json" title="${brand}">
<link rel="alternate" type="text/calendar" href="${calendar}" title="${brand}">
<meta property="og:type" content="website">
<meta property="og:site_name" content="${brand}">
<meta property="og:title" content="${title}">
<meta property="og:description" content="${description}">
<meta property="og:url" content="${url}">
<meta name="twitter:card" content="${picture ? 'summary_large_image' : 'summary'}">
${
  picture &&
  html`<meta property="og:image" content="${origin}${picture.path}">
<meta property="og:image:width" content="${picture.width}">
<meta property="og:image:height" content="${picture.height}">
<meta property="og:image:alt" content="${picture.alt}">
<meta name="twitter:image" content="${origin}${picture.path}">
<meta name="twitter:image:alt" content="${picture.alt}">`
}
${data && html`<script type="application/ld+json">${raw(scriptSafe(data))}</script>`}`
}

/** Inside a script element nothing is escaped, so no tag and no comment may begin there. */
const scriptSafe = (data: object) => JSON.stringify(data).replaceAll('<', '\\u003c')
