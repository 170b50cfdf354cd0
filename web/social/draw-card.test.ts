import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import sharp from 'sharp'
import { makeDrop, NOW } from '../testing/fake-core.ts'
import { drawCard } from './draw-card.ts'
import { drawableText } from './drawable-text.ts'
import { readCoverage } from './font-coverage.ts'
import { builderCard, dropCard, homeCard } from './social-card.ts'

const SIZE = { format: 'png', width: 1200, height: 630 }
const photo = await sharp(readFileSync(new URL('../testing/still-life.webp', import.meta.url)))
  .jpeg()
  .toBuffer()
const font = '@fontsource/nunito/files/nunito-latin-700-normal.woff'
const latin = readCoverage(readFileSync(new URL(import.meta.resolve(font))))

async function measure(...args: Parameters<typeof drawCard>) {
  const { format, width, height } = await sharp(await drawCard(...args)).metadata()
  return { format, width, height }
}

test('drops, builders and the shop are drawn as PNG of the size that chats want', async () => {
  const drops = [1, 2, 3, 4, 5].map((n) => makeDrop(n))
  const { builder: person } = makeDrop(1)
  for (const [card, photos] of [
    [dropCard(makeDrop(1), NOW), [photo]],
    [dropCard(makeDrop(1, { picture: null, status: 'scheduled', opensAt: NOW }), NOW), []],
    ...[0, 1, 2, 3, 4].map(
      (n) => [builderCard({ person }, null, drops.slice(0, n)), Array(n).fill(photo)] as const,
    ),
    [homeCard, []],
  ] as const) {
    assert.deepEqual(await measure(card, photos), SIZE)
  }
})

test('the photo is in the card, and what is no photo is refused', async () => {
  const card = dropCard(makeDrop(1), NOW)
  const red = await sharp({ create: { width: 800, height: 600, channels: 3, background: '#ff0000' } })
    .jpeg()
    .toBuffer()
  const corner = { left: 200, top: 300, width: 1, height: 1 }
  const [r = 0, g = 255] = await sharp(await drawCard(card, [red]))
    .extract(corner)
    .raw()
    .toBuffer()
  assert.ok(r > 240 && g < 20, `${r} ${g}`)
  await assert.rejects(drawCard(card, [new Uint8Array([1, 2, 3])]))
})

test('words end before the edge of the card, however long they are', async () => {
  for (const title of ['Wool blanket in the colours of a hedge '.repeat(5), 'Donaudampfschiff'.repeat(9)]) {
    const builder = { userId: '1', name: title }
    const png = await drawCard(dropCard(makeDrop(1, { title, builder, picture: null }), NOW), [])
    // Nothing is drawn where the words would be cut off, nor beside it: one colour, from stitches to stitches.
    const margin = { left: 1157, top: 60, width: 20, height: 510 }
    const pixels = await sharp(png).extract(margin).removeAlpha().raw().toBuffer()
    assert.deepEqual(pixels, Buffer.alloc(pixels.length, pixels.subarray(0, 3)), title.slice(0, 20))
  }
})

test('names in any script are drawn, or kindly left out', async () => {
  for (const name of [
    '日本語の茶碗',
    'مرحبا بالعالم',
    '👩‍👩‍👧🏽🧶',
    '',
    '\u0000\ud800<script>',
    '©™1️⃣ é̂̂̂',
    '\u202eback',
  ]) {
    const card = dropCard(makeDrop(1, { title: name, builder: { userId: '1', name } }), NOW)
    assert.deepEqual(await measure(card, [photo]), SIZE)
  }
})

test('a text keeps what the fonts have, and is replaced when little is left', () => {
  const draw = (text: string) => drawableText(text, 'A mug', latin)
  assert.equal(draw('Crème  brûlée\nbowl'), 'Crème brûlée bowl')
  assert.equal(draw('🧶 Wool 🎉 hat ☕'), 'Wool hat')
  assert.equal(draw('𝓙𝓾𝓷𝓲𝓹𝓮𝓻'), 'Juniper')
  assert.equal(draw('Tea bowl 茶碗\u0000'), 'Tea bowl')
  for (const text of ['日本語の茶碗', '日本語の茶碗 x', '🧶', '', '...'])
    assert.equal(draw(text), 'A mug', text)
})

test('the letters of a font are those that it has a shape for', () => {
  for (const letter of 'AZaz09é€…“') assert.ok(latin.has(letter.codePointAt(0) ?? 0), letter)
  for (const letter of ['я', '茶', '🧶']) assert.ok(!latin.has(letter.codePointAt(0) ?? 0), letter)
})
