import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { crc32, deflateSync } from 'node:zlib'
import { type APIModalInteractionResponseCallbackData, ComponentType } from 'discord-api-types/v10'
import { pino } from 'pino'
import { type DropForm, PUSHES, ROUTES, type RouteName, SIGNATURE_HEADER, signPush } from '#contract'
import { handle } from '../bot/handle.ts'
import { press, submit } from '../bot/testing/samples.ts'
import { BROADCASTERS, CHANNELS, GUILD, PEOPLE } from '../sandbox/cast.ts'
import { type Block, type Inline, parseMarkdown } from '../sandbox/page/browser/parse-markdown.ts'
import type { ActResult, SeenMessage } from '../sandbox/people.ts'
import { buttonsOf, linkOf, type Player, payInBrowser, textOf } from '../sandbox/player.ts'
import { buy, draftDrop, joinAsBuilder, linkChannel, seePrivate } from '../sandbox/scenes.ts'
import { type EventSubMessage, messageHeaders, toTimestamp } from '../sandbox/twitch/signature.ts'
import { assertInvariants, readAll } from './invariants.ts'
import { openShop, orderOf, ordersIn, testInWorld } from './shop.ts'
import { createWorld, EVENTSUB_SECRET, PUSH_SECRET, smallPicture, type World } from './world.ts'

/** What a person reads when something is our fault; nothing that anybody types may lead there. */
const OUR_FAULT = /went wrong on our side|catching its breath|did not look right|Reference:/

const GOOD = { title: 'Moss-green mug', story: 'Thrown by hand.', price: '24.00', quantity: '3' }

