import assert from 'node:assert/strict'
import { request } from 'node:http'
import { connect } from 'node:net'
import { test } from 'node:test'
import { AppError, OrderStatus } from '#contract'
import type { Config } from './config.ts'
import { startWeb } from './start.ts'
import { configFor, type FakeCore, makeDrop, makeId, makeOrder, NOW } from './testing/fake-core.ts'
import { startShopWindow } from './testing/shop-window.ts'

const DROP = `/drops/${makeId('drp', 1)}`

async function startShop(over: Partial<Pick<Config, 'publicUrl' | 'inviteUrl' | 'operator'>> = {}) {
  const core = await startShopWindow()
  const lines: string[] = []
  const clock = { at: NOW }
  const config = configFor(core, { ...over, log: { level: 'info', format: 'json' } })
  const web = await startWeb(config, { now: () => clock.at, logTo: { write: (line) => lines.push(line) } })
  return {
    core,
    lines,
    clock,
    url: web.url,
    get: (path: string, init?: RequestInit) => fetch(web.url + path, { redirect: 'manual', ...init }),
    async text(path: string) {
      return (await fetch(web.url + path)).text()
    },
    async [Symbol.asyncDispose]() {
      await web.close()
      await core[Symbol.asyncDispose]()
    },
  }
}

function later(core: FakeCore, clock: { at: number }, change: () => void) {
  change()
  clock.at += 2_000
  core.asked.length = 0
}

test('the landing page shows what is on sale and what sold out, and nothing that merely closed', async () => {
  await using shop = await startShop()
  const page = await shop.text('/')
  for (const words of [
    'Speckled stoneware mug',
    '$42.00',
    '2 of 3 left',
    'All held right now',
    'by <bdi>Moss',
  ]) {
    assert.ok(page.includes(words), words)
  }
  assert.ok(page.includes('datetime="2026-12-04T18:00:00.000Z">Fri, Dec 4, 6:00 PM UTC'))
  assert.ok(page.indexOf('Walnut spoon') > page.indexOf('Recently sold out'))
  assert.ok(!page.includes('Felted slippers'))
})

test('who runs the shop is named under every page, with a way to reach them; or it says that nobody is', async () => {
  const ways = {
    'hello@moss.example': '<a href="mailto:hello@moss.example">hello@moss.example</a>',
    'https://moss.example/imprint': '<a href="https://moss.example/imprint" rel="noopener">',
    'Kiln Lane 3, 1234 Town': '<bdi>Kiln Lane 3, 1234 Town</bdi>',
    'javascript:alert(1)': '<bdi>javascript:alert(1)</bdi>',
  }
  for (const [contact, shown] of Object.entries(ways)) {
    await using shop = await startShop({ operator: { name: 'Moss & <Co>', contact } })
    for (const path of ['/terms', '/privacy', '/about']) {
      const page = await shop.text(path)
      assert.ok(page.includes('This shop is run by <strong><bdi>Moss &amp; &lt;Co&gt;</bdi></strong>.'), path)
      assert.ok(page.includes(shown), `${path} ${contact}`)
    }
    assert.match(await shop.text('/'), /<a href="\/terms#operator"><span>Run by <bdi>Moss/)
  }
  await using unnamed = await startShop()
  assert.match(await unnamed.text('/terms'), /has not said here who they are yet/)
  assert.match(await unnamed.text('/'), /<a href="\/terms#operator"><span>Who runs this shop<\/span><\/a>/)
})

test('an empty shelf is told kindly', async () => {
  await using shop = await startShop()
  shop.core.answers.listDrops = () => ({ drops: [], cursor: null })
  const page = await shop.text('/')
  assert.ok(page.includes('The shelf is empty just now'))
  assert.ok(!page.includes('Recently sold out'))
})

test('every drop is found by name, story or builder, whatever the accents', async () => {
  await using shop = await startShop()
  const names = async (path: string) =>
    [...(await shop.text(path)).matchAll(/<h3 class="card__title"><a[^>]*><bdi>([^<]*)/g)].map(
      (match) => match[1],
    )
  assert.equal((await names('/drops')).length, 11)
  assert.deepEqual(await names('/drops?q=SPÓON'), ['Walnut spoon'])
  assert.deepEqual(await names('/drops?q=sunday+moss'), ['Beeswax candles, pair'])
  assert.deepEqual(await names('/drops?show=sold_out'), ['Walnut spoon', 'Moon jar, small'])
  assert.deepEqual((await names('/drops?show=open&order=dearest'))[0]?.slice(0, 12), 'Wool blanket')
  assert.deepEqual((await names('/drops?show=open&order=cheapest'))[0], 'Beeswax candles, pair')
  const odd = await shop.text('/drops?show=%00&order=&page=-1&q=%22%3E%3Cscript%3E')
  assert.ok(odd.includes('Nothing fits that') && odd.includes('value="&quot;&gt;&lt;script&gt;"'))
  assert.ok(odd.includes('<meta name="robots" content="noindex">'))
})

