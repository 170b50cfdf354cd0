import { html } from 'hono/html'
import type { Paper } from '../strings/en-papers.ts'
import { drawing, type Html, renderLayout, type Site } from './layout.ts'

/** A page that is only read. */
export function renderPaper(site: Site, path: string, paper: Paper): Html {
  const { title, description, heading, lead, parts } = paper
  return renderLayout(site, {
    title,
    shared: { path, description },
    body: html`
<div class="wrap about">
<header class="about__head">
<div>
<h1>${heading}</h1>
<p class="lead">${lead}</p>
</div>
${drawing(site, 'letter', 170)}
</header>
${parts.map(
  (part) => html`<section class="about__part about__text" aria-labelledby="${part.id}">
<h2 id="${part.id}">${part.heading}</h2>
${part.body}
</section>`,
)}
</div>`,
  })
}
