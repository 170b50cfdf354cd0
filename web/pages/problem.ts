import { html } from 'hono/html'
import type { Words } from '../strings/en.ts'
import type { ProblemWords } from '../strings/en-problems.ts'
import { drawing, type Html, renderLayout, type Site } from './layout.ts'

/** What has no trace in our logs to be asked for: nobody's fault, or the visitor's own choice. */
export type PlainProblem = Exclude<keyof Words['problems'], 'resting' | 'broken'>

type Problem =
  | { readonly kind: PlainProblem }
  /** resting: core does not answer. broken: a fault of ours. */
  | { readonly kind: 'resting' | 'broken'; readonly requestId: string }

/** What a visitor sees instead of the page: what happened, what is safe, what to do. */
export function renderProblem(site: Site, problem: Problem): Html {
  const { brand, problem: frame, problems } = site.reader.words
  const { heading, sentence, login }: ProblemWords = problems[problem.kind]
  return renderLayout(site, {
    title: `${heading}, ${brand}`,
    body: html`
<section class="wrap order">
<div class="panel order__panel">
${drawing(site, 'requestId' in problem ? 'mended' : 'yarn', 168)}
<h1>${heading}</h1>
<p class="lead">${sentence}</p>
<p class="actions">${login && html`<a class="button" href="/login">${login}</a>`}<a class="button button--quiet" href="/">${frame.home}</a></p>
${'requestId' in problem && html`<p class="quiet">${frame.reference} <span class="receipt__id">${problem.requestId}</span></p>`}
</div>
</section>`,
  })
}