test('a drop that is not open yet says when it opens, and nowhere that it can be bought', async () => {
  await using shop = await startShop({ inviteUrl: 'https://discord.example/invite' })
  const page = await shop.text(`/drops/${makeId('drp', 8)}`)
  for (const words of [
    'Opens when <bdi>Moss</bdi> goes live, at the latest',
    'It is not open yet',
    '12 people have asked',
    'Get reminded in Discord',
  ]) {
    assert.ok(page.includes(words), words)
  }
  assert.ok(!page.includes('Buy in Discord'))
  assert.ok((await shop.text('/drops?show=soon')).includes('2 drops'))
  assert.ok((await shop.text(`/drops/${makeId('drp', 10)}`)).includes('This drop was called off'))
  assert.ok((await shop.text('/')).includes('Opening soon'))
})

test('money that is passed on with the payment is nowhere called held', async () => {
  await using shop = await startShop()
  const drop = makeDrop(1, { settlement: 'at_payment' })
  shop.core.answers.getDrop = () => drop
  const page = await shop.text(DROP)
  assert.ok(page.includes('It is passed on to the builder when you pay'))
  assert.ok(
    !page.includes('Your money is held until it arrives.</span>') && !page.includes('<strong>It is held.'),
  )
})

test('a builder has a page with their channel, badge and drops; who has only applied has none', async () => {
  await using shop = await startShop()
  const page = await shop.text('/builders/100000000000000102')
  for (const words of ['Moss', 'Verified live', 'Live now', 'Beeswax candles', 'Raku tea bowl', 'Moon jar'])
    assert.ok(page.includes(words), words)
  assert.ok(!page.includes('Speckled stoneware mug'))
  for (const part of [
    'About <bdi>Moss</bdi>',
    '<p>I pour candles and weave linen in a cottage behind the quarry,\none batch at a time.</p>',
    '&lt;b&gt;Slow&lt;/b&gt;',
    '<a href="https://www.mossworks.example/workshop" rel="nofollow ugc noopener">mossworks.example/workshop</a>',
    '<meta name="description" content="I pour candles and weave linen in a cottage behind the quarry, one batch',
  ])
    assert.ok(page.includes(part), part)
  const untold = await shop.text('/builders/100000000000000101')
  assert.ok(!untold.includes('id="about"'))
  assert.ok(untold.includes('<meta name="description" content="What Juniper makes'))
  assert.ok((await shop.text('/builders/100000000000000105')).includes('An operator has suspended'))
  const { identify } = shop.core.answers
  shop.core.answers.identify = async (input) => {
    const known = await identify?.(input)
    return { channel: null, builder: known?.builder ? { ...known.builder, status: 'applied' } : null }
  }
  shop.clock.at += 2_000
  for (const id of ['100000000000000102', '100000000000000999', '1', 'x'.repeat(500), '%00'])
    assert.equal((await shop.get(`/builders/${id}`)).status, 404, id)
})

test('is this really them? Yes with a date and a badge, or no', async () => {
  await using shop = await startShop()
  const builder = await shop.text('/builders/100000000000000102')
  assert.ok(builder.includes('<a href="/builders/100000000000000102/verify">Is this really them?</a>'))
  const ask = async (id: string) => (await shop.get(`/builders/${id}/verify`)).text()
  const yes = await ask('100000000000000102')
  for (const words of [
    'Yes, this is <bdi>Moss</bdi>',
    'builder of this collective, since',
    'Verified live',
    'Live now',
  ])
    assert.ok(yes.includes(words), words)
  assert.match(await ask('100000000000000105'), /is suspended[\s\S]*Please buy nothing from them/)
  const { headers } = await shop.get('/builders/100000000000000102/verify')
  assert.equal(headers.get('cache-control'), 'no-store')
  const nobody = await ask('100000000000000999')
  assert.match(
    nobody,
    /Not a builder here[\s\S]*Discord account <span class="receipt__id">100000000000000999/,
  )
  assert.equal((await shop.get('/builders/1/verify')).status, 404)
  const { identify } = shop.core.answers
  shop.core.answers.identify = async (input) => {
    const known = await identify?.(input)
    return { channel: null, builder: known?.builder ? { ...known.builder, status: 'applied' } : null }
  }
  shop.clock.at += 2_000
  assert.match(await ask('100000000000000102'), /Not a builder here/)
  shop.core.answers.identify = async (input) => {
    const known = await identify?.(input)
    return { channel: null, builder: known?.builder ? { ...known.builder, isSetUp: false } : null }
  }
  shop.clock.at += 2_000
  const begun = await ask('100000000000000102')
  assert.match(begun, /cannot sell here yet[\s\S]*They have begun to join/)
  assert.doesNotMatch(begun, /Yes, this is|builder of this collective, since/)
  shop.clock.at += 2_000
  shop.core.down = true
  assert.equal(
    (await shop.get('/builders/100000000000000102/verify')).status,
    503,
    'an old answer proves nothing',
  )
})

