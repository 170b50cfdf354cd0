import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { bearer, type CoreClient, createCoreClient, isAppError, type OrderView } from '#contract'
import { parseConfig as parseBotConfig } from '../bot/config.ts'
import { type Bot, startBot } from '../bot/start.ts'
import { createSqliteStore } from '../core/adapters/store-sqlite.ts'
import { CHANNELS, GUILD, PEOPLE } from '../sandbox/cast.ts'
import { createPlayer, type Player, textOf } from '../sandbox/player.ts'
import { startSandbox } from '../sandbox/start.ts'
import { freePort } from './free-port.ts'
import { assertInvariants, readAll } from './invariants.ts'

/** In real time and with core as a process of its own, because only a process can be killed. */
interface LiveShop extends AsyncDisposable {
  readonly bot: CoreClient
  readonly web: CoreClient
  readonly stripeUrl: string
  readonly pageUrl: string
  readonly storePath: string
  pid(): number
  /** End core as a power cut would, and start it again on what it left. */
  crash(): Promise<void>
  restartBot(): Promise<void>
  stopCore(): Promise<void>
}

const TOKENS = { bot: 'crash-bot-token-0000', web: 'crash-web-token-0000', push: 'crash-push-secret-00' }
const WEBHOOKS = { platform: 'whsec_crash_platform', connect: 'whsec_crash_connect' }
const MOST_CRASHES = 5
/** How long a buyer who closed the page waits for news; a webhook that met a dead core comes again after 5 s. */
const LOOKS_AGAIN_MS = 6_000
const BUILDERS = ['juniper', 'moss'] as const
const BUYERS = ['poppy', 'wren', 'olive'] as const

