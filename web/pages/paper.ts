import { html } from 'hono/html'
import type { Paper } from '../strings/en-papers.ts'
import { drawing, type Html, type Place, renderLayout, type Site } from './layout.ts'

/** A page that is only read; each ends with who runs the shop. */
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
${renderOperator(site)}
</div>`,
  })
}

/** Who answers for the shop, in the words of its configuration. */
function renderOperator({ operator, reader }: Site): Html {
  const words = reader.words.operator
  return html`<section class="about__part" aria-labelledby="operator">
<div class="about__text">
<h2 id="operator">${words.heading}</h2>
${
  operator
    ? html`<p>${words.is(html`<strong><bdi>${operator.name}</bdi></strong>`)} ${operator.contact === null ? words.noContact : words.contact(renderContact(operator.contact))}</p>`
    : html`<p>${words.unknown}</p>`
}
</div>
</section>`
}

function renderContact(contact: string): Html {
  if (/^https?:\/\/\S+$/.test(contact)) return html`<a href="${contact}" rel="noopener">${contact}</a>`
  if (/^[^\s@:/]+@[^\s@:/]+$/.test(contact)) return html`<a href="mailto:${contact}">${contact}</a>`
  return html`<bdi>${contact}</bdi>`
}