test('a buyer who logged in sees their orders, page by page, and each of them', async () => {
  await using shop = await startShop()
  const asPoppy = { headers: { cookie: 'c500_session=poppy' } }
  const read = async (path: string) => (await shop.get(path, asPoppy)).text()
  const list = await read('/orders')
  assert.equal([...list.matchAll(/orders__row/g)].length, 6)
  assert.ok(list.includes('href="/orders?after=six"') && list.includes('action="/logout"'))
  assert.ok((await read('/orders?after=six')).includes('Newest orders'))
  const held = await read(`/orders/${makeId('ord', 0)}`)
  assert.ok(held.includes('One is held for you') && held.includes('href="https://shop.example/pay/held"'))
  const answer = await shop.get('/orders', asPoppy)
  assert.equal(answer.headers.get('cache-control'), 'no-store')
  assert.equal((await shop.get(`/orders/${makeId('ord', 99)}`, asPoppy)).status, 404)
})

test('orders are shown to nobody who is not logged in, and the login leads back', async () => {
  await using shop = await startShop()
  const path = `/orders/${makeId('ord', 0)}`
  for (const cookie of ['', 'c500_session=', 'c500_session=forged', 'c500_session=%00']) {
    const page = await (await shop.get(path, { headers: { cookie } })).text()
    assert.ok(page.includes(`href="/login?next=${encodeURIComponent(path)}"`), cookie)
    assert.ok(!page.includes('Speckled'))
    assert.ok(
      (await (await shop.get('/orders', { headers: { cookie } })).text()).includes('Log in with Discord'),
    )
  }
  for (const odd of ['/orders/1', '/orders/%00', `/orders/${'x'.repeat(500)}`])
    assert.equal((await shop.get(odd)).status, 404, odd)
})

test('many drops come in pages, and the next one keeps the search', async () => {
  await using shop = await startShop()
  const many = Array.from({ length: 130 }, (_, i) => makeDrop(i, { openedAt: NOW - i }))
  shop.core.answers.listDrops = ({ status, cursor, limit }) => {
    const from = Number(cursor ?? 0)
    const drops = status === 'open' ? many.slice(from, from + limit) : []
    return { drops, cursor: from + limit < many.length && drops.length > 0 ? String(from + limit) : null }
  }
  const first = await shop.text('/drops?q=mug&order=ending')
  assert.ok(first.includes('130 drops for “mug”') && first.includes('Page 1 of 6'))
  assert.ok(first.includes('href="/drops?q=mug&amp;order=ending&amp;page=2" rel="next"'))
  const last = await shop.text('/drops?page=99')
  assert.ok(last.includes('Page 6 of 6') && !last.includes('rel="next"'))
  assert.equal([...last.matchAll(/card__title/g)].length, 10)
})

test('what is too old to be searched is named, and paged through', async () => {
  await using shop = await startShop()
  const many = Array.from({ length: 5_030 }, (_, n) =>
    makeDrop(n, { status: 'closed', title: `Mug no. ${n}` }),
  )
  shop.core.answers.listDrops = ({ status, cursor, limit }) => {
    if (cursor !== null && !/^\["\d+"\]$/.test(cursor)) throw new AppError('bad_request')
    const from = cursor === null ? 0 : Number(JSON.parse(cursor)[0])
    const drops = status === 'closed' ? many.slice(from, from + limit) : []
    const next =
      from + limit < many.length && drops.length > 0 ? JSON.stringify([String(from + limit)]) : null
    return { drops, cursor: next }
  }
  const older = (from: number) => `/drops/older?after=%5B%22${from}%22%5D`
  for (const path of ['/drops', '/drops?q=nothing+like+it', '/builders/100000000000000101']) {
    const page = await shop.text(path)
    assert.ok(page.includes('the newest 5,000 drops that are over.'), path)
    assert.ok(page.includes(`href="${older(5_000)}"`), path)
    assert.ok(!page.includes('Mug no. 5000<'), path)
  }
  const first = await shop.text(older(5_000))
  assert.ok(first.includes('Mug no. 5000<') && first.includes('Mug no. 5023<'))
  assert.ok(first.includes(`href="${older(5_024)}" rel="next"`) && first.includes('content="noindex"'))
  const last = await shop.text(older(5_024))
  assert.ok(last.includes('Mug no. 5029<') && !last.includes('rel="next"'))
  assert.ok((await shop.text(older(6_000))).includes('There is nothing older.'))
  assert.equal((await shop.get('/drops/older')).headers.get('location'), '/drops')
  assert.equal((await shop.get('/drops/older?after=x')).status, 404)
  assert.equal((await shop.get(`/drops/older?after=${'x'.repeat(301)}`)).status, 302)
})

test('while everything can be searched no page speaks of older drops', async () => {
  await using shop = await startShop()
  assert.ok(!(await shop.text('/drops')).includes('/drops/older'))
})