async function openLiveShop(): Promise<LiveShop> {
  const stack = new AsyncDisposableStack()
  try {
    return await buildLiveShop(stack)
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

async function buildLiveShop(stack: AsyncDisposableStack): Promise<LiveShop> {
  const dataDir = await mkdtemp(join(tmpdir(), 'c500-crash-'))
  stack.defer(() => rm(dataDir, { recursive: true, force: true }))
  const [corePort, botPort] = await Promise.all([freePort(), freePort()])
  const coreUrl = `http://127.0.0.1:${corePort}`
  const botUrl = `http://127.0.0.1:${botPort}`
  const sandbox = await startSandbox({
    host: '127.0.0.1',
    dataDir: null,
    discord: { port: 0 },
    stripe: {
      port: 0,
      webhooks: [
        { url: `${coreUrl}/webhooks/stripe`, secret: WEBHOOKS.platform, connect: false },
        { url: `${coreUrl}/webhooks/stripe-connect`, secret: WEBHOOKS.connect, connect: true },
      ],
    },
    twitch: null,
    page: { port: 0, webUrl: 'http://127.0.0.1:9' },
  })
  stack.defer(() => sandbox.close())
  const { discord, stripe, page } = sandbox
  if (!discord || !stripe || !page) throw new Error('the sandbox did not start')

  const env = {
    PATH: process.env.PATH ?? '',
    PORT: String(corePort),
    DATA_DIR: dataDir,
    WEB_URL: 'http://127.0.0.1:9',
    BOT_URL: botUrl,
    TOKEN_BOT: TOKENS.bot,
    TOKEN_WEB: TOKENS.web,
    BOT_PUSH_SECRET: TOKENS.push,
    LINK_SECRET: 'crash-link-secret-00',
    STRIPE_SECRET_KEY: 'sk_test_crash',
    STRIPE_WEBHOOK_SECRET: WEBHOOKS.platform,
    STRIPE_CONNECT_WEBHOOK_SECRET: WEBHOOKS.connect,
    STRIPE_API_BASE: stripe.url,
    STRIPE_REQUESTS_PER_SECOND: '200',
    LOG_LEVEL: process.env.WORLD_LOG ?? 'silent',
  }
  let child: ChildProcess | undefined
  async function startCore(): Promise<void> {
    const main = join(import.meta.dirname, '../core/main.ts')
    child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main], {
      env,
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    const ended = once(child, 'exit')
    for (;;) {
      const answer = await fetch(`${coreUrl}/readyz`).catch(() => null)
      await answer?.body?.cancel()
      if (answer?.ok) return
      const over = await Promise.race([ended, wait(20, null)])
      if (over) throw new Error(`core ended while it started: ${over}`)
    }
  }
  async function endCore(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }
  stack.defer(() => endCore('SIGKILL'))
  await startCore()

  const botConfig = {
    ...parseBotConfig({
      PORT: String(botPort),
      DISCORD_TOKEN: 'crash.bot.token',
      DISCORD_GUILD_ID: GUILD.id,
      DROPS_CHANNEL_ID: CHANNELS.drops.id,
      DISCORD_API_BASE: discord.url,
      CORE_URL: coreUrl,
      CORE_TOKEN: TOKENS.bot,
      PUSH_SECRET: TOKENS.push,
      WEB_URL: 'http://127.0.0.1:9',
      LOG_LEVEL: 'silent',
    }),
    cardSpacingMs: 50,
    closeMs: 0,
  }
  let bot: Bot = await startBot(botConfig)
  stack.defer(() => bot.close())

  return {
    bot: createCoreClient({ baseUrl: coreUrl, credentials: bearer(TOKENS.bot) }),
    web: createCoreClient({ baseUrl: coreUrl, credentials: bearer(TOKENS.web) }),
    stripeUrl: stripe.url,
    pageUrl: page.url,
    storePath: join(dataDir, 'c500.sqlite'),
    pid: () => child?.pid ?? 0,
    async crash() {
      await endCore('SIGKILL')
      await startCore()
    },
    async restartBot() {
      await bot.close()
      bot = await startBot(botConfig)
    },
    stopCore: () => endCore('SIGTERM'),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

/** Ask until core is there to answer, with the same key each time, as a person presses again. */
async function insist<T>(ask: (call: { readonly idempotencyKey: string }) => Promise<T>): Promise<T> {
  const call = { idempotencyKey: crypto.randomUUID() }
  for (let tries = 1; ; tries++) {
    try {
      return await ask(call)
    } catch (error) {
      if (!isAppError(error, 'unavailable') || tries === 200) throw error
      await wait(50)
    }
  }
}

async function until<T>(what: string, ask: () => Promise<T | null | undefined | false>): Promise<T> {
  const patience = AbortSignal.timeout(60_000)
  for (;;) {
    const answer = await ask()
    if (answer) return answer
    if (patience.aborted) throw new Error(`waited in vain for ${what}`)
    await wait(50)
  }
}

/** A builder who can be paid, and a drop on sale. */
async function openDrop(shop: LiveShop, name: (typeof BUILDERS)[number], quantity: number): Promise<string> {
  const person = { userId: PEOPLE[name].id, name }
  const { onboardingUrl } = await insist((call) => shop.bot.joinBuilder({ person }, call))
  const token = onboardingUrl?.split('/').at(-1) ?? ''
  const { url } = await insist((call) => shop.web.openOnboarding({ token }, call))
  await (await fetch(url)).body?.cancel()
  await fetch(url, { method: 'POST', body: new URLSearchParams({ action: 'finish' }), redirect: 'manual' })
  const form = {
    title: `Mug by ${name}`,
    story: '',
    price: '24',
    quantity: String(quantity),
    closesInHours: 24,
    perPerson: 5,
  }
  const draft = await insist((call) =>
    shop.bot.createDrop({ builder: person, draftId: null, form, picture: null }, call),
  )
  const publish = { userId: person.userId, draftId: draft.draftId }
  return until('the drop to be on sale', async () => {
    const ready = await insist((call) => shop.web.returnFromOnboarding({ token }, call))
    return ready.payouts === 'ready' && (await insist((call) => shop.bot.publishDrop(publish, call))).dropId
  })
}

/** One unit from the shelf to the buyer's hands. Every other buyer closes Stripe's page and waits for news. */
async function buyOne(shop: LiveShop, name: (typeof BUYERS)[number], dropId: string, n: number) {
  const buyer = { userId: PEOPLE[name].id, name }
  const { order } = await insist((call) => shop.bot.createCheckout({ buyer, dropId }, call))
  const { orderId } = order
  const token = order.payUrl?.split('/').at(-1) ?? ''
  const payPage = await until('the pay page', async () => {
    const { url } = await insist((call) => shop.web.openPayment({ token }, call))
    return url
  })
  const card = new URLSearchParams({ card: '4242 4242 4242 4242', method: 'card' })
  await fetch(payPage, { method: 'POST', body: card, redirect: 'manual' })
  const look = () => insist((call) => shop.bot.getOrder({ userId: buyer.userId, orderId }, call))
  const reaches = (...states: OrderView['status'][]) =>
    until(`${orderId} to be ${states}`, async () => states.includes((await look()).status))
  if (n % 2 === 1) await Promise.race([reaches('paid'), wait(LOOKS_AGAIN_MS)])
  await insist((call) => shop.web.orderForReturn({ token }, call))
  await reaches('paid')
  const parcel = { carrier: 'Royal Mail', trackingNumber: orderId }
  await insist((call) => shop.bot.markShipped({ userId: order.builder.userId, orderId, ...parcel }, call))
  await insist((call) => shop.bot.confirmArrival({ userId: buyer.userId, orderId }, call))
  await reaches('released')
}

test('killed at any moment again and again, core finishes every sale exactly once', async (t) => {
  await using shop = await openLiveShop()
  const drops = await Promise.all(BUILDERS.map((name) => openDrop(shop, name, 4)))
  let selling = true
  const trouble = async () => {
    for (let crashes = 1; selling && crashes <= MOST_CRASHES; crashes++) {
      await wait(Math.random() * 600)
      await shop.crash()
      if (crashes % 2 === 0) await shop.restartBot()
      t.diagnostic(`crash ${crashes}`)
    }
  }
  const sales = Promise.all(
    drops.flatMap((dropId, at) => BUYERS.map((name, n) => buyOne(shop, name, dropId, at + n))),
  ).finally(() => {
    selling = false
  })
  await Promise.all([sales, trouble()])

  // Somebody lets go, somebody only holds: the end must be right for those, too.
  const [dropId = ''] = drops
  const hold = (name: (typeof BUYERS)[number]) =>
    insist((call) => shop.bot.createCheckout({ buyer: { userId: PEOPLE[name].id, name }, dropId }, call))
  const { order: gone } = await hold('poppy')
  await insist((call) => shop.bot.cancelHold({ userId: gone.buyer.userId, orderId: gone.orderId }, call))
  await shop.crash()
  await until('the unit that was let go to be back', async () => {
    const { available } = await insist((call) => shop.bot.getDrop({ dropId }, call))
    return available === 1
  })
  await hold('wren')
  // A bot that was stopped in the middle of an edit is part of this process and may still bring it to its end.
  await until('both cards to be right', async () => {
    const cards = await cardsSeenBy(shop, 'poppy')
    return cards.join() === '0 of 4 left,1 of 4 left'
  })
  await assertAllSettled(shop, { released: 6, expired: 1, held: 1 })

  const kinds = {
    buyer: [/is yours/, /on its way/, /has been paid/],
    builder: [/You sold/, /arrived\./, /was sent/],
  }
  for (const name of [...BUYERS, ...BUILDERS]) {
    const news = (await playerOf(shop, name).privateMessages()).map(({ content }) => content)
    const builds = (BUILDERS as readonly string[]).includes(name)
    const times = builds ? BUYERS.length : BUILDERS.length
    for (const kind of kinds[builds ? 'builder' : 'buyer']) {
      assert.equal(news.filter((one) => kind.test(one)).length, times, `${name} was told ${kind}`)
    }
    assert.deepEqual(await cardsSeenBy(shop, name), ['0 of 4 left', '1 of 4 left'])
  }
})

function playerOf(shop: LiveShop, name: keyof typeof PEOPLE): Player {
  return createPlayer({
    pageUrl: shop.pageUrl,
    personId: PEOPLE[name].id,
    channelId: CHANNELS.lounge.id,
  })
}

/** What is left by the public cards, fewest first. */
async function cardsSeenBy(shop: LiveShop, name: keyof typeof PEOPLE): Promise<(string | undefined)[]> {
  const cards = await playerOf(shop, name).messages(CHANNELS.drops.id)
  return cards.map((card) => /\d of 4 left/.exec(textOf(card))?.[0]).toSorted()
}

/** Wait until nothing is due, stop core, and look at what it leaves. */
async function assertAllSettled(shop: LiveShop, counts: Readonly<Record<string, number>>): Promise<void> {
  const store = createSqliteStore({ path: shop.storePath })
  try {
    await until('nothing to be due', async () => {
      const effects = await Promise.all(
        (['checkout', 'doors', 'money', 'cards', 'news'] as const).map((queue) =>
          readAll(store, 'outbox', 'dueAt', { queue }),
        ),
      )
      const waits = ({ dueAt, leaseUntil, lastError }: (typeof effects)[number][number]['value']) =>
        lastError === null && dueAt > Date.now() && leaseUntil < Date.now()
      return effects.flat().every(({ value }) => waits(value))
    })
    await shop.stopCore()
    await assertInvariants({ store, stripeUrl: shop.stripeUrl, now: Date.now() })
    const orders = await readAll(store, 'orders', 'createdAt')
    const found = Object.groupBy(orders, ({ value }) => value.status)
    assert.deepEqual(
      Object.fromEntries(Object.entries(found).map(([status, some]) => [status, some.length])),
      counts,
    )
  } finally {
    await store.close()
  }
}

const canLimit = (() => {
  try {
    execFileSync('prlimit', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

test('with the disk full core says so kindly and loses nothing, and goes on when there is room', {
  skip: canLimit ? false : 'prlimit, which plays the full disk, is not installed here',
}, async () => {
  await using shop = await openLiveShop()
  const dropId = await openDrop(shop, 'juniper', 3)
  const buyer = { userId: PEOPLE.poppy.id, name: 'Poppy' }
  const room = (bytes: string) =>
    execFileSync('prlimit', ['--pid', String(shop.pid()), `--fsize=${bytes}:unlimited`])
  // No file of this process may grow past its first page: each write fails as on a full disk.
  room('4096')
  for (let tries = 0; tries < 3; tries++) {
    await assert.rejects(shop.bot.createCheckout({ buyer, dropId }, { idempotencyKey: 'a-click' }), {
      code: 'unavailable',
      message: 'The store cannot write right now.',
    })
  }
  const { available } = await shop.bot.getDrop({ dropId })
  assert.equal(available, 3, 'reading goes on')
  room('unlimited')
  await buyOne(shop, 'poppy', dropId, 0)
  // What could not be written down as done is leased for a minute; a new process takes it over at once.
  await shop.crash()
  await assertAllSettled(shop, { released: 1 })
})
