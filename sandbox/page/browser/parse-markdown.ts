/** Discord's markdown as a tree. Pure: the page draws it with text nodes, so no text can become markup. */
export type Inline =
  | { readonly type: 'text'; readonly text: string }
  | {
      readonly type: 'strong' | 'em' | 'underline' | 'strike' | 'spoiler'
      readonly children: readonly Inline[]
    }
  | { readonly type: 'code'; readonly text: string }
  | { readonly type: 'link'; readonly url: string; readonly children: readonly Inline[] }
  | { readonly type: 'user' | 'channel' | 'role'; readonly id: string }
  | { readonly type: 'command'; readonly name: string }
  | { readonly type: 'time'; readonly at: number; readonly style: string }
  | { readonly type: 'emoji'; readonly name: string }

export type Block =
  | { readonly type: 'paragraph' | 'subtext'; readonly children: readonly Inline[] }
  | { readonly type: 'heading'; readonly level: 1 | 2 | 3; readonly children: readonly Inline[] }
  | { readonly type: 'code'; readonly text: string }
  | { readonly type: 'quote'; readonly blocks: readonly Block[] }
  | { readonly type: 'list'; readonly ordered: boolean; readonly items: readonly (readonly Inline[])[] }

interface Rules {
  /** `[words](address)` is a link only in what an app wrote. */
  readonly maskedLinks: boolean
}

/** Deeper nesting than any person writes stays text, so that hostile text costs no stack. */
const MAX_DEPTH = 8

const WRAPS = [
  ['**', 'strong'],
  ['__', 'underline'],
  ['~~', 'strike'],
  ['||', 'spoiler'],
  ['*', 'em'],
  ['_', 'em'],
] as const

export function parseMarkdown(text: string, rules: Rules): readonly Block[] {
  const blocks: Block[] = []
  const parts = text.split(/```(?:[\w+-]*\n)?([\s\S]+?)\n?```/)
  // Odd parts are what the split captured: the inside of code fences.
  parts.forEach((part, index) => {
    if (index % 2 === 1) blocks.push({ type: 'code', text: part })
    else if (part.trim() !== '') blocks.push(...parseLines(part.replace(/^\n|\n$/g, '').split('\n'), rules))
  })
  return blocks
}

function parseLines(lines: readonly string[], rules: Rules): Block[] {
  const blocks: Block[] = []
  let plain: string[] = []
  const flush = () => {
    const text = plain.join('\n')
    if (text.trim() !== '') blocks.push({ type: 'paragraph', children: parseInline(text, rules) })
    plain = []
  }
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? ''
    const heading = /^(#{1,3}) +(\S.*)$/.exec(line)
    const subtext = /^-# +(\S.*)$/.exec(line)
    const item = /^ *(?:[-*]|(\d+)\.) +(\S.*)$/.exec(line)
    if (line.startsWith('>>> ')) {
      flush()
      blocks.push({ type: 'quote', blocks: parseLines([line.slice(4), ...lines.slice(at + 1)], rules) })
      return blocks
    }
    if (line.startsWith('> ')) {
      flush()
      const quoted: string[] = []
      while (lines[at]?.startsWith('> ')) quoted.push((lines[at++] ?? '').slice(2))
      at--
      blocks.push({ type: 'quote', blocks: parseLines(quoted, rules) })
    } else if (heading) {
      flush()
      const level = heading[1]?.length === 1 ? 1 : heading[1]?.length === 2 ? 2 : 3
      blocks.push({ type: 'heading', level, children: parseInline(heading[2] ?? '', rules) })
    } else if (subtext) {
      flush()
      blocks.push({ type: 'subtext', children: parseInline(subtext[1] ?? '', rules) })
    } else if (item) {
      flush()
      const ordered = item[1] !== undefined
      const words = parseInline(item[2] ?? '', rules)
      const last = blocks.at(-1)
      if (last?.type === 'list' && last.ordered === ordered) {
        blocks[blocks.length - 1] = { ...last, items: [...last.items, words] }
      } else blocks.push({ type: 'list', ordered, items: [words] })
    } else plain.push(line)
  }
  flush()
  return blocks
}

