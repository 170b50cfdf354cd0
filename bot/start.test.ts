import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { Hono } from 'hono'
import {
  AppError,
  type CaseEntry,
  type CoreClient,
  type DropView,
  isAppError,
  type Notice,
  PUSHES,
  ROUTES,
  type RouteName,
  SIGNATURE_HEADER,
  STATUS,
  signPush,
} from '#contract'
import { CHANNELS, GUILD, PEOPLE } from '../sandbox/cast.ts'
import { startLocalDiscord } from '../sandbox/discord/start.ts'
import type { ActResult, SeenMessage, World } from '../sandbox/people.ts'
import { openState } from '../sandbox/state.ts'
import { parseConfig } from './config.ts'
import { registerBot } from './register-bot.ts'
import { startBot } from './start.ts'
import {
  fakeCore,
  ORDER_ID,
  PICTURE,
  sampleBuilder,
  sampleCase,
  sampleDashboard,
  sampleDraft,
  sampleDrop,
  sampleEntry,
  sampleMismatch,
  sampleMoneyReport,
  sampleNotice,
  sampleOrder,
  sampleProfile,
  sampleQueue,
  WEBP_BASE64,
} from './testing/samples.ts'

const DROPS = CHANNELS.drops.id
const { juniper, olive, poppy } = PEOPLE
const SECRET = 'sixteen characters'

type Transport = 'gateway' | 'http'

/** The same story must be true however interactions come. */
function testBoth(name: string, story: (t: TestContext, transport: Transport) => Promise<void>): void {
  for (const transport of ['gateway', 'http'] as const) {
    test(`${name} (${transport})`, (t) => story(t, transport))
  }
}

