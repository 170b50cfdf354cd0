import { html } from 'hono/html'
import type { Picture } from '#contract'
import type { Html } from './layout.ts'

/**
 * A picture in the width that the screen needs. `box` is its place in pixels before it is there, so that nothing
 * shifts; its colour fills that place until then. Each address gives the best format that the browser takes.
 */
export function renderPicture(
  picture: Picture,
  options: {
    /** For browsers that do not choose, and for pictures that are kept in few sizes. */
    readonly size: 'card' | 'full'
    /** How wide it is shown, in the words of the `sizes` attribute. */
    readonly sizes: string
    readonly box: { readonly width: number; readonly height: number }
    /** now: it is what the visitor came for. soon: on the screen at once. later: only when it comes near. */
    readonly when: 'now' | 'soon' | 'later'
  },
): Html {
  const { pictureId, widths = [], colour, alt } = picture
  const { size, sizes, box, when } = options
  const at = (which: string | number) => `/pictures/${pictureId}/${which}`
  const choices = [...widths.map((width) => `${at(width)} ${width}w`), `${at('full')} ${picture.width}w`]
  // The style of an element may not be set in the page, but a drawing may have a colour.
  return html`${colour && html`<svg class="tint" aria-hidden="true"><rect width="100%" height="100%" fill="${colour}"/></svg>`}<img src="${at(size)}"${
    widths.length > 0 && html` srcset="${choices.join(', ')}" sizes="${sizes}"`
  } width="${box.width}" height="${box.height}" alt="${alt}"${
    when === 'now' ? html` fetchpriority="high"` : html` decoding="async"`
  }${when === 'later' && html` loading="lazy"`}>`
}
