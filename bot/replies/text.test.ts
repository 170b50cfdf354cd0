import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { escapeText, plainText, truncate, unescapeText } from './text.ts'

test('markdown in a text of a person is shown, not obeyed', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['**bold** _it_ ~~no~~ `code`', '\\*\\*bold\\*\\* \\_it\\_ \\~\\~no\\~\\~ \\`code\\`'],
    ['[free](https://x.example)', '\\[free\\](https://x.example)'],
    ['||hidden||', '\\|\\|hidden\\|\\|'],
    ['# big', '\\# big'],
    ['-# small', '\\-# small'],
    ['1. one', '1\\. one'],
    ['> quoted', '\\> quoted'],
    ['<@100000000000000101>', '\\<@\u200B100000000000000101\\>'],
    ['@everyone and @here', '@\u200Beveryone and @\u200Bhere'],
    ['back\\slash', 'back\\\\slash'],
  ]
  for (const [typed, shown] of cases) assert.equal(escapeText(typed, 200), shown)
})

test('every line of a longer text is guarded', () => {
  assert.equal(escapeText('a\n# b\n- c', 200, 'many'), 'a\n\\# b\n\\- c')
  assert.equal(escapeText('a\n# b', 200), 'a # b')
})

test('marks that turn the reading direction are taken out', () => {
  assert.equal(escapeText('price \u202E00.1$\u202C now', 200), 'price 00.1$ now')
  assert.equal(plainText('a\u2066b\u0000c', 200), 'ab c')
})

test('no text can mention, format or hide a link', () => {
  const wild = fc.array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('@everyone', '<@1>', '[a](b)', '\n# ', '**', '||', '```', '\\', '> ', '<#1>', '@here'),
    ),
  )
  fc.assert(
    fc.property(wild, fc.integer({ min: 1, max: 300 }), (parts, max) => {
      const shown = escapeText(parts.join(''), max, 'many')
      const bare = shown.replace(/\\./gs, 'x')
      assert.doesNotMatch(bare, /[*_~`|[\]<>]|@(everyone|here|[!&]?\d)/i)
      assert.doesNotMatch(bare, /^\s*[#-]/m)
    }),
  )
})

test('what was escaped comes back as it was typed', () => {
  const part = fc.constantFrom(
    '@everyone',
    '<@1>',
    '[a](b)',
    '\n# ',
    '\n1. ',
    '**',
    '||',
    '```',
    '\\',
    '> ',
    'é',
  )
  fc.assert(
    fc.property(fc.array(fc.oneof(part, fc.string())), (parts) => {
      const shown = escapeText(parts.join(''), 10_000, 'many')
      assert.equal(escapeText(unescapeText(shown), 10_000, 'many'), shown)
    }),
  )
  assert.equal(unescapeText(escapeText('1. *a* \\ <@1>\n- b', 100, 'many')), '1. *a* \\ <@1>\n- b')
})

test('a text is cut at its limit without half characters', () => {
  assert.equal(truncate('abcdef', 4), 'abc…')
  assert.equal(truncate('ab😀cd', 4), 'ab…')
  assert.equal(truncate('ab\\*cd', 4), 'ab…')
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 40 }), (text, max) => {
      assert.ok(truncate(text, max).length <= max)
    }),
  )
})