test('dates and money follow the customs of the country that the browser names', async () => {
  await using shop = await startShop()
  const german = { headers: { 'accept-language': 'de-DE,de;q=0.9,en;q=0.5' } }
  const page = await (await shop.get('/', german)).text()
  assert.ok(page.includes('<html lang="en-DE">'))
  assert.ok(page.includes('Fri, 4 Dec, 18:00 UTC') && page.includes('US$42.00'))
  assert.ok((await shop.text('/')).includes('Fri, Dec 4, 6:00 PM UTC'))
  const receipt = await (await shop.get('/receipt/shipped', german)).text()
  assert.ok(receipt.includes('US$27.00 of US$42.00 is held since 24 November 2026'))
  const order = await (await shop.get('/success?order=refunding', german)).text()
  assert.ok(order.includes('Your US$42.00 goes back to you.'))
  for (const odd of ['%', 'x'.repeat(5_000), '*', ';q=1', 'xx-ZZ', 'en;q=0', 'zh-Hans-CN-u-nu-arab']) {
    assert.equal((await shop.get('/', { headers: { 'accept-language': odd } })).status, 200, odd)
  }
})

test('a drop says how it stands', async () => {
  await using shop = await startShop({ inviteUrl: 'https://discord.example/invite' })
  const states = {
    1: ['2 of 3 left', 'Buy in Discord', 'https://discord.example/invite'],
    3: ['All held right now', 'Somebody is paying'],
    5: ['Sold out', 'Every one found a home'],
    7: ['Closed', 'This drop has closed'],
  }
  for (const [n, expected] of Object.entries(states)) {
    const page = await shop.text(`/drops/${makeId('drp', Number(n))}`)
    for (const words of expected) assert.ok(page.includes(words), `${n}: ${words}`)
  }
})

test('a drop past its closing time is closed, whatever the store says', async () => {
  await using shop = await startShop()
  shop.core.answers.getDrop = () => makeDrop(1, { closesAt: NOW - 1 })
  assert.ok((await shop.text(DROP)).includes('This drop has closed'))
})

