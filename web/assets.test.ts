import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { PALETTE } from '#contract'
import { loadAssets } from './assets.ts'

const css = readFileSync(new URL('public/css/style.css', import.meta.url), 'utf8')

test('the stylesheet has the colours of the palette', () => {
  for (const [name, value] of Object.entries(PALETTE)) {
    const values = [...css.matchAll(new RegExp(`^\\s*--${name}: (.*);$`, 'gm'))].map((match) => match[1])
    assert.deepEqual(values, [value], name)
  }
})

test('every address in the stylesheet leads to a hashed file', () => {
  const assets = loadAssets()
  const sent = assets.named('css/style.css')
  assert.ok(sent)
  const urls = [
    ...Buffer.from(sent.bytes)
      .toString()
      .matchAll(/url\("([^"]+)"\)/g),
  ].map((match) => match[1] ?? '')
  assert.equal(urls.length, 8)
  for (const url of urls) {
    assert.match(url, /^\/assets\/[\w-]+\.[\w-]{12}\.woff2$/)
    assert.ok(assets.get(url.replace('/assets/', '')), url)
  }
})

test('compressed bytes are the same bytes', () => {
  const style = loadAssets().named('css/style.css')
  assert.ok(style?.br && style.gzip)
  assert.deepEqual(new Uint8Array(brotliDecompressSync(style.br)), style.bytes)
  assert.deepEqual(new Uint8Array(gunzipSync(style.gzip)), style.bytes)
})

test('browser modules carry no types', () => {
  const script = loadAssets().named('js/look-again.js')
  assert.ok(script)
  assert.doesNotMatch(Buffer.from(script.bytes).toString(), /: string|<HTMLElement>/)
})

test('all scripts together weigh less than 15 KB', () => {
  const assets = loadAssets()
  const names = readdirSync(new URL('browser', import.meta.url)).map(
    (file) => `js/${file.replace(/ts$/, 'js')}`,
  )
  const weight = names.reduce((sum, name) => sum + (assets.named(name)?.bytes.length ?? Number.NaN), 0)
  assert.ok(names.length >= 4 && weight < 15_000, `${weight} bytes`)
})