/** Words in a line: emphasis, code, links, mentions, moments. Also used where no blocks are allowed, as in titles. */
export function parseInline(text: string, rules: Rules, depth = 0): readonly Inline[] {
  const out: Inline[] = []
  let plain = ''
  const push = (node: Inline) => {
    if (plain) out.push({ type: 'text', text: plain })
    plain = ''
    out.push(node)
  }
  let at = 0
  while (at < text.length) {
    const found = /[\\`<[*_~|h]/.test(text[at] ?? '') ? readToken(text, at, rules, depth) : null
    if (!found) plain += text[at++]
    else {
      if (typeof found.node === 'string') plain += found.node
      else push(found.node)
      at = found.end
    }
  }
  if (plain) out.push({ type: 'text', text: plain })
  return out
}

interface Token {
  /** A string is plain text: an escaped character. */
  readonly node: Inline | string
  readonly end: number
}

function readToken(text: string, at: number, rules: Rules, depth: number): Token | null {
  const sticky = (pattern: RegExp): RegExpExecArray | null => {
    const from = new RegExp(pattern, 'y')
    from.lastIndex = at
    return from.exec(text)
  }
  const token = (match: RegExpExecArray, node: Inline | string): Token => ({
    node,
    end: at + match[0].length,
  })
  const first = text[at]
  let match: RegExpExecArray | null

  if (first === '\\') {
    match = sticky(/\\([!-/:-@[-`{-~])/)
    return match && token(match, match[1] ?? '')
  }
  if (first === '`') {
    match = sticky(/(`{1,2})([^`]+)\1(?!`)/)
    return match && token(match, { type: 'code', text: match[2] ?? '' })
  }
  if (first === '<') return readAngle(sticky, token)
  if (first === 'h') {
    // An address inside a word, as in "xhttp://", is not one.
    if (at > 0 && /\w/.test(text[at - 1] ?? '')) return null
    match = sticky(/https?:\/\/[^\s<>|`*]*[^\s<>|`*.,:;"')\]!?_~]/)
    return (
      match && token(match, { type: 'link', url: match[0], children: [{ type: 'text', text: match[0] }] })
    )
  }
  if (first === '[') {
    match = rules.maskedLinks ? sticky(/\[((?:\\.|[^\]\\\n])+)\]\(<?(https?:\/\/[^\s<>)]+)>?\)/) : null
    if (!match || depth >= MAX_DEPTH) return null
    const children = parseInline(match[1] ?? '', { maskedLinks: false }, depth + 1)
    return token(match, { type: 'link', url: match[2] ?? '', children })
  }
  if (depth >= MAX_DEPTH) return null
  for (const [mark, type] of WRAPS) {
    if (!text.startsWith(mark, at)) continue
    const end = findClose(text, at + mark.length, mark)
    if (end < 0) continue
    const children = parseInline(text.slice(at + mark.length, end), rules, depth + 1)
    return { node: { type, children }, end: end + mark.length }
  }
  return null
}

function readAngle(
  sticky: (pattern: RegExp) => RegExpExecArray | null,
  token: (match: RegExpExecArray, node: Inline | string) => Token,
): Token | null {
  let match = sticky(/<(@!?|@&|#)(\d+)>/)
  if (match) {
    const type = match[1] === '#' ? 'channel' : match[1] === '@&' ? 'role' : 'user'
    return token(match, { type, id: match[2] ?? '' })
  }
  match = sticky(/<t:(-?\d{1,12})(?::([tTdDfFR]))?>/)
  if (match) return token(match, { type: 'time', at: Number(match[1]) * 1000, style: match[2] ?? 'f' })
  match = sticky(/<a?:(\w+):\d+>/)
  if (match) return token(match, { type: 'emoji', name: match[1] ?? '' })
  match = sticky(/<\/([^:>\n]+):\d+>/)
  if (match) return token(match, { type: 'command', name: match[1] ?? '' })
  match = sticky(/<(https?:\/\/[^\s<>]+)>/)
  if (!match) return null
  return token(match, {
    type: 'link',
    url: match[1] ?? '',
    children: [{ type: 'text', text: match[1] ?? '' }],
  })
}

/** Where a mark closes, or -1. Escaped marks do not, nor do marks after a space (for `*`) or inside words (for `_`). */
function findClose(text: string, from: number, mark: string): number {
  if (mark === '*' && /\s/.test(text[from] ?? ' ')) return -1
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text.startsWith(mark, at)) {
      const single = mark.length === 1
      if (single && text[at + 1] === mark) {
        // Two marks in a row belong to a stronger emphasis inside this one: step over the pair.
        at++
        continue
      }
      // Marks around nothing but marks are just marks.
      if (text.slice(from, at).replaceAll(mark[0] ?? '', '') === '') return -1
      if (mark === '*' && /\s/.test(text[at - 1] ?? '')) continue
      if (mark === '_' && /\w/.test(text[at + 1] ?? '')) continue
      // In `***words***` the outer mark closes last.
      return !single && text[at + 2] === mark[0] ? at + 1 : at
    }
  }
  return -1
}