test('what a builder wrote is text, never markup', async () => {
  await using shop = await startShop()
  const hostile = `"><script>alert(1)</script><img src=x onerror=alert(2)> ' & </title>\u202E`
  const drop = makeDrop(1, {
    title: hostile,
    story: `${hostile}\n\nsecond`,
    builder: { userId: '100000000000000101', name: hostile.slice(0, 90) },
    picture: { pictureId: makeId('pic', 1), width: 10, height: 10, alt: hostile },
  })
  shop.core.answers.getDrop = () => drop
  shop.core.answers.listDrops = () => ({ drops: [drop], cursor: null })
  shop.core.answers.orderForReturn = () =>
    makeOrder({
      status: 'shipped',
      drop: { dropId: drop.dropId, title: hostile, picture: null },
      builder: drop.builder,
      shipment: { carrier: hostile.slice(0, 60), trackingNumber: hostile.slice(0, 60), shippedAt: NOW },
    })
  for (const path of [DROP, '/', '/success?order=x']) {
    const page = await shop.text(path)
    assert.ok(page.includes('&lt;script&gt;'), path)
    assert.doesNotMatch(page, /<script>|<img src=x|" onerror/, path)
  }
})

test('paragraphs of a story stay paragraphs', async () => {
  await using shop = await startShop()
  const page = await shop.text(DROP)
  assert.ok(
    page.includes('<p>Thrown on a kick wheel.\nGlazed twice.</p><p>Holds 300 ml of anything warm.</p>'),
  )
})

test('a held order is taken to its pay page', async () => {
  await using shop = await startShop()
  const answer = await shop.get('/pay/held')
  assert.equal(answer.status, 303)
  assert.equal(answer.headers.get('location'), 'https://checkout.stripe.example/c/pay/cs_1')
  assert.equal(answer.headers.get('cache-control'), 'no-store')
})

test('a pay page in the making is waited for, with the deadline in sight', async () => {
  await using shop = await startShop()
  const page = await shop.text('/pay/making')
  assert.ok(page.includes('Your pay page is being made'))
  assert.ok(page.includes('datetime="2026-12-03T12:30:00.000Z"'))
  assert.ok(
    page.includes('<noscript><meta http-equiv="refresh" content="2; url=/pay/making?look=1"></noscript>'),
  )
  assert.ok((await shop.text('/pay/making?look=20')).includes('content="10; url=/pay/making?look=21"'))
})

test('the success page tells the true state of an order', async () => {
  await using shop = await startShop()
  const heading = {
    held: 'Confirming your payment',
    clearing: 'Your bank is sending the money',
    closing: 'Confirming your payment',
    expired: 'Your hold has ended',
    paid: 'Paid, and it is yours',
    shipped: 'It is on its way',
    arrived: 'It arrived',
    released: 'It arrived',
    release_blocked: 'It arrived',
    refunding: 'Your money is on its way back',
    refunded: 'Your money went back',
  } satisfies Record<OrderStatus, string>
  for (const status of OrderStatus.options) {
    const page = await shop.text(`/success?order=${status}`)
    assert.ok(page.includes(`<h1>${heading[status]}</h1>`), status)
    assert.equal(page.includes('data-look-again'), status === 'held' || status === 'closing', status)
  }
  assert.ok((await shop.text('/success?order=refunding')).includes('Your $42.00 goes back to you.'))
  assert.ok((await shop.text('/success?order=shipped')).includes('AB 1234 5678 9GB'))
})

test('a payment that is not confirmed is looked for fifteen times, then calmly left', async () => {
  await using shop = await startShop()
  assert.ok((await shop.text('/success?order=held&look=14')).includes('/success?order=held&amp;look=15'))
  const page = await shop.text('/success?order=held&look=15')
  assert.ok(page.includes('Not confirmed yet'))
  assert.ok(page.includes('If you paid, nothing is lost'))
  assert.ok(!page.includes('http-equiv'))
})

test('turning back from the pay page keeps the hold and says until when', async () => {
  await using shop = await startShop()
  const page = await shop.text('/cancel?order=held')
  for (const words of ['Nothing was charged', 'Thu, Dec 3, 12:30 PM UTC', 'href="/pay/held"', 'Let it go']) {
    assert.ok(page.includes(words), words)
  }
  assert.ok((await shop.text('/cancel?order=paid')).includes('Paid, and it is yours'))
  assert.ok((await shop.text('/cancel?order=letgo')).includes('You let it go'))
})

test('looking at the onboarding link uses nothing up; its button leads to Stripe', async () => {
  await using shop = await startShop()
  shop.core.answers.openOnboarding = ({ token }) => ({ url: `https://connect.stripe.example/${token}` })
  assert.equal((await shop.get('/connect/start/abc')).status, 200)
  assert.equal((await shop.get('/connect/start/abc', { method: 'HEAD' })).status, 200)
  assert.deepEqual(shop.core.asked, [])
  const answer = await shop.get('/connect/start/abc', { method: 'POST' })
  assert.equal(answer.status, 303)
  assert.equal(answer.headers.get('location'), 'https://connect.stripe.example/abc')
  assert.equal(answer.headers.get('cache-control'), 'no-store')
})

test('a builder back from Stripe hears how the account stands', async () => {
  await using shop = await startShop()
  assert.ok((await shop.text('/connect/return/ready')).includes('You are ready to sell'))
  const page = await shop.text('/connect/return/incomplete')
  assert.ok(page.includes('Nearly there'))
  assert.ok(page.includes('href="/connect/start/incomplete"'))
})

test('the last good pages bridge an outage of core, with a note', async () => {
  await using shop = await startShop()
  for (const path of ['/', '/drops', DROP]) await shop.text(path)
  later(shop.core, shop.clock, () => {
    shop.core.down = true
  })
  for (const path of ['/', '/drops', DROP]) {
    const answer = await shop.get(path)
    assert.equal(answer.status, 200, path)
    const page = await answer.text()
    assert.ok(page.includes('Speckled stoneware mug'), path)
    assert.ok(page.includes('This is how it stood <time datetime="2026-12-03T12:00:00.000Z"'), path)
  }
  later(shop.core, shop.clock, () => {
    shop.core.down = false
  })
  assert.ok(!(await shop.text('/')).includes('This is how it stood'))
})

test('core down with nothing kept is a calm 503 with a reference', async () => {
  await using shop = await startShop()
  shop.core.down = true
  for (const path of ['/', '/drops', DROP, '/pay/held', '/success?order=paid', '/connect/return/ready']) {
    const answer = await shop.get(path)
    assert.equal(answer.status, 503, path)
    assert.equal(answer.headers.get('retry-after'), '5')
    const page = await answer.text()
    assert.ok(page.includes('What you hold or paid is safe'))
    assert.ok(page.includes(answer.headers.get('x-request-id') ?? 'none'), path)
  }
  assert.equal((await shop.get('/about')).status, 200)
  assert.equal((await shop.get('/readyz')).status, 200)
})

test('a fault of ours is a 500 with a reference and no detail', async () => {
  await using shop = await startShop()
  shop.core.answers.openPayment = () => {
    throw new AppError('unauthorized', 'secret detail')
  }
  const answer = await shop.get('/pay/abc')
  assert.equal(answer.status, 500)
  const page = await answer.text()
  assert.ok(page.includes(answer.headers.get('x-request-id') ?? 'none'))
  assert.ok(!page.includes('secret detail'))
})

test('nothing the public sends is answered with a 5xx', async () => {
  await using shop = await startShop()
  const missing = [
    '/nope',
    '/drops/1',
    '/drops/drp_UPPER',
    `/drops/${makeId('drp', 99)}`,
    '/drops/%E0%A4%A',
    '/drops/..%2f..%2fetc%2fpasswd',
    '/assets/style.css',
    '/assets/__proto__',
    '/assets/..%2f..%2fpackage.json',
    `/pictures/${makeId('pic', 99)}/card.webp`,
    `/pictures/${makeId('pic', 1)}/huge.webp`,
    '/pictures/x/card.webp',
    '/pay/',
    '/pay/nope',
    '/pay/%00',
    '/pay/%F0%9F%8D%B5',
    `/pay/${'a'.repeat(201)}`,
    '/success',
    '/success?order=',
    '/success?order=nope&order=paid',
    `/cancel?order=${'x'.repeat(8_000)}`,
    '/connect/return/nope',
    '/connect/start/%22%3E',
    '//',
  ]
  for (const path of missing) assert.equal((await shop.get(path)).status, 404, path)
  const fine = [
    '/?%',
    '/?a=1&a=2&&&=',
    `/?q=${'x'.repeat(8_000)}`,
    '/about?%00',
    '/terms',
    '/privacy?x',
    '/success?order=held&look=-1e99',
  ]
  for (const path of fine) assert.equal((await shop.get(path)).status, 200, path)
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
    const answer = await shop.get('/', { method })
    assert.equal(answer.status, 405, method)
    assert.equal(answer.headers.get('allow'), 'GET, HEAD')
  }
  assert.equal(
    (await shop.get('/connect/start/a', { method: 'PUT' })).headers.get('allow'),
    'GET, HEAD, POST',
  )
})

