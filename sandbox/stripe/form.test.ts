import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeForm } from './form.ts'

const plain = (text: string): unknown => JSON.parse(JSON.stringify(decodeForm(text)))

test('nested keys, lists and raw brackets in values are decoded', () => {
  assert.deepEqual(
    plain('a[b][c]=1&items[0][q]=2&tags[]=x&tags[]=y&name=A%20%26%20B%20[x]=z&empty=&plus=a+b'),
    {
      a: { b: { c: '1' } },
      items: { 0: { q: '2' } },
      tags: { 0: 'x', 1: 'y' },
      name: 'A & B [x]=z',
      empty: '',
      plus: 'a b',
    },
  )
  assert.deepEqual(plain(''), {})
})

test('a form that is unsafe, broken or too big is refused', () => {
  const bad = [
    '__proto__=1',
    'a[__proto__][polluted]=1',
    'metadata[constructor]=1',
    'a=%zz',
    'a[b',
    '[a]=1',
    'a=1&a[b]=2',
    'a[b]=2&a=1',
    `a${'[b]'.repeat(9)}=1`,
    Array.from({ length: 1_001 }, (_, n) => `k${n}=1`).join('&'),
  ]
  for (const form of bad) assert.throws(() => decodeForm(form), { status: 400 }, form.slice(0, 40))
  assert.equal(({} as { polluted?: string }).polluted, undefined)
})
