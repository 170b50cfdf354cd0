import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatTime } from './browser/format-time.ts'
import { type Block, type Inline, parseMarkdown } from './browser/parse-markdown.ts'

const parse = (text: string) => parseMarkdown(text, { maskedLinks: true })
const inline = (text: string): readonly Inline[] => {
  const first = parse(text)[0]
  return first?.type === 'paragraph' ? first.children : []
}
const text = (words: string): Inline => ({ type: 'text', text: words })

test('emphasis nests, and what is escaped or unclosed stays text', () => {
  assert.deepEqual(inline('**bold *both***'), [
    { type: 'strong', children: [text('bold '), { type: 'em', children: [text('both')] }] },
  ])
  assert.deepEqual(inline('***both***'), [
    { type: 'strong', children: [{ type: 'em', children: [text('both')] }] },
  ])
  assert.deepEqual(inline('__u__ ~~s~~ ||x||'), [
    { type: 'underline', children: [text('u')] },
    text(' '),
    { type: 'strike', children: [text('s')] },
    text(' '),
    { type: 'spoiler', children: [text('x')] },
  ])
  for (const plain of ['\\*kept\\*', '2 * 3 * 4', 'snake_case_name', '**open', '__', '****']) {
    const words = inline(plain).map((node) => (node.type === 'text' ? node.text : `<${node.type}>`))
    assert.equal(words.join(''), plain.replaceAll('\\', ''), plain)
  }
})

test('code keeps its marks, on a line and in a block', () => {
  assert.deepEqual(inline('`**x**`'), [{ type: 'code', text: '**x**' }])
  assert.deepEqual(parse('before\n```ts\nconst a = "**"\n```\nafter'), [
    { type: 'paragraph', children: [text('before')] },
    { type: 'code', text: 'const a = "**"' },
    { type: 'paragraph', children: [text('after')] },
  ])
})

test('a link shows its words only where masked links are allowed', () => {
  const link = '[the shop](https://example.com/a_b)'
  assert.deepEqual(inline(link), [
    { type: 'link', url: 'https://example.com/a_b', children: [text('the shop')] },
  ])
  const unmasked = parseMarkdown(link, { maskedLinks: false })[0] as Extract<
    Block,
    { type: 'paragraph' | 'subtext' }
  >
  assert.deepEqual(unmasked.children, [
    text('[the shop]('),
    { type: 'link', url: 'https://example.com/a_b', children: [text('https://example.com/a_b')] },
    text(')'),
  ])
  assert.deepEqual(inline('[x](javascript:alert(1))'), [text('[x](javascript:alert(1))')])
  assert.deepEqual(inline('see https://example.com/a. Then'), [
    text('see '),
    { type: 'link', url: 'https://example.com/a', children: [text('https://example.com/a')] },
    text('. Then'),
  ])
})

test('mentions and moments are read', () => {
  assert.deepEqual(inline('<@1> <@!2> <#3> <@&4> <t:60:R> <t:60> </c500 drop:5> <:wave:6>'), [
    { type: 'user', id: '1' },
    text(' '),
    { type: 'user', id: '2' },
    text(' '),
    { type: 'channel', id: '3' },
    text(' '),
    { type: 'role', id: '4' },
    text(' '),
    { type: 'time', at: 60_000, style: 'R' },
    text(' '),
    { type: 'time', at: 60_000, style: 'f' },
    text(' '),
    { type: 'command', name: 'c500 drop' },
    text(' '),
    { type: 'emoji', name: 'wave' },
  ])
})

test('lines become headings, quotes, lists and small print', () => {
  const types = parse('# A\n## B\n### C\n-# d\n> e\n> f\n- g\n- h\n1. i\nplain').map((block) =>
    block.type === 'heading' ? `h${block.level}` : block.type,
  )
  assert.deepEqual(types, ['h1', 'h2', 'h3', 'subtext', 'quote', 'list', 'list', 'paragraph'])
})

test('no text is refused, and none of its plain words is lost', () => {
  const marks = fc.string({
    unit: fc.constantFrom('*', '_', '~', '|', '`', '[', ']', '(', '<', '\\', '\n', 'a', ' '),
  })
  fc.assert(
    fc.property(marks, (written) => {
      const letters = JSON.stringify(parse(written)).match(/"text":"((?:[^"\\]|\\.)*)"/g) ?? []
      const count = (words: string) => words.replaceAll(/"text":|\\n/g, '').split('a').length
      assert.equal(count(letters.join('')), count(written.replaceAll('\\n', '')))
    }),
  )
  // A whole message of openers must not keep the page busy or use up the stack.
  for (const opener of ['**', '||', '[', '*_', '> ', '`'])
    assert.ok(parse(opener.repeat(4000 / opener.length)))
})

test('a relative moment reads as Discord would say it', () => {
  const say = (seconds: number) => formatTime(seconds * 1000, 'R', 0, 'en')
  assert.equal(say(1790), 'in 30 minutes')
  assert.equal(say(3590), 'in 1 hour')
  assert.equal(say(3 * 86_400 - 20), 'in 3 days')
  assert.equal(say(45), 'in 45 seconds')
  assert.equal(say(-61), '1 minute ago')
  assert.equal(say(0), 'now')
})
