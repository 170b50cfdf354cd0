/** A text as one line of at most so many characters. */
export function shorten(text: string, length: number): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length <= length ? line : `${[...line].slice(0, length - 1).join('')}…`
}
