// Marks that change the direction of text around them, and characters that cannot be seen: both can make a title
// read as something it is not.
const DIRECTION_MARKS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu
const INVISIBLE =
  /[\p{Cc}\p{Co}\p{Cn}\p{Cs}\u00ad\u115f\u1160\u17b4\u17b5\u180e\u200b\u2060-\u2064\u3164\ufeff\uffa0\ufff9-\ufffb]/gu
const TOO_MANY_MARKS = /(\p{M}{4})\p{M}+/gu

/** One line of people's text: normalised, without invisible characters, single spaces. Meaning and case stay. */
export function cleanLine(text: string): string {
  return text
    .normalize('NFC')
    .replace(/\s+/gu, ' ')
    .replace(DIRECTION_MARKS, '')
    .replace(INVISIBLE, '')
    .replace(TOO_MANY_MARKS, '$1')
    .trim()
}

/** Several lines of people's text: as cleanLine, keeping line breaks, at most one empty line in a row. */
export function cleanText(text: string): string {
  return text
    .split(/\r\n|\r|\n/u)
    .map(cleanLine)
    .join('\n')
    .replace(/\n{3,}/gu, '\n\n')
    .trim()
}

/** No letter of any script and no emoji has more parts (UTF-16): a kiss of two people with skin tones has 15. */
const LONGEST_LETTER = 16

/** Length as people count it: letters with their accents, emoji as one. What is chained for longer than any real one is many. */
export function lengthOf(text: string): number {
  let count = 0
  for (const { segment } of new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text)) {
    count += Math.ceil(segment.length / LONGEST_LETTER)
  }
  return count
}

/** The beginning of a text, at most `max` UTF-16 units, and no half of a letter at its end: nobody takes such a text. */
export function cutTo(text: string, max: number): string {
  return text.slice(0, max).replace(/[\ud800-\udbff]$/, '')
}
