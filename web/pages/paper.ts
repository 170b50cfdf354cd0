import { html } from 'hono/html'
import type { Paper } from '../strings/en-papers.ts'
import { drawing, type Html, type Place, renderLayout, type Site } from './layout.ts'

/** A page that is only read. */
export function renderPaper(site: Site, path: string, paper: Paper, here?: Place): Html {
  const { title, description, heading, lead, parts } = paper
  return renderLayout(site, {
    title,
    ...(here && { here }),
    shared: { path, description },
    body: html`
<div class="wrap about">
<header class="about__head">
<div>
<h1>${heading}</h1>
<p class="lead">${lead}</p>
</div>
${drawing(site, paper.drawing, 180)}
</header>
${parts.map(
  (
    part,
  ) => html`<section class="about__part${part.drawing && ' about__part--held'}" aria-labelledby="${part.id}">
${part.drawing && drawing(site, part.drawing, 120)}
<div class="about__text">
<h2 id="${part.id}">${part.heading}</h2>
${part.body}
</div>
</section>`,
)}
</div>`,
  })
}