test('a malformed request is a 4xx and the server goes on', async () => {
  await using shop = await startShop()
  const port = Number(new URL(shop.url).port)
  for (const raw of [
    'GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n',
    'GET http:// HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    'NONSENSE\r\n\r\n',
  ]) {
    const { promise, resolve } = Promise.withResolvers<string>()
    const socket = connect(port, '127.0.0.1', () => socket.write(raw))
    let answer = ''
    socket.on('data', (data) => {
      answer += data
    })
    socket.on('close', () => resolve(answer))
    assert.match(await promise, /^HTTP\/1\.1 4\d\d/, raw)
  }
  assert.equal((await shop.get('/livez')).status, 200)
})

test('HEAD answers like GET, without a body', async () => {
  await using shop = await startShop()
  for (const path of ['/', DROP, '/about', '/nope', '/favicon.svg']) {
    const head = await shop.get(path, { method: 'HEAD' })
    const get = await shop.get(path)
    assert.equal(head.status, get.status, path)
    assert.equal(head.headers.get('content-type'), get.headers.get('content-type'), path)
    assert.equal(await head.text(), '')
  }
})

test('every answer carries the security headers', async () => {
  await using shop = await startShop()
  for (const path of [
    '/',
    DROP,
    '/nope',
    '/pay/held',
    '/pay/nope',
    '/robots.txt',
    '/favicon.svg',
    '/livez',
  ]) {
    const { headers } = await shop.get(path)
    const csp = headers.get('content-security-policy') ?? ''
    assert.match(csp, /default-src 'none'.*frame-ancestors 'none'/, path)
    assert.doesNotMatch(csp, /unsafe/, path)
    assert.equal(headers.get('referrer-policy'), 'same-origin', path)
    assert.equal(headers.get('x-content-type-options'), 'nosniff', path)
    assert.equal(headers.get('cross-origin-opener-policy'), 'same-origin', path)
    assert.equal(headers.get('strict-transport-security'), null, path)
    assert.equal(headers.get('x-powered-by'), null, path)
  }
  const page = await shop.text('/')
  assert.doesNotMatch(
    page,
    /\sstyle=|<style|\son[a-z]+=|<script(?![^>]*\ssrc=)(?! type="application\/ld\+json">)/,
  )
})

test('behind https the browser is told to stay there, and forms may only lead to https', async () => {
  await using shop = await startShop({ publicUrl: 'https://shop.example' })
  const { headers } = await shop.get('/connect/start/abc')
  assert.equal(headers.get('strict-transport-security'), 'max-age=31536000')
  assert.match(headers.get('content-security-policy') ?? '', /form-action 'self' https:;/)
  assert.ok((await shop.text(DROP)).includes(`<link rel="canonical" href="https://shop.example${DROP}">`))
})

test('the buttons that lead to Stripe are forms, and lead there', async () => {
  await using shop = await startShop()
  shop.core.answers.openOnboarding = () => ({ url: 'https://connect.stripe.example/setup' })
  shop.core.answers.openDashboard = () => ({ url: 'https://connect.stripe.example/login' })
  for (const [path, to] of [
    ['/connect/start/abc', 'https://connect.stripe.example/setup'],
    ['/connect/dashboard/abc', 'https://connect.stripe.example/login'],
  ] as const) {
    assert.match(await shop.text(path), new RegExp(`<form method="post" action="${path}">`))
    const pressed = await shop.get(path, { method: 'POST' })
    assert.equal(pressed.status, 303, path)
    assert.equal(pressed.headers.get('location'), to)
  }
})

