import { html } from 'hono/html'
import { drawing, type Html, renderLayout, type Site } from './layout.ts'

export type Problem =
  | { readonly kind: 'nothing_here' | 'link_invalid' }
  /** resting: core does not answer. broken: a fault of ours. */
  | { readonly kind: 'resting' | 'broken'; readonly requestId: string }

const WORDS = {
  nothing_here: {
    heading: 'There is nothing here',
    sentence: 'The address may have a slip in it, or what stood here is gone.',
  },
  link_invalid: {
    heading: 'This link does not open anything',
    sentence:
      'It may be cut short, or too old. Type /c500 profile in Discord: there are your orders, each with a fresh link.',
  },
  resting: {
    heading: 'We cannot look right now',
    sentence:
      'Our back room does not answer. What you hold or paid is safe and does not depend on this page. Please try again in a moment.',
  },
  broken: {
    heading: 'Something broke, and it was us',
    sentence:
      'What you hold or paid is safe and does not depend on this page. Please try again; if it stays like this, tell us in Discord.',
  },
} as const

/** What a visitor sees instead of the page: what happened, what is safe, what to do. */
export function renderProblem(site: Site, problem: Problem): Html {
  const { heading, sentence } = WORDS[problem.kind]
  return renderLayout(site, {
    title: `${heading}, C500 Collective`,
    body: html`
<section class="wrap order">
<div class="panel order__panel">
${drawing(site, 'requestId' in problem ? 'mended' : 'yarn', 168)}
<h1>${heading}</h1>
<p class="lead">${sentence}</p>
<p class="actions"><a class="button button--quiet" href="/">To the front page</a></p>
${'requestId' in problem && html`<p class="quiet">For us to find it: <span class="receipt__id">${problem.requestId}</span></p>`}
</div>
</section>`,
  })
}