describe('the drop form', () => {
  let world: World
  let juniper: Player
  before(async () => {
    world = await createWorld()
    juniper = world.player('juniper')
    await joinAsBuilder(juniper)
    await world.settle()
  })
  after(async () => {
    await closeInOrder(world)
  })

  const TYPED: readonly (readonly [field: keyof typeof GOOD, typed: string, sentence: RegExp])[] = [
    ['price', 'abc', /should be a plain number such as 24\.00/],
    ['price', '-5', /must be more than nothing/],
    ['price', '0', /smallest price that can be charged is \$0\.50/],
    ['price', '0.001', /at most 2 decimal places/],
    ['price', '1e9', /should be a plain number/],
    ['price', '1000000000', /largest price that can be charged/],
    ['price', '1,200', /a thousand or a fraction/],
    ['price', '٢٤', /should be a plain number/],
    ['price', 'Infinity', /should be a plain number/],
    ['price', '9'.repeat(2_000), /largest price that can be charged/],
    ['quantity', '0', /at least one unit/],
    ['quantity', '10001', /at most 10,000 units/],
    ['quantity', '10,001', /whole number/],
    ['quantity', '-3', /whole number/],
    ['quantity', '2.5', /whole number/],
    ['quantity', '1e3', /whole number/],
    ['quantity', 'a few', /whole number/],
    ['title', '\u202e\u200f\u200b', /Give your drop a title/],
    ['title', 'm'.repeat(4_000), /has 4,000 characters; please keep it within 80/],
    ['story', 's'.repeat(4_000), /has 4,000 characters; please keep it within 1,500/],
  ]
  for (const [field, typed, sentence] of TYPED) {
    const shown = typed.length > 20 ? `${typed.length} characters` : JSON.stringify(typed)
    test(`${shown} as ${field} gets one kind sentence and comes back in the form as typed`, async () => {
      const form = { ...GOOD, [field]: typed }
      const answer = await draftDrop(juniper, form)
      const text = textOf(answer)
      assert.match(text, sentence)
      assert.equal(text.match(/^• /gm)?.length, 1, text)
      assert.doesNotMatch(text, OUR_FAULT)
      assert.equal(answer.onlyFor, juniper.id)
      assert.ok(!buttonsOf(answer).some((button) => 'label' in button && button.label === 'Publish'))
      assert.deepEqual(filledIn(await juniper.press(answer, /^Fix it/)), form)
    })
  }

  test('everything wrong at once is told at once, and mended in one go', async () => {
    const answer = await draftDrop(juniper, { title: 'm'.repeat(100), price: 'abc', quantity: '0' })
    assert.equal(textOf(answer).match(/^• /gm)?.length, 3, textOf(answer))
    const form = await juniper.press(answer, /^Fix it/)
    const preview = await juniper.answer(juniper.submit(form, GOOD))
    assert.match(textOf(preview), /\$24\.00/)
    assert.ok(buttonsOf(preview).some((button) => 'label' in button && button.label === 'Publish'))
  })

  test('core keeps a form of 5,000 characters or none at all as a draft that cannot be published', async () => {
    const builder = { userId: juniper.id, name: 'Juniper' }
    const forms: Partial<DropForm>[] = [
      { title: '' },
      { title: ' \n\t ' },
      { title: 'm'.repeat(5_000) },
      { title: '👩‍👩‍👧‍👦'.repeat(500) },
      { story: 'z\u0300'.repeat(5_000) },
      { price: '', quantity: '' },
      { title: '\u0000', story: '\ud800', price: '\u0000', quantity: '\ud800' },
    ]
    for (const part of forms) {
      const form = { ...GOOD, closesInHours: 24, perPerson: 1, ...part }
      const draft = await world.client.createDrop({ builder, draftId: null, form, picture: null })
      assert.ok(draft.problems.length > 0, JSON.stringify(part).slice(0, 80))
      assert.equal(draft.preview, null)
      for (const { sentence } of draft.problems) assert.match(sentence, /^[A-Z][^\n]*[.?]$/)
      const { draftId } = draft
      await assert.rejects(world.client.publishDrop({ userId: juniper.id, draftId }), {
        code: 'draft_incomplete',
      })
      const kept = await world.client.getDraft({ userId: juniper.id, draftId })
      // Half a letter is none: it was replaced on its way in.
      const whole = (value: unknown) => (typeof value === 'string' ? value.toWellFormed() : value)
      const written = Object.fromEntries(Object.entries(form).map(([field, value]) => [field, whole(value)]))
      assert.deepEqual(kept.form, written)
    }
    const drops = await readAll(world.core.store, 'inventory', 'openedAt')
    assert.equal(drops.length, 0)
  })

  const PICTURES: readonly (readonly [what: string, file: () => Uint8Array, sentence: RegExp])[] = [
    [
      'a renamed executable',
      () => bytesOf(`MZ\u0090\u0000${'\u0000'.repeat(5_000)}`),
      /not a picture we can read/,
    ],
    ['a page of HTML', () => bytesOf('<html><script>alert(1)</script></html>'), /not a picture we can read/],
    [
      'a drawing with a program in it',
      () => bytesOf('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
      /not a picture we can read/,
    ],
    ['an empty file', () => new Uint8Array(0), /not a picture we can read/],
    ['30 MB', () => new Uint8Array(30 * 1024 * 1024), /too large; please choose one under 20 MB/],
    ['20,000 by 20,000 pixels', () => hugePicture(20_000), /too many pixels/],
    ['half a picture', () => hugePicture(100).subarray(0, 60), /not a picture we can read/],
  ]
  for (const [what, file, sentence] of PICTURES) {
    test(`${what} as picture gets one kind sentence, and nothing of it is kept`, async () => {
      const picture = new File([new Uint8Array(file())], 'mug.png', { type: 'image/png' })
      const answer = await draftDrop(juniper, { ...GOOD, picture })
      assert.match(textOf(answer), sentence)
      assert.doesNotMatch(textOf(answer), OUR_FAULT)
      assert.deepEqual(filledIn(await juniper.press(answer, /^Fix it/)), GOOD)
      assert.deepEqual(await readdir(join(world.dataDir, 'media')).catch(() => []), [])
    })
  }

  test('a bad picture does not take away the good one before it', async () => {
    const good = await draftDrop(juniper, { ...GOOD, picture: await smallPicture() })
    const bad = new File(['no picture'], 'mug.png', { type: 'image/png' })
    const form = await juniper.press(good, /^Edit/)
    const answer = await juniper.answer(juniper.submit(form, GOOD, { picture: bad }))
    assert.match(textOf(answer), /not a picture we can read/)
    // A message changed twice in one moment of the clock looks unchanged.
    await world.advance(1)
    const again = await juniper.answer(
      juniper.submit(await juniper.press(answer, /^Fix it/), GOOD, { picture: await smallPicture() }),
    )
    assert.ok(again.embeds[0]?.image?.url)
  })

  test('a picture is fetched from Discord and from nowhere else', async () => {
    const builder = { userId: juniper.id, name: 'Juniper' }
    const form = { ...GOOD, closesInHours: 24, perPerson: 1 }
    const discord = new URL(world.sandbox.discord?.url ?? '')
    for (const url of [
      'http://169.254.169.254/latest/meta-data/',
      `${world.core.url}/readyz`,
      'file:///etc/passwd',
      `http://${discord.host}@127.0.0.1:1/mug.png`,
      `http://${discord.hostname}.example/mug.png`,
      `${discord.origin}/attachments/nothing/here.png`,
    ]) {
      const picture = { url, filename: 'mug.png', size: 1 }
      const draft = await world.client.createDrop({ builder, draftId: null, form, picture })
      assert.deepEqual(
        draft.problems.map(({ field }) => field),
        ['picture'],
        url,
      )
      assert.equal(draft.picture, null)
    }
  })
})

describe('text that wants to be more than text', () => {
  const TITLE = '@everyone \u202eexe.gpj\u202c <b>mug</b> [free](https://evil.example) **now**'
  const STORY = [
    '# @here',
    '[click](https://evil.example) <@100000000000000105> <@&100000000000000203> <#100000000000000010>',
    '> quote',
    '- list',
    '||hidden|| `code` ~~gone~~ __under__ <t:0:R> </c500 drop:1>',
    '```',
    'fence',
    '```',
    '<script>alert(1)</script><img src=x onerror=alert(1)> &amp; "quoted" \u2067\u200f',
  ].join('\n')

  testInWorld('on its way through every message and page it stays text', async (world) => {
    const { juniper, card, dropId } = await openTricky(world)
    const poppy = world.player('poppy')
    const held = await buy(poppy, card)
    const paid = await payInBrowser(linkOf(held, /Pay/))
    assert.match(paid.text, /&lt;b&gt;mug/)
    await world.settle()
    const { orderId } = await orderOf(world, poppy)
    await world.client.markShipped({
      userId: juniper.id,
      orderId,
      carrier: '@here [x](http://evil.example)',
      trackingNumber: '<@100000000000000105>`1`',
    })
    await world.settle()
    const trick = { userId: '300000000000000001', name: '@everyone \u202e**Eve** [x](http://evil.example)' }
    const { order } = await world.client.createCheckout({ buyer: trick, dropId })
    await world.settle()
    await payInBrowser(order.payUrl ?? '')
    await world.settle()
    await seePrivate(juniper, /You sold .* to .*Eve/)
    const answers = [
      held,
      await poppy.answer(poppy.c500('profile')),
      await poppy.answer(poppy.c500('order', { order: orderId })),
      await juniper.answer(juniper.c500('dashboard')),
    ]
    const all = [
      ...answers,
      ...(await poppy.messages(CHANNELS.drops.id)),
      ...(await poppy.privateMessages()),
      ...(await juniper.privateMessages()),
    ]
    assert.ok(all.length >= 8)
    for (const message of all) assertHarmless(message)

    for (const path of ['/', `/drops/${dropId}`]) {
      const page = await (await fetch(world.web.url + path)).text()
      assert.match(page, /&lt;b&gt;mug&lt;\/b&gt;/)
      assertHarmlessPage(page)
    }
    assertHarmlessPage(paid.text)
  })

  /** The card does not read as it was typed, and that is the point. */
  async function openTricky(world: World) {
    const juniper = world.player('juniper')
    await joinAsBuilder(juniper)
    await world.settle()
    const preview = await draftDrop(juniper, { title: TITLE, story: STORY, quantity: '5' })
    assertHarmless(preview)
    await juniper.answer(juniper.press(preview, /^Publish/))
    await world.settle()
    const card = (await juniper.messages(CHANNELS.drops.id)).at(-1)
    const dropId = (await readAll(world.core.store, 'inventory', 'openedAt')).at(-1)?.id
    assert.ok(card && dropId)
    return { juniper, card, dropId }
  }

  function assertHarmless(message: SeenMessage): void {
    const text = textOf(message)
    assert.equal(message.mention_everyone, false, text)
    assert.deepEqual(message.mentions, [], text)
    assert.deepEqual(message.mention_roles, [], text)
    assert.doesNotMatch(
      JSON.stringify(message),
      /\\u202e|\u202e|\u2067|\u200f/,
      'a mark that turns the text around',
    )
    assert.doesNotMatch(text, /@(everyone|here)/, text)
    const embeds = message.embeds.flatMap((embed) => [
      embed.title ?? '',
      embed.description ?? '',
      ...(embed.fields ?? []).map(({ value }) => value),
    ])
    for (const words of [message.content, ...embeds]) {
      for (const part of walk(parseMarkdown(words, { maskedLinks: true }))) {
        assert.notEqual(part.type, 'user', words)
        assert.notEqual(part.type, 'role', words)
        assert.notEqual(part.type, 'command', words)
        assert.notEqual(part.type, 'heading', words)
        assert.notEqual(part.type, 'spoiler', words)
        if (part.type !== 'link') continue
        const label = part.children.map((child) => (child.type === 'text' ? child.text : '?')).join('')
        assert.ok(part.url.startsWith(label.slice(0, 10)), `a link that hides behind words: ${words}`)
      }
    }
  }

  function assertHarmlessPage(page: string): void {
    assert.doesNotMatch(page, /<b>mug|<script>alert|<img src=x/)
    assert.doesNotMatch(page, /href="https?:\/\/evil/)
    assert.doesNotMatch(page, /[\u202a-\u202e\u2066-\u2069\u200e\u200f]/)
  }
})

describe('forged presses', () => {
  let world: World
  let shop: Awaited<ReturnType<typeof openShop>>
  before(async () => {
    world = await createWorld()
    shop = await openShop(world)
  })
  after(async () => {
    await closeInOrder(world)
  })

  const asBot = (): Parameters<typeof handle>[1] => ({
    core: world.client,
    config: {
      answerBudgetMs: 5_000,
      dropsChannelId: CHANNELS.drops.id,
      guildId: GUILD.id,
      webUrl: world.web.url,
    },
    log: pino({ level: 'silent' }),
    now: world.now,
  })

  /** What the bot would answer to a press that no button of ours offered to this person. */
  async function answerTo(interaction: Parameters<typeof handle>[0]): Promise<string> {
    const { first } = await handle(interaction, asBot())
    await world.settle()
    return JSON.stringify(first)
  }

  test("nobody publishes, reads or mends somebody else's draft", async () => {
    const builder = { userId: shop.juniper.id, name: 'Juniper' }
    const form = { ...GOOD, title: 'A secret for Friday', closesInHours: 24, perPerson: 1 }
    const { draftId } = await world.client.createDrop({ builder, draftId: null, form, picture: null })
    const moss = world.player('moss')
    await joinAsBuilder(moss)
    await world.settle()
    for (const button of ['publish', 'fix']) {
      const answer = await answerTo(press(`v1:${button}:${draftId}`, { as: moss.id }))
      assert.match(answer, /belongs to somebody else/)
      assert.doesNotMatch(answer, /secret/)
    }
    const stolen = world.client.createDrop({
      builder: { userId: moss.id, name: 'Moss' },
      draftId,
      form: { ...form, title: 'Mine now' },
      picture: null,
    })
    await assert.rejects(stolen, { code: 'not_yours' })
    const kept = await world.client.getDraft({ userId: shop.juniper.id, draftId })
    assert.equal(kept.form.title, 'A secret for Friday')
    assert.equal((await readAll(world.core.store, 'inventory', 'openedAt')).length, 1)
  })

  test("nobody ships, lets go, receives or reads somebody else's order", async () => {
    const poppy = world.player('poppy')
    const held = await buy(poppy, shop.card)
    const { orderId } = await orderOf(world, poppy)
    const wren = PEOPLE.wren.id
    const stranger = async (button: string) => answerTo(press(`v1:${button}:${orderId}`, { as: wren }))
    assert.match(await stranger('letgo'), /belongs to somebody else/)
    await payInBrowser(linkOf(held, /Pay/))
    await world.settle()
    assert.match(await stranger('arrived'), /belongs to somebody else/)
    assert.match(await stranger('order'), /belongs to somebody else/)
    // The form opens for anybody, since a form must be the first answer; it is refused when it is sent.
    for (const userId of [wren, poppy.id]) {
      const ship = world.client.markShipped({ userId, orderId, carrier: 'Post', trackingNumber: '1' })
      await assert.rejects(ship, { code: 'not_yours' })
    }
    const parcel = submit(`v1:shipment:${orderId}`, { carrier: 'Post', tracking: '1' })
    assert.match(await answerTo(parcel), /belongs to somebody else/)
    // Its own people, but out of turn.
    assert.match(await answerTo(press(`v1:arrived:${orderId}`, { as: poppy.id })), /not on its way/)
    assert.match(await answerTo(press(`v1:letgo:${orderId}`, { as: poppy.id })), /already paid/)
    assert.match(await answerTo(press(`v1:arrived:${orderId}`, { as: shop.juniper.id })), /somebody else/)
    assert.equal((await orderOf(world, poppy)).status, 'paid')
  })

  test('a parcel is noted with a carrier of a few words, and what was typed is kept otherwise', async () => {
    const poppy = world.player('poppy')
    const { orderId } = await orderOf(world, poppy)
    const sale = await seePrivate(shop.juniper, /You sold/)
    for (const parcel of [
      { carrier: 'c'.repeat(200), tracking: '1' },
      { carrier: '\u202e\u200b', tracking: '1' },
      { carrier: 'Post', tracking: '9'.repeat(200) },
    ]) {
      const form = await shop.juniper.press(sale, /Mark shipped/)
      const answer = await shop.juniper.answer(shop.juniper.submit(form, parcel))
      assert.match(textOf(answer), /name the carrier.*60 characters/)
      assert.doesNotMatch(textOf(answer), OUR_FAULT)
      assert.ok(textOf(answer).includes(parcel.tracking.slice(0, 100)))
    }
    assert.equal((await orderOf(world, poppy)).orderId, orderId)
    assert.equal((await orderOf(world, poppy)).status, 'paid')
  })

  test('nobody buys their own drop', async () => {
    const answer = await shop.juniper.answer(shop.juniper.press(shop.card, /^Buy now/))
    assert.match(textOf(answer), /This one is yours/)
    assert.equal((await ordersIn(world)).filter(({ buyerId }) => buyerId === shop.juniper.id).length, 0)
  })

  test('a button that was never ours gets a kind sentence', async () => {
    const unknown = `drp_${'0'.repeat(26)}`
    for (const customId of [
      '',
      'v1',
      'v1:buy',
      'v1:buy:',
      'v0:buy:drp_1',
      `v1:buy:${unknown}:more`,
      `v1:buy:${shop.dropId.toUpperCase()}`,
      `v1:buy:${shop.dropId.replace('drp', 'ord')}`,
      "v1:buy:' OR 1=1 --",
      'v1:__proto__:x',
      'v1:constructor:x',
      `v1:buy:${'\u0000'.repeat(26)}`,
      'v'.repeat(5_000),
      'v1:drop:new:999:999',
    ]) {
      const answer = await answerTo(press(customId))
      assert.match(answer, /do not know that one/, customId)
    }
    assert.match(await answerTo(press(`v1:buy:${unknown}`)), /no longer here/)
    assert.match(await answerTo(press(`v1:letgo:ord_${'0'.repeat(26)}`)), /could not find that order/)
    assert.match(await answerTo(press(`v1:publish:dft_${'0'.repeat(26)}`)), /no longer here/)
    assert.match(await answerTo(press('v1:pickorder', { values: ["' OR 1=1"] })), /pick one of your orders/)
    assert.match(await answerTo(press('v1:pickship', { values: [':::'] })), /do not know that one/)
  })

  test('a form sent with numbers that no command allows sells nothing', async () => {
    for (const customId of ['v1:drop:new:999:999', 'v1:drop:new:0:0', 'v1:drop:new:24:101']) {
      const { first, after: later } = await handle(submit(customId, GOOD), asBot())
      const said: unknown[] = [first]
      await later?.({
        editAnswer: async (message) => void said.push(message),
        followUp: async (message) => void said.push(message),
      })
      assert.doesNotMatch(JSON.stringify(said), /"label":"Publish"/, customId)
    }
  })
})

testInWorld('without a payment account a drop is drafted and kept, and not published', async (world) => {
  const moss = world.player('moss')
  const preview = await draftDrop(moss, GOOD)
  const stranger = await moss.answer(moss.press(preview, /^Publish/))
  assert.match(textOf(stranger), /not a builder here yet/)
  linkOf(stranger, /payments/)
  await joinAsBuilder(moss, 'leave')
  await world.settle()
  const unready = await moss.answer(moss.press(preview, /^Publish/))
  assert.match(textOf(unready), /needs a little more before you can sell/)
  linkOf(unready, /payments/)
  assert.equal((await readAll(world.core.store, 'inventory', 'openedAt')).length, 0)
  await joinAsBuilder(moss)
  await world.settle()
  await moss.answer(moss.press(preview, /^Publish/))
  assert.equal((await readAll(world.core.store, 'inventory', 'openedAt')).length, 1)
})

describe('odd requests', () => {
  let world: World
  before(async () => {
    world = await createWorld()
  })
  after(() => world[Symbol.asyncDispose]())

  test("the shop's pages answer anything with a page and never with a fault of ours", async () => {
    const { juniper, card } = await openShop(world)
    const poppy = world.player('poppy')
    const held = await buy(poppy, card)
    const orderToken = linkOf(held, /Pay/).split('/').at(-1) ?? ''
    const forged = `${orderToken.split('.')[0]}.${'A'.repeat(22)}`
    const builderToken = linkOf(
      await world.player('moss').answer(world.player('moss').c500('join')),
      /payments/,
    )
      .split('/')
      .at(-1)
    const somewhere = [
      '/nothing',
      '/drops/',
      `/drops/drp_${'0'.repeat(26)}`,
      '/drops/%E0%A4%A',
      '/drops/%00',
      '/drops/..%2f..%2fetc%2fpasswd',
      "/drops/' OR 1=1 --".replaceAll(' ', '%20'),
      `/drops/${'x'.repeat(6_000)}`,
      `/pay/${forged}`,
      `/pay/${builderToken}`,
      '/pay/%00',
      '/pay/__proto__',
      '/success',
      '/success?order=',
      `/success?order=${forged}`,
      `/success?order=${orderToken}x`,
      `/success?order[]=${orderToken}`,
      `/cancel?order=${builderToken}`,
      `/connect/return/${orderToken}`,
      `/connect/return/${forged}`,
      '/connect/start/',
      '/pictures/pic_1/card.webp',
      `/pictures/pic_${'0'.repeat(26)}/card.webp`,
      `/pictures/pic_${'0'.repeat(26)}/..%2f..%2fc500.sqlite`,
      '/assets/..%2f..%2fpackage.json',
      '/assets/__proto__',
      '//evil.example/',
      '/api/internal/profile',
      '/webhooks/stripe',
    ]
    for (const path of somewhere) {
      const { status, body } = await rawRequest(world.web.port, 'GET', path)
      assert.ok(status >= 400 && status < 500, `GET ${path} answered ${status}`)
      assert.doesNotMatch(body, /at file:|node_modules|Error:/, path)
    }
    const start = await rawRequest(world.web.port, 'POST', `/connect/start/${orderToken}`)
    assert.equal(start.status, 404)
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND']) {
      for (const path of ['/', `/pay/${orderToken}`, '/success', '/drops/x']) {
        const { status } = await rawRequest(world.web.port, method, path)
        assert.ok(status >= 400 && status < 500, `${method} ${path} answered ${status}`)
      }
    }
    for (const look of ['-1', 'abc', '1e99', '9'.repeat(50)]) {
      const page = await fetch(`${world.web.url}/success?order=${orderToken}&look=${look}`)
      assert.equal(page.status, 200)
    }
    assert.equal((await orderOf(world, poppy)).status, 'held')
    assert.ok(juniper)
  })

  test('core answers its own services only, and anything odd with a refusal', async () => {
    const good = JSON.stringify({ userId: PEOPLE.poppy.id })
    const post = (path: string, headers: Record<string, string>, body: string) =>
      fetch(world.core.url + path, { method: 'POST', headers, body })
    const bot = { authorization: 'Bearer world-bot-token-0000', 'content-type': 'application/json' }
    const path = ROUTES.dashboard.path
    for (const authorization of [
      '',
      'Bearer ',
      'Bearer x',
      'Basic d29ybGQ6',
      'bearer world-bot-token-0000',
    ]) {
      assert.equal((await post(path, { authorization }, good)).status, 401)
    }
    assert.equal((await post(path, { authorization: 'Bearer world-web-token-0000' }, good)).status, 403)
    const bodies = [
      '',
      '{',
      'null',
      '[]',
      '"text"',
      '{"userId":1}',
      '{"userId":"1; DROP TABLE orders"}',
      `{"userId":"${'1'.repeat(100_000)}"}`,
      `${'['.repeat(50_000)}${']'.repeat(50_000)}`,
      '{"__proto__":{"userId":"100000000000000103"}}',
      `{"x":"${'x'.repeat(300 * 1024)}"}`,
    ]
    for (const name of Object.keys(ROUTES) as RouteName[]) {
      const route = ROUTES[name]
      const authorization = `Bearer world-${route.callers[0]}-token-0000`
      for (const body of bodies) {
        const headers = { ...bot, authorization, 'idempotency-key': crypto.randomUUID() }
        const answer = await post(route.path, headers, body)
        const { error } = (await answer.json()) as { error: { code: string; message: string } }
        assert.equal(answer.status, 400, `${name} ${body.slice(0, 60)}`)
        assert.equal(error.code, 'bad_request')
      }
      if (route.kind === 'write') {
        for (const key of [undefined, '', 'a b', 'x'.repeat(201)]) {
          const headers = { ...bot, authorization, ...(key === undefined ? {} : { 'idempotency-key': key }) }
          assert.equal((await post(route.path, headers, '{}')).status, 400, `${name} ${key}`)
        }
      }
      assert.equal((await fetch(world.core.url + route.path)).status, 404)
    }
    for (const cursor of ['x', '[]', '["a"]', '[1,2]', '[1,""]', '[null,"a"]', '{"a":1}', "['a','b']"]) {
      const list = world.client.listDrops({ status: 'open', limit: 10, cursor })
      await assert.rejects(list, { code: 'bad_request' }, cursor)
    }
    for (const odd of [
      '/',
      '/api/internal/',
      '/api/internal/__proto__',
      '/webhooks/stripe/x',
      '/webhooks/',
    ]) {
      assert.equal((await post(odd, bot, good)).status, 404, odd)
    }
  })

  test('the bot takes news from core only', async () => {
    const { path } = PUSHES.notify
    const post = (body: string, signature?: string) =>
      fetch(world.bot.url + path, {
        method: 'POST',
        body,
        headers: signature === undefined ? {} : { [SIGNATURE_HEADER]: signature },
      })
    const body = JSON.stringify({ dropId: `drp_${'0'.repeat(26)}` })
    assert.equal((await post(body)).status, 401)
    assert.equal((await post(body, 'nonsense')).status, 401)
    assert.equal((await post(body, signPush('another-secret-0000', body, world.now()))).status, 401)
    assert.equal((await post(body, signPush(PUSH_SECRET, body, world.now() - 301_000))).status, 401)
    assert.equal((await post(`${body} `, signPush(PUSH_SECRET, body, world.now()))).status, 401)
    assert.equal((await post(body, signPush(PUSH_SECRET, body, world.now()))).status, 400)
    assert.equal((await post('x'.repeat(100_000))).status, 413)
    assert.equal((await fetch(`${world.bot.url}/push/everything`, { method: 'POST' })).status, 404)
  })
})

describe("messages that say they are Twitch's", () => {
  let world: World
  before(async () => {
    world = await createWorld()
    const juniper = world.player('juniper')
    await joinAsBuilder(juniper)
    await linkChannel(juniper, BROADCASTERS.juniper.id)
    await world.settle()
  })
  after(async () => {
    await closeInOrder(world)
  })

  const agent = new Agent({ keepAlive: true, maxSockets: 20 })
  after(() => agent.destroy())

  /** One request as it is; a header that is null is left out. */
  function post(
    headers: Readonly<Record<string, string | null>>,
    body: string | Uint8Array,
  ): Promise<number> {
    return new Promise((resolve, reject) => {
      const given = Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== null)
      const options = { method: 'POST', agent, headers: Object.fromEntries(given) }
      const sent = request(`${world.core.url}/webhooks/twitch`, options, (response) => {
        response.resume().on('end', () => resolve(response.statusCode ?? 0))
      })
      sent.on('error', reject)
      sent.end(body)
    })
  }

  function message(over: Partial<EventSubMessage> = {}): EventSubMessage {
    const subscription = { type: 'stream.online', version: '1' }
    const { id } = BROADCASTERS.juniper
    const event = {
      id: '9001',
      broadcaster_user_id: id,
      type: 'live',
      started_at: new Date(world.now()).toISOString(),
    }
    const condition = { broadcaster_user_id: id }
    return {
      id: randomUUID(),
      timestamp: toTimestamp(world.now()),
      type: 'notification',
      subscription,
      body: JSON.stringify({
        subscription: { ...subscription, id: 's', status: 'enabled', condition },
        event,
      }),
      ...over,
    }
  }
  /** Signed as Twitch signs, then changed. */
  const send = (
    sent: EventSubMessage,
    headers: Readonly<Record<string, string | null>> = {},
    body: string | Uint8Array = sent.body,
  ) => post({ ...messageHeaders(EVENTSUB_SECRET, sent), ...headers }, body)

  async function stored(): Promise<unknown> {
    const { store } = world.core
    const inbox = await store.scan('inbox', { limit: 1_000, cursor: null })
    const streams = await store.scan('streams', { limit: 1_000, cursor: null })
    const builders = await store.scan('builders', { limit: 1_000, cursor: null })
    return [inbox.documents.map(({ id }) => id), streams.documents, builders.documents]
  }

  test('with a header missing or wrong, or a body that is not what was signed, change nothing', async () => {
    const before = await stored()
    const names = Object.keys(messageHeaders(EVENTSUB_SECRET, message()))
    assert.equal(names.length, 8)
    for (const name of names) {
      const status = await send(message(), { [name]: null })
      assert.equal(status, name === 'content-type' ? 415 : 403, `without ${name}`)
      for (const odd of ['', 'x', '-1', '\u00e4'.repeat(100), '9'.repeat(4_000)]) {
        const answered = await send(message(), { [name]: odd })
        // A kind of message that Twitch may add some day is let be.
        const expected = name === 'twitch-eventsub-message-type' && odd !== '' ? 204 : null
        assert.ok(
          expected === answered || (answered >= 400 && answered < 500),
          `${name}: ${odd.slice(0, 9)} ${answered}`,
        )
      }
    }
    for (const type of ['revocation', 'webhook_callback_verification']) {
      assert.equal(await send(message(), { 'twitch-eventsub-message-type': type }), 400, type)
    }
    const { body } = message()
    for (let at = 0; at < body.length; at += 7) {
      const changed = Buffer.from(body)
      changed[at] = (changed[at] ?? 0) ^ 1
      assert.equal(await send(message({ body }), {}, changed), 403, `byte ${at}`)
    }
    for (const length of [0, 1, body.length - 1]) {
      assert.equal(await send(message({ body }), {}, body.slice(0, length)), 403)
    }
    assert.equal(await send(message({ body: `${body} ` }), {}, body), 403)
    const big = message({ body: 'x'.repeat(1024 * 1024) })
    assert.equal(await send(big), 413)
    assert.equal(await send(message(), { 'content-length': null, 'transfer-encoding': 'chunked' }), 413)
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
      'applicationjson',
    ]) {
      assert.equal(await send(message(), { 'content-type': type }), 415, type)
    }
    for (const minutes of [-11, 11]) {
      const timestamp = toTimestamp(world.now() + minutes * 60_000)
      assert.equal(await send(message({ timestamp })), 204, 'so that Twitch does not count it as failed')
    }
    await world.settle()
    assert.deepEqual(await stored(), before)
  })

  test('well signed and of any content get an answer that is no fault of ours', async () => {
    const before = await stored()
    const good = JSON.parse(message().body) as { subscription: object; event: object }
    const contents: unknown[] = [null, [], 'text', 7, {}, { subscription: null }, { subscription: {} }]
    for (const [name, value] of Object.entries({ ...good.event })) {
      for (const odd of [null, 7, '', [], {}, `${String(value)}\u0000`, 'x'.repeat(5_000)]) {
        // Of the account there is nothing to be known here: it is a channel that nobody linked.
        contents.push({ ...good, event: { ...good.event, broadcaster_user_id: '999', [name]: odd } })
      }
    }
    for (const content of contents) {
      const answered = await send(message({ body: JSON.stringify(content) }))
      assert.ok(
        answered === 204 || answered === 400,
        `${answered} for ${JSON.stringify(content).slice(0, 200)}`,
      )
    }
    for (const body of [
      '',
      '{',
      '\u0000',
      `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
      '{"__proto__":{}}',
    ]) {
      assert.equal(await send(message({ body })), 400)
    }
    await world.settle()
    assert.deepEqual(await stored(), before)
  })

  test('ten thousand random ones store nothing, break nothing, and leave no memory behind', async () => {
    const before = await stored()
    const random = async (n: number) => {
      const body = randomBytes(n % 2_048)
      // Every third is well signed, and every third has all headers but no signature.
      const sent = message({ body: body.toString('latin1') })
      const headers = messageHeaders(EVENTSUB_SECRET, sent)
      const status =
        n % 3 === 0
          ? await post(headers, Buffer.from(sent.body))
          : await post(n % 3 === 1 ? { ...headers, 'twitch-eventsub-message-signature': null } : {}, body)
      assert.ok(status >= 400 && status < 500, `${status} for ${body.toString('base64')}`)
    }
    const rush = async (from: number, to: number) => {
      for (let at = from; at < to; at += 20) {
        await Promise.all(Array.from({ length: 20 }, (_, index) => random(at + index)))
      }
      return heapInUse()
    }
    const warm = await rush(0, 2_000)
    const after = await rush(2_000, 10_000)
    assert.ok(after - warm < 8 * 1024 * 1024, `the heap grew from ${warm} to ${after} bytes`)
    assert.deepEqual(await stored(), before)
    assert.equal(await send(message()), 204, 'and a good one is heard as ever')
    await world.settle()
    assert.ok((await world.client.identify({ userId: PEOPLE.juniper.id })).channel?.live)
  })
})

/** Bytes that are still needed, without what the collector may take away. */
function heapInUse(): number {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  assert.ok(typeof collect === 'function')
  collect()
  return process.memoryUsage().heapUsed
}

async function closeInOrder(world: World): Promise<void> {
  await using closing = world
  await closing.settle()
  await assertInvariants({ store: closing.core.store, stripeUrl: closing.stripeUrl, now: closing.now() })
}

/** What stands in a form when it opens, by field. */
function filledIn(opened: ActResult): Record<string, string> {
  assert.equal(opened.result, 'modal')
  const modal: APIModalInteractionResponseCallbackData | null =
    opened.result === 'modal' ? opened.modal : null
  const values: Record<string, string> = {}
  for (const part of modal?.components ?? []) {
    if (part.type !== ComponentType.Label || part.component.type !== ComponentType.TextInput) continue
    values[part.component.custom_id] = part.component.value ?? ''
  }
  return values
}

function* walk(parts: readonly (Block | Inline)[]): Generator<Block | Inline> {
  for (const part of parts) {
    yield part
    if ('children' in part) yield* walk(part.children)
    if ('blocks' in part) yield* walk(part.blocks)
    if ('items' in part) for (const item of part.items) yield* walk(item)
  }
}

function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, 'latin1')
}

/** A real PNG of one grey, `side` by `side` pixels at one bit each: small to send and huge to decode. */
function hugePicture(side: number): Uint8Array {
  const chunk = (type: string, data: Uint8Array) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
    const frame = Buffer.alloc(body.length + 8)
    frame.writeUInt32BE(data.length, 0)
    body.copy(frame, 4)
    frame.writeUInt32BE(crc32(body), body.length + 4)
    return frame
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(side, 0)
  header.writeUInt32BE(side, 4)
  header[8] = 1
  const rows = deflateSync(Buffer.alloc((Math.ceil(side / 8) + 1) * side), { level: 1 })
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', rows),
    chunk('IEND', new Uint8Array(0)),
  ])
}

/** A request as it is, without a client that mends it first. */
function rawRequest(port: number, method: string, path: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' })
    let text = ''
    socket.setEncoding('utf8')
    socket.on('data', (part) => {
      text += part
    })
    socket.once('error', reject)
    socket.once('close', () => resolve({ status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]), body: text }))
    socket.write(
      `${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`,
    )
  })
}