test('behind https the cookies of a login go over https alone', async () => {
  await using shop = await startShop({ publicUrl: 'https://shop.example' })
  shop.core.answers.beginLogin = () => ({ url: 'https://discord.example/oauth2/authorize', state: 'state-1' })
  const { headers } = await shop.get('/login')
  assert.equal(
    headers.get('set-cookie'),
    'c500_login=state-1; Max-Age=600; Path=/login/return; HttpOnly; Secure; SameSite=Lax',
  )
  assert.equal(headers.get('cache-control'), 'no-store')
})

test('an unchanged page is a 304', async () => {
  await using shop = await startShop()
  for (const path of ['/', '/drops?q=mug', DROP, '/about']) {
    const etag = (await shop.get(path)).headers.get('etag') ?? ''
    shop.clock.at += 2_000
    const again = await shop.get(path, { headers: { 'if-none-match': `"other", ${etag}` } })
    assert.equal(again.status, 304, path)
    assert.equal(await again.text(), '')
  }
  shop.core.answers.getDrop = () => makeDrop(1, { available: 0, held: 3 })
  const etag = (await shop.get('/about')).headers.get('etag') ?? ''
  shop.clock.at += 2_000
  assert.equal((await shop.get(DROP, { headers: { 'if-none-match': etag } })).status, 200)
})

test('pages come compressed to those who ask, and the text is the same', async () => {
  await using shop = await startShop()
  const [br, plain] = await Promise.all([
    shop.get('/', { headers: { 'accept-encoding': 'gzip, br' } }),
    shop.get('/', { headers: { 'accept-encoding': 'br;q=0, identity' } }),
  ])
  assert.equal(br.headers.get('content-encoding'), 'br')
  assert.equal(plain.headers.get('content-encoding'), null)
  assert.equal(await br.text(), await plain.text())
})

test('pages with a link token are kept nowhere', async () => {
  await using shop = await startShop()
  for (const path of ['/pay/making', '/success?order=paid', '/cancel?order=held', '/connect/start/a']) {
    const { headers } = await shop.get(path)
    assert.equal(headers.get('cache-control'), 'no-store', path)
    assert.equal(headers.get('x-robots-tag'), 'noindex', path)
  }
})

test('link tokens never reach the log', async () => {
  await using shop = await startShop()
  const token = 'do-not-log-this-token'
  await shop.get(`/pay/${token}`)
  await shop.get(`/pay/${token}/more`)
  await shop.get(`/success?order=${token}`)
  await shop.get(`/cancel?order=${token}`)
  await shop.get(`/connect/start/${token}`)
  await shop.get(`/connect/start/${token}`, { method: 'POST' })
  await shop.get(`/connect/return/${token}`)
  shop.core.down = true
  await shop.get(`/pay/${token}`)
  const log = shop.lines.join('')
  assert.ok(!log.includes(token))
  const routes = shop.lines.map((line) => JSON.parse(line).route)
  for (const route of [
    '/pay/:token',
    '/success',
    '/cancel',
    '/connect/start/:token',
    '/connect/return/:token',
  ]) {
    assert.ok(routes.includes(route), route)
  }
  assert.ok(shop.lines.some((line) => JSON.parse(line).status === 503))
})

test('pictures come from core once and are kept for ever', async () => {
  await using shop = await startShop()
  const path = `/pictures/${makeId('pic', 1)}/card.webp`
  const first = await shop.get(path)
  assert.equal(first.headers.get('content-type'), 'image/webp')
  assert.match(first.headers.get('cache-control') ?? '', /immutable/)
  assert.equal(
    Buffer.from(await first.arrayBuffer())
      .subarray(8, 12)
      .toString(),
    'WEBP',
  )
  const etag = first.headers.get('etag') ?? ''
  assert.equal((await shop.get(path, { headers: { 'if-none-match': etag } })).status, 304)
  shop.core.down = true
  assert.equal((await shop.get(path)).status, 200)
  assert.equal(shop.core.asked.filter((name) => name === 'getPicture').length, 1)
})

