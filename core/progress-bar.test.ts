import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createProgressBar } from './progress-bar.ts'

const REDRAW = '\r\x1b[K'
const full = '█'.repeat(24)
const empty = '░'.repeat(24)

/** What is written while each of the parts is done, step by step. */
function written(isTTY: boolean, parts: Readonly<Record<string, readonly number[]>>): string {
  const texts: string[] = []
  const bar = createProgressBar({ isTTY, write: (text) => texts.push(text) })
  for (const [what, steps] of Object.entries(parts)) {
    for (const done of steps) bar(what, done, steps.at(-1) ?? 0)
  }
  return texts.join('')
}

const COPY = { 'copying documents': [0, 3_000], checking: [1] }

test('a terminal shows one bar that redraws itself, and keeps what is done', () => {
  assert.equal(
    written(true, COPY),
    `${REDRAW}  ${empty}  copying documents: 0 of 3,000` +
      `${REDRAW}  ${full}  copying documents: 3,000 of 3,000\n` +
      `${REDRAW}  ${full}  checking: 1 of 1\n`,
  )
})

test('a terminal is not redrawn more often than people read', () => {
  const steps = Array.from({ length: 10_001 }, (_, done) => done)
  assert.ok(written(true, { copying: steps }).split(REDRAW).length < 100)
})

test('a file has a line when a part begins and one when it is done', () => {
  assert.equal(
    written(false, COPY),
    '  copying documents: 0 of 3,000\n  copying documents: 3,000 of 3,000\n  checking: 1 of 1\n',
  )
})

test('nothing to do is done at once', () => {
  assert.equal(written(true, { 'copying pictures': [0] }), `${REDRAW}  ${full}  copying pictures: 0 of 0\n`)
})