/** A core on a real port that answers like the given functions and refuses as core does. */
async function startFakeCore(t: TestContext, answers: Partial<CoreClient>) {
  const core = fakeCore(answers)
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const name = Object.keys(ROUTES).find((key) => ROUTES[key as RouteName].path === request.url) as RouteName
    const answer = async () => {
      const input = ROUTES[name].input.parse(JSON.parse(Buffer.concat(chunks).toString()))
      // The route of that name takes what its own schema parsed.
      return (core[name] as (input: unknown) => Promise<unknown>)(input)
    }
    try {
      response.end(JSON.stringify(await answer()))
    } catch (error) {
      const code = isAppError(error) ? error.code : 'internal'
      response.statusCode = STATUS[code]
      response.end(JSON.stringify({ error: { code, message: String(error), requestId: '1' } }))
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A bot between a local Discord and a core that says what the test wants. */
async function startWorld(t: TestContext, transport: Transport, answers: Partial<CoreClient>) {
  const coreUrl = await startFakeCore(t, answers)
  const state = openState(null)
  const complaints: string[] = []
  const discord = await startLocalDiscord({
    host: '127.0.0.1',
    port: 0,
    state,
    clock: Date.now,
    log: (line) => complaints.push(line),
  })
  const env = {
    PORT: '0',
    DISCORD_TOKEN: 'a.local.token',
    DISCORD_GUILD_ID: GUILD.id,
    DROPS_CHANNEL_ID: DROPS,
    DISCORD_API_BASE: discord.url,
    BOT_TRANSPORT: transport,
    DISCORD_PUBLIC_KEY: discord.publicKey,
    CORE_URL: coreUrl,
    CORE_TOKEN: 'core',
    PUSH_SECRET: SECRET,
    WEB_URL: 'http://127.0.0.1:8501',
    LOG_LEVEL: 'silent',
  }
  const config = { ...parseConfig(env), cardSpacingMs: 1 }
  const bot = await startBot(config)
  if (transport === 'http') await registerBot(config, `${bot.url}/interactions`)
  const page = new Hono().route('/', discord.people)
  t.after(async () => {
    await bot.close()
    await discord.close()
    state.close()
    assert.deepEqual(complaints, [], 'the local Discord refused something')
  })

  const post = (path: string, body: FormData | object) =>
    page.request(
      `/people/${path}`,
      body instanceof FormData
        ? { method: 'POST', body }
        : { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } },
    )
  return {
    bot,
    complaints,
    config,
    discord,
    async act(path: string, body: FormData | object): Promise<ActResult> {
      const response = await post(path, body)
      const answer = (await response.json()) as ActResult
      assert.equal(response.status, 200, JSON.stringify(answer))
      return answer
    },
    async read(channelId: string, as: string): Promise<SeenMessage[]> {
      const response = await page.request(`/people/channels/${channelId}?as=${as}`)
      return ((await response.json()) as { messages: SeenMessage[] }).messages
    },
    look: async () => (await (await page.request('/people/world')).json()) as World,
    closeDms: (as: string) => post('dms', { as, closed: true }),
    async push(name: keyof typeof PUSHES, input: unknown) {
      const body = JSON.stringify(input)
      const response = await fetch(bot.url + PUSHES[name].path, {
        method: 'POST',
        body,
        headers: { [SIGNATURE_HEADER]: signPush(SECRET, body, Date.now()) },
      })
      assert.equal(response.status, 200, await response.clone().text())
      return response.json()
    },
  }
}

test('the bot logs in, brings its commands and says that it is ready', async (t) => {
  const world = await startWorld(t, 'gateway', {})
  const { commands, bot } = await world.look()
  assert.deepEqual(
    commands.map((command) => command.name),
    ['c500', 'c500-operator'],
  )
  assert.deepEqual(
    commands.map((command) => command.default_member_permissions),
    [null, '32'],
  )
  assert.equal(bot.online, true)
  assert.equal((await fetch(`${world.bot.url}/readyz`)).status, 200)
})

test('a second start leaves the same commands in place', async (t) => {
  const world = await startWorld(t, 'gateway', {})
  const versions = async () => (await world.look()).commands.map((command) => command.version)
  const before = await versions()
  await world.bot.close()
  const again = await startBot(world.config)
  t.after(() => again.close())
  assert.deepEqual(await versions(), before)
})

testBoth('a builder fills the form with a picture and sees the preview', async (t, transport) => {
  const world = await startWorld(t, transport, {
    createDrop: async ({ form, picture }) => {
      assert.equal(form.price, '24')
      assert.match(picture?.url ?? '', /^http:/)
      return sampleDraft({ picture: PICTURE })
    },
    getPicture: async () => ({ base64: WEBP_BASE64 }),
    publishDrop: async () => sampleDrop(),
  })
  const opened = await world.act('command', {
    as: juniper.id,
    channelId: DROPS,
    path: ['c500', 'drop'],
    options: {},
  })
  assert.ok(opened.result === 'modal')
  const form = new FormData()
  const values = { title: 'Moss mug', story: 'Rain', price: '24', quantity: '3' }
  form.set('act', JSON.stringify({ as: juniper.id, modalId: opened.modalId, values }))
  form.set('picture', new File([Buffer.from(WEBP_BASE64, 'base64')], 'mug.webp', { type: 'image/webp' }))
  const sent = await world.act('modal', form)
  assert.equal(sent.result, 'deferred')
  await world.bot.idle()
  const preview = (await world.read(DROPS, juniper.id)).at(-1)
  assert.equal(preview?.onlyFor, juniper.id)
  assert.match(preview.embeds[0]?.image?.url ?? '', /^http/)

  const [publish] = JSON.stringify(preview.components).match(/v1:publish:dft_\w+/) ?? []
  const live = await world.act('component', { as: juniper.id, messageId: preview.id, customId: publish })
  assert.ok(live.result === 'message')
  assert.match(JSON.stringify(live.message.embeds), /is live in/)
  assert.doesNotMatch(JSON.stringify(live.message), /"image"|drop\.webp/)
})

testBoth(
  'a card is posted once with its picture, keeps it when redrawn, and is bought from',
  async (t, transport) => {
    let drop: DropView = sampleDrop({ picture: PICTURE })
    const world = await startWorld(t, transport, {
      getDrop: async () => drop,
      getPicture: async () => ({ base64: WEBP_BASE64 }),
      createCheckout: async () => {
        if (drop.available === 0) throw new AppError('sold_out')
        return { order: sampleOrder(), already: false }
      },
    })
    const place = await world.push('drawCard', { dropId: drop.dropId })
    assert.deepEqual(await world.push('drawCard', { dropId: drop.dropId }), place)
    const [card, ...more] = await world.read(DROPS, poppy.id)
    assert.deepEqual(more, [])
    assert.ok(card)
    const customId = `v1:buy:${drop.dropId}`
    const held = await world.act('component', { as: poppy.id, messageId: card.id, customId })
    assert.ok(held.result === 'message')
    assert.equal(held.message.onlyFor, poppy.id)
    assert.match(JSON.stringify(held.message.embeds), /Held for you until/)

    const gone = drop
    drop = { ...gone, available: 0, sold: 2, held: 1, card: place as DropView['card'] }
    await world.push('drawCard', { dropId: drop.dropId })
    const [redrawn] = await world.read(DROPS, poppy.id)
    assert.match(JSON.stringify(redrawn?.embeds), /0 of 3 left/)
    assert.match(JSON.stringify(redrawn?.embeds), /All held right now/)
    assert.match(JSON.stringify(redrawn?.components), /Get in line/)
    assert.match(redrawn?.embeds[0]?.image?.url ?? '', /^http/)
    assert.equal(redrawn?.embeds[0]?.image?.url, card.embeds[0]?.image?.url)
  },
)

testBoth('a card whose picture was lost is posted and redrawn without it', async (t, transport) => {
  const drop = sampleDrop({ picture: PICTURE })
  const world = await startWorld(t, transport, {
    getDrop: async () => drop,
    getPicture: () => Promise.reject(new AppError('not_found')),
  })
  const place = await world.push('drawCard', { dropId: drop.dropId })
  world.complaints.length = 0
  assert.deepEqual(await world.push('drawCard', { dropId: drop.dropId }), place)
  // The first attempt points at a picture that is not there, and Discord says so.
  assert.equal(world.complaints.splice(0).length, 1)
})

testBoth(
  'news reaches a person directly, and behind closed direct messages in a private thread',
  async (t, transport) => {
    const world = await startWorld(t, transport, {})
    const notice: Notice = sampleNotice({ kind: 'buyer_shipped', order: sampleOrder({ status: 'shipped' }) })
    assert.deepEqual(await world.push('notify', notice), { delivery: 'dm' })
    assert.deepEqual(await world.push('notify', notice), { delivery: 'dm' })
    const channels = (await world.look()).channels
    const dm = channels.find((channel) => channel.kind === 'dm' && channel.memberIds?.includes(poppy.id))
    const told = await world.read(dm?.id ?? '', poppy.id)
    assert.equal(told.length, 1)
    assert.match(JSON.stringify(told[0]?.components), new RegExp(`v1:arrived:${ORDER_ID}`))

    await world.closeDms(poppy.id)
    assert.deepEqual(await world.push('notify', { ...notice, noticeId: 'notice-2' }), { delivery: 'thread' })
    const thread = (await world.look()).channels.find((channel) => channel.kind === 'thread')
    assert.ok(thread)
    assert.ok(thread.memberIds?.includes(poppy.id))
    const [inThread] = await world.read(thread.id, poppy.id)
    assert.deepEqual(
      inThread?.mentions.map((user) => user.id),
      [poppy.id],
    )
  },
)

testBoth(
  'a case is opened with a picture, shown in its thread, answered there and decided',
  async (t, transport) => {
    let view = sampleCase({ entries: [] })
    const heard: string[] = []
    const add = (entry: Partial<CaseEntry>) => {
      view = { ...view, entries: [...view.entries, sampleEntry(entry)] }
      return view
    }
    const world = await startWorld(t, transport, {
      getOrder: async () => sampleOrder({ status: 'shipped' }),
      operatorQueue: async () => sampleQueue({ cases: [view] }),
      openCase: async ({ text, pictures }) => {
        for (const { url } of pictures) heard.push((await fetch(url)).headers.get('content-type') ?? '')
        return add({ text, pictures: pictures.map(() => PICTURE) })
      },
      addToCase: async ({ person, operator, text }) => {
        assert.equal(operator, false)
        return add({ by: person, role: 'builder', text, at: view.openedAt + 1 })
      },
      getCase: async () => view,
      getPicture: async () => ({ base64: WEBP_BASE64 }),
      decideCase: async ({ operator, reason }) => {
        assert.equal(operator.userId, olive.id)
        const decision = {
          decision: 'refund',
          amount: view.order.total,
          reason,
          at: view.openedAt + 2,
        } as const
        view = { ...view, status: 'decided', decision }
        return view
      },
    })
    /** Presses a button of a message and sends the form that opens. */
    async function fill(as: string, message: SeenMessage, customId: RegExp, values: object, file?: File) {
      const [id] = JSON.stringify(message.components).match(customId) ?? []
      const opened = await world.act('component', { as, messageId: message.id, customId: id })
      assert.ok(opened.result === 'modal', JSON.stringify(opened))
      const form = new FormData()
      form.set('act', JSON.stringify({ as, modalId: opened.modalId, values }))
      if (file) form.set('pictures', file)
      const sent = await world.act('modal', form)
      await world.bot.idle()
      return sent
    }

    const path = ['c500', 'order']
    const order = { as: poppy.id, channelId: DROPS, path, options: { order: ORDER_ID } }
    const shown = await world.act('command', order)
    assert.ok(shown.result === 'message')
    const photo = new File([Buffer.from(WEBP_BASE64, 'base64')], 'mug.webp', { type: 'image/webp' })
    await fill(poppy.id, shown.message, /v1:wrong:ord_\w+/, { text: 'It came in two pieces.' }, photo)
    assert.deepEqual(heard, ['image/webp'])
    assert.match(JSON.stringify(await world.read(DROPS, poppy.id)), /Juniper has until/)

    const wish = { caseId: view.caseId, posted: 0 }
    const drawn = (await world.push('drawCase', wish)) as { threadId: string; posted: number }
    assert.equal(drawn.posted, 1)
    assert.deepEqual(await world.push('drawCase', wish), drawn)
    const thread = (await world.look()).channels.find((channel) => channel.id === drawn.threadId)
    assert.equal(thread?.name, 'Moss mug')
    assert.deepEqual(thread?.memberIds?.toSorted(), [juniper.id, poppy.id])
    const [told, ...more] = await world.read(drawn.threadId, juniper.id)
    assert.ok(told)
    assert.deepEqual(more, [])
    assert.equal(told.attachments[0]?.filename, 'picture-1.webp')
    assert.deepEqual(told.mentions.map((user) => user.id).toSorted(), [juniper.id, poppy.id])

    await fill(juniper.id, told, /v1:add:cas_\w+/, { text: 'So sorry!' })
    view = { ...view, threadId: drawn.threadId }
    assert.deepEqual(await world.push('drawCase', { ...wish, posted: 1 }), { ...drawn, posted: 2 })

    const listing = { ...order, as: olive.id, path: ['c500-operator', 'cases'], options: {} }
    const listed = await world.act('command', listing)
    assert.ok(listed.result === 'message')
    const customId = `v1:op:case:${view.caseId}`
    const opened = await world.act('component', { as: olive.id, messageId: listed.message.id, customId })
    assert.ok(opened.result === 'message')
    await fill(olive.id, opened.message, /v1:op:decide:cas_\w+:refund/, { reason: 'It broke on the way.' })
    assert.deepEqual(await world.push('drawCase', { ...wish, posted: 2 }), { ...drawn, posted: 3 })
    const last = (await world.read(drawn.threadId, poppy.id)).at(-1)
    assert.match(
      JSON.stringify(last?.embeds),
      /Decided: \$24\.00 goes back to the buyer.*It broke on the way/,
    )
  },
)

test('Discord does not let a buyer call the operator command', async (t) => {
  const world = await startWorld(t, 'gateway', {})
  const path = ['c500-operator', 'queue']
  await assert.rejects(
    world.act('command', { as: poppy.id, channelId: DROPS, path, options: {} }),
    /permission/,
  )
})

testBoth('an operator pauses everything, with a reason', async (t, transport) => {
  const heard: unknown[] = []
  const world = await startWorld(t, transport, {
    operatorQueue: async () => sampleQueue(),
    pauseSelling: async (input) => {
      heard.push(input)
      return { paused: true, stops: [] }
    },
  })
  const at = { as: olive.id, channelId: DROPS, options: {} }
  const queue = await world.act('command', { ...at, path: ['c500-operator', 'queue'] })
  assert.ok(queue.result === 'message')
  assert.equal(queue.message.onlyFor, olive.id)
  const opened = await world.act('command', { ...at, path: ['c500-operator', 'pause', 'everything'] })
  assert.ok(opened.result === 'modal')
  const form = new FormData()
  const values = { reason: 'The kiln is on fire.' }
  form.set('act', JSON.stringify({ as: olive.id, modalId: opened.modalId, values }))
  const sent = await world.act('modal', form)
  assert.match(JSON.stringify(sent), /Holds that began before can still be paid/)
  const operator = { userId: olive.id, name: 'Olive' }
  assert.deepEqual(heard, [{ operator, what: { kind: 'all' }, paused: true, reason: values.reason }])
})

testBoth('an operator takes a table home as a file that nobody else sees', async (t, transport) => {
  const table = { filename: 'c500-orders-2026-11.csv', csv: 'order,title\r\nord_1,Möwe\r\n' }
  const world = await startWorld(t, transport, { exportAsOperator: async () => table })
  const path = ['c500-operator', 'export']
  const options = { kind: 'orders', month: '2026-11' }
  const asked = await world.act('command', { as: olive.id, channelId: DROPS, path, options })
  assert.equal(asked.result, 'deferred')
  await world.bot.idle()
  const given = (await world.read(DROPS, olive.id)).at(-1)
  assert.equal(given?.onlyFor, olive.id)
  const [file, ...more] = given.attachments
  assert.deepEqual(more, [])
  assert.deepEqual([file?.filename, file?.content_type], [table.filename, 'text/csv; charset=utf-8'])
  assert.equal(await (await fetch(file?.url ?? '')).text(), table.csv)
})

testBoth('an operator lets the money doctor look, and mends with a reason', async (t, transport) => {
  const found = sampleMoneyReport({ total: 1, mismatches: [sampleMismatch()] })
  const heard: string[] = []
  const world = await startWorld(t, transport, {
    checkMoney: async () => found,
    mendMoney: async ({ reason }) => {
      heard.push(reason)
      return { ...found, mended: 1 }
    },
  })
  const path = ['c500-operator', 'doctor']
  await world.act('command', { as: olive.id, channelId: DROPS, path, options: {} })
  await world.bot.idle()
  const report = (await world.read(DROPS, olive.id)).at(-1)
  assert.match(JSON.stringify(report?.embeds), /1 thing does not agree/)
  const mend = { as: olive.id, messageId: report?.id, customId: 'v1:op:mend' }
  const opened = await world.act('component', mend)
  assert.ok(opened.result === 'modal')
  const form = new FormData()
  const values = { reason: 'A webhook was lost.' }
  form.set('act', JSON.stringify({ as: olive.id, modalId: opened.modalId, values }))
  assert.match(JSON.stringify(await world.act('modal', form)), /One repair is under way/)
  assert.deepEqual(heard, [values.reason])
})

testBoth('an operator chooses a paused drop to go on', async (t, transport) => {
  const world = await startWorld(t, transport, {
    listDrops: async () => ({ drops: [sampleDrop({ status: 'paused' })], cursor: null }),
  })
  const path = ['c500-operator', 'resume', 'drop']
  const shown = await world.act('command', { as: olive.id, channelId: DROPS, path, options: {} })
  assert.ok(shown.result === 'message')
  const values = [`v1:op:selling:resume:${sampleDrop().dropId}`]
  const choose = { as: olive.id, messageId: shown.message.id, customId: 'v1:op:choose:1', values }
  assert.equal((await world.act('component', choose)).result, 'modal')
})

testBoth('an operator sets the terms of a builder in a form with a menu', async (t, transport) => {
  const heard: unknown[] = []
  const world = await startWorld(t, transport, {
    dashboard: async () => sampleDashboard(),
    setTerms: async (input) => {
      heard.push(input)
      return sampleBuilder()
    },
  })
  const options = { builder: juniper.id }
  const path = ['c500-operator', 'builder']
  const shown = await world.act('command', { as: olive.id, channelId: DROPS, path, options })
  assert.ok(shown.result === 'message')
  const customId = `v1:op:terms:${juniper.id}`
  const opened = await world.act('component', { as: olive.id, messageId: shown.message.id, customId })
  assert.ok(opened.result === 'modal')
  const form = new FormData()
  const values = {
    settlement: ['at_payment'],
    fee: '7.5',
    start: '2027-01-01',
    reason: 'Ten years of trust.',
  }
  form.set('act', JSON.stringify({ as: olive.id, modalId: opened.modalId, values }))
  await world.act('modal', form)
  const operator = { userId: olive.id, name: 'Olive' }
  const terms = {
    settlement: 'at_payment',
    feeBps: 750,
    startDay: '2027-01-01',
    reason: 'Ten years of trust.',
  }
  assert.deepEqual(heard, [{ operator, builderId: juniper.id, ...terms }])
})

test('after the line to Discord was cut the bot answers again', async (t) => {
  const world = await startWorld(t, 'gateway', {})
  world.discord.dropGateway()
  const help = { as: poppy.id, channelId: DROPS, path: ['c500', 'help'], options: {} }
  while (!(await world.look()).bot.online) await new Promise((resolve) => setImmediate(resolve))
  assert.equal((await world.act('command', help)).result, 'message')
})

testBoth('a core that takes long is waited for after a first word', async (t, transport) => {
  const slow = Promise.withResolvers<void>()
  const world = await startWorld(t, transport, {
    profile: async () => {
      await slow.promise
      return sampleProfile()
    },
  })
  const act = { as: poppy.id, channelId: DROPS, path: ['c500', 'profile'], options: {} }
  assert.equal((await world.act('command', act)).result, 'deferred')
  slow.resolve()
  await world.bot.idle()
  const shown = (await world.read(DROPS, poppy.id)).at(-1)
  assert.match(JSON.stringify(shown?.embeds), /Your orders/)
})

testBoth('stopping waits for the answer in hand', async (t, transport) => {
  const slow = Promise.withResolvers<void>()
  const asked = Promise.withResolvers<void>()
  const world = await startWorld(t, transport, {
    createDrop: async () => {
      asked.resolve()
      await slow.promise
      return sampleDraft()
    },
  })
  const opened = await world.act('command', {
    as: juniper.id,
    channelId: DROPS,
    path: ['c500', 'drop'],
    options: {},
  })
  assert.ok(opened.result === 'modal')
  const form = new FormData()
  const values = { title: 'Mug', story: '', price: '1', quantity: '1' }
  form.set('act', JSON.stringify({ as: juniper.id, modalId: opened.modalId, values }))
  await world.act('modal', form)
  await asked.promise
  const closed = world.bot.close()
  slow.resolve()
  await closed
  assert.match(JSON.stringify(await world.read(DROPS, juniper.id)), /v1:publish/)
})

test('a bot that cannot log in leaves nothing behind', async (t) => {
  const coreUrl = await startFakeCore(t, {})
  const env = {
    PORT: '0',
    DISCORD_TOKEN: 'x',
    DISCORD_GUILD_ID: GUILD.id,
    DROPS_CHANNEL_ID: DROPS,
    DISCORD_API_BASE: coreUrl,
    CORE_URL: coreUrl,
    CORE_TOKEN: 'core',
    PUSH_SECRET: SECRET,
    WEB_URL: coreUrl,
    LOG_LEVEL: 'silent',
  }
  await assert.rejects(startBot(parseConfig(env)))
})
