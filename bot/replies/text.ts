/** Shortens to `max` UTF-16 units with an ellipsis; never leaves half a character or half an escape behind. */
export function truncate(text: string, max: number): string {
  if (text.length <= max) return text
  return `${text
    .slice(0, max - 1)
    .replace(/[\uD800-\uDBFF]$/, '')
    .replace(/\\+$/, '')}…`
}

// Invisible characters that reorder the text around them: marks of direction, embeddings, overrides, isolates.
const REORDERING = /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/g
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out here
const CONTROL = /[\u0000-\u0009\u000B-\u001F\u007F-\u009F]/g

/** A person's text on one line where Discord reads no markdown: labels of buttons and options, authors, names. */
export function plainText(text: string, max: number): string {
  const clean = text.replace(REORDERING, '').replace(CONTROL, ' ').replace(/\s+/g, ' ').trim()
  return truncate(clean, max)
}

/**
 * A person's text where Discord reads markdown. The one way such text enters a message: nothing in it can format,
 * hide behind a link, look like a heading or mention anybody. `max` counts the person's own characters.
 */
export function escapeText(text: string, max: number, lines: 'one' | 'many' = 'one'): string {
  const clean =
    lines === 'one'
      ? plainText(text, max)
      : truncate(
          text
            .replace(/\r\n?/g, '\n')
            .replace(REORDERING, '')
            .replace(CONTROL, ' ')
            .replace(/\n{3,}/g, '\n\n')
            .trim(),
          max,
        )
  return clean
    .replace(/[\\*_~`|[\]<>]/g, '\\$&')
    .replace(/^(\s*)([#+-])/gm, '$1\\$2')
    .replace(/^(\s*\d+)([.)])/gm, '$1\\$2')
    .replace(/@(everyone|here|[!&]?\d)/gi, '@\u200B$1')
}

/** What escapeText was given, but for what it took out or shortened. */
export function unescapeText(text: string): string {
  return text.replaceAll('@\u200B', '@').replace(/\\([^\n])/g, '$1')
}

/** A clock time in the reader's own zone, drawn by their client. `at` is UTC milliseconds. */
export function clockTime(at: number): string {
  return `<t:${Math.floor(at / 1000)}:t>`
}

/** "in 20 minutes", counted down by the reader's client without any edit. `at` is UTC milliseconds. */
export function relativeTime(at: number): string {
  return `<t:${Math.floor(at / 1000)}:R>`
}

/** A date with its time in the reader's own zone, for moments that are days away. `at` is UTC milliseconds. */
export function dateTime(at: number): string {
  return `<t:${Math.floor(at / 1000)}:f>`
}

/** `2026-11-22`, for menus and labels: they show no timestamps of Discord's. */
export function plainDay(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}
