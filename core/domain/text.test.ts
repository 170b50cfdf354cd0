import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cleanLine, cutTo, lengthOf } from './text.ts'

test('letters are counted as people count them', () => {
  const kiss = '👩🏻\u200d❤️\u200d💋\u200d👩🏼'
  assert.deepEqual(['Mug', 'é', 'e\u0301', 'क्षि', '🇸🇯', kiss].map(lengthOf), [3, 1, 1, 1, 1, 1])
})

test('a chain that no letter is does not pass for one letter', () => {
  for (const chain of [Array(400).fill('👩').join('\u200d'), 'क्'.repeat(600)]) {
    assert.ok(lengthOf(cleanLine(chain)) >= 75, String(lengthOf(chain)))
  }
})

test('a text is cut before a letter that has no room', () => {
  assert.deepEqual(
    [cutTo('a😀', 3), cutTo('a😀', 2), cutTo('😀a', 2), cutTo('ab', 5)],
    ['a😀', 'a', '😀', 'ab'],
  )
})
