import { html } from 'hono/html'
import type { Html } from './layout.ts'

/** A text as it was typed: blank lines part paragraphs; single line ends need a style that keeps them. */
export function renderParagraphs(text: string): Html[] {
  const parts = text.split(/(?:\r?\n[^\S\n]*){2,}/).filter((part) => part.trim())
  return parts.map((part) => html`<p>${part}</p>`)
}
