const LONGEST = 160
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })
const LETTER = /[\p{L}\p{N}]/u

/**
 * A text as one line of what our fonts can draw: ornamental letters become plain ones, emoji and other scripts are
 * left out. When that would leave less than half of its letters it is `instead`.
 */
export function drawableText(text: string, instead: string, covered: ReadonlySet<number>): string {
  const canDraw = (piece: string) =>
    !/\p{C}/u.test(piece) && [...piece].every((letter) => covered.has(letter.codePointAt(0) ?? -1))
  let letters = 0
  let drawn = 0
  let line = ''
  for (const { segment } of graphemes.segment(text.slice(0, 4 * LONGEST).normalize('NFC'))) {
    const isLetter = LETTER.test(segment)
    const shape = /^\s+$/.test(segment)
      ? ' '
      : [segment, segment.normalize('NFKC'), segment.normalize('NFKD').replace(/\p{M}/gu, '')].find(canDraw)
    line += shape ?? ' '
    if (!isLetter) continue
    letters++
    if (shape) drawn++
  }
  if (drawn === 0 || drawn * 2 < letters) return instead
  // What stood before or after something left out does not keep its distance.
  return line.replace(/\s+/g, ' ').trim().slice(0, LONGEST)
}
