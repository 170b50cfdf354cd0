import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAbout } from './about.ts'

const parse = (about: string, link = '') => parseAbout({ about, link })

test('what a builder tells is text: lines stay, what cannot be seen goes', () => {
  assert.deepEqual(parse(' I throw\u202e mugs.\r\n\r\n\r\nAnd  bowls. \u200b'), {
    about: 'I throw mugs.\n\nAnd bowls.',
    link: null,
  })
  assert.equal(parse(' \n ').about, '')
  assert.equal(parse('👩‍👩‍👧‍👦'.repeat(1_000)).about.length, 11_000)
  assert.throws(() => parse('m'.repeat(1_001)), { code: 'text_too_long' })
})

test('a link is an address that everybody can open, as a browser would write it', () => {
  for (const [typed, link] of [
    ['https://juniper.example', 'https://juniper.example/'],
    [' juniper.example/shop ', 'https://juniper.example/shop'],
    ['HTTP://WWW.Juniper.Example/a?b=c#d', 'http://www.juniper.example/a?b=c#d'],
    ['juniper.example:8443/\u202eshop', 'https://juniper.example:8443/shop'],
    ['https://töpferei.example/tassen grün', 'https://xn--tpferei-90a.example/tassen%20gr%C3%BCn'],
  ] as const) {
    assert.equal(parse('', typed).link, link, typed)
  }
  for (const typed of [
    'my page',
    'juniper',
    'http://localhost/x',
    'http://127.0.0.1/',
    'http://[::1]/',
    'http://2130706433/',
    'javascript:alert(1)',
    'data:text/html,x',
    'ftp://juniper.example',
    'mailto:juniper@juniper.example',
    'https://bank.example@evil.example/',
    '[juniper](https://evil.example)',
  ]) {
    assert.throws(() => parse('', typed), { code: 'address_invalid' }, typed)
  }
  assert.throws(() => parse('', `juniper.example/${'x'.repeat(300)}`), { code: 'text_too_long' })
})