test('every file a page names is there', async () => {
  await using shop = await startShop({ inviteUrl: 'https://discord.example' })
  const paths = new Set<string>()
  for (const page of ['/', DROP, '/about', '/pay/making', '/nope']) {
    for (const match of (await shop.text(page)).matchAll(/(?:href|src)="(\/[^"#]*)/g))
      paths.add(match[1] ?? '')
  }
  assert.ok(paths.size > 20)
  for (const path of paths) assert.ok([200, 304].includes((await shop.get(path)).status), path)
})

test('a taken port is refused', async () => {
  await using shop = await startShop()
  const taken = {
    host: '127.0.0.1',
    port: Number(new URL(shop.url).port),
    coreUrl: shop.core.url,
    publicUrl: null,
    inviteUrl: null,
    operator: null,
    log: { level: 'silent', format: 'json' },
    telemetryUrl: null,
    secrets: { coreToken: 'x' },
  } as const
  await assert.rejects(startWeb(taken), /EADDRINUSE/)
})

test('closing answers what has begun', async () => {
  const shop = await startShop()
  const { promise: asked, resolve: isAsked } = Promise.withResolvers<void>()
  const { promise: goOn, resolve: answerNow } = Promise.withResolvers<void>()
  shop.core.answers.openPayment = async () => {
    isAsked()
    await goOn
    return { order: makeOrder({ status: 'paid', paidAt: NOW }), url: null }
  }
  const { promise: answered, resolve } = Promise.withResolvers<number | undefined>()
  request(`${shop.url}/pay/slow`, (answer) => {
    answer.resume().on('end', () => resolve(answer.statusCode))
  }).end()
  await asked
  const closed = shop[Symbol.asyncDispose]()
  answerNow()
  assert.equal(await answered, 200)
  await closed
})

test('a receipt says who sold what to whom, what went back, and where the money is', async () => {
  await using shop = await startShop()
  const answer = await shop.get('/receipt/shipped')
  assert.equal(answer.headers.get('cache-control'), 'no-store')
  assert.equal(answer.headers.get('x-robots-tag'), 'noindex')
  const page = await answer.text()
  for (const words of [
    'C500-000041',
    'Sold by <strong><bdi>Juniper</bdi></strong> through C500 Collective',
    '<bdi>Poppy</bdi>',
    'Speckled stoneware mug',
    '\u2212$10.00',
    'Credit note C500-000044',
    'On its way back to you',
    '$27.00',
    'pi_3QxyzLocal0000000041',
    '$27.00 of $42.00 is held since November 24, 2026 until it arrives, and not longer than February 7, 2027.',
  ]) {
    assert.ok(page.includes(words), words)
  }
})

test('a payment that was passed on at once is not called held', async () => {
  await using shop = await startShop()
  const page = await shop.text('/receipt/paid')
  assert.ok(page.includes('$42.00 was passed on to Juniper with the payment.'))
})

test('an unpaid order has no receipt yet, and a wrong link opens none', async () => {
  await using shop = await startShop()
  const early = await shop.get('/receipt/held')
  assert.equal(early.status, 404)
  assert.ok((await early.text()).includes('There is no receipt yet'))
  assert.equal((await shop.get('/receipt/nope')).status, 404)
  assert.equal((await shop.get('/statement/nope')).status, 404)
  assert.equal((await shop.get('/statement/nope/orders.csv')).status, 404)
})

test('a statement lists what was booked in the month, what was sent, what is held and what is owed', async () => {
  await using shop = await startShop()
  const page = await shop.text('/statement/ready?month=2026-11')
  for (const words of [
    'November 2026',
    'S-RCLQ1Z7PVX1H-2026-11',
    'Together, 3 sales',
    '\u2212$20.00',
    '$231.80',
    'Refund: ',
    'Taken back: ',
    '\u2212$12.90',
    'When the month ended',
    '$191.90',
    'this does not change any more',
    'href="/statement/ready?month=2026-10"',
    'href="/statement/ready/payouts.csv?month=2026-11"',
    'href="/statement/ready/ledger.csv"',
    '$12.90 is owed to the collective',
  ]) {
    assert.ok(page.includes(words), words)
  }
})

test('a statement without a month, or with what is none, is about the running one', async () => {
  await using shop = await startShop()
  const { statement } = shop.core.answers
  const months: string[] = []
  shop.core.answers.statement = (input) => {
    months.push(input.month)
    if (!statement) throw new AppError('not_found')
    return statement(input)
  }
  for (const query of ['', '?month=2026-13', '?month=%00', '?month=2026-1&month=2026-02']) {
    assert.equal((await shop.get(`/statement/new${query}`)).status, 200, query)
  }
  assert.deepEqual(new Set(months), new Set(['2026-12']))
})

test('records are downloads that nobody keeps on the way', async () => {
  await using shop = await startShop()
  const answer = await shop.get('/statement/ready/orders.csv?month=2026-11')
  assert.equal(answer.headers.get('content-type'), 'text/csv; charset=utf-8; header=present')
  assert.equal(answer.headers.get('content-disposition'), 'attachment; filename="c500-orders-2026-11.csv"')
  assert.equal(answer.headers.get('cache-control'), 'no-store')
  assert.equal(await answer.text(), 'at,amount\r\n')
  const everything = await shop.get('/statement/ready/ledger.csv')
  assert.equal(everything.headers.get('content-disposition'), 'attachment; filename="c500-ledger.csv"')
  assert.equal((await shop.get('/statement/ready/secrets.csv')).status, 404)
})

test('links of receipts and statements stay out of the log', async () => {
  await using shop = await startShop()
  for (const path of ['/receipt/shipped', '/statement/ready', '/statement/ready/orders.csv'])
    await shop.text(path)
  const log = shop.lines.join('')
  assert.ok(log.includes('/receipt/:token') && log.includes('/statement/:token'))
  assert.doesNotMatch(log, /receipt\/shipped|statement\/ready/)
})
