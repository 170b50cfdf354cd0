import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import {
  AppError,
  type BuilderView,
  type DropView,
  type Input,
  isAppError,
  type OrderView,
  type Output,
  ROUTES,
  type RouteName,
} from '#contract'
import type { Config } from '../config.ts'

type Answers = { [N in RouteName]?: (input: Input<N>) => Output<N> | Promise<Output<N>> }

export interface FakeCore extends AsyncDisposable {
  readonly url: string
  /** What it answers; a route without an answer is refused with `not_found`. Change it at any time. */
  readonly answers: Answers
  /** Every question so far, by route. */
  readonly asked: RouteName[]
  /** While true every question gets a 503, as from a core that is starting. */
  down: boolean
}

const CORE_TOKEN = 'token-of-web-for-tests'

/** What web is told when it stands before this core: one shop, that says nothing of who runs it and logs nothing. */
export function configFor(core: Pick<FakeCore, 'url'>, over: Partial<Config> = {}): Config {
  return {
    host: '127.0.0.1',
    port: 0,
    coreUrl: core.url,
    publicUrl: null,
    inviteUrl: null,
    operator: null,
    log: { level: 'silent', format: 'json' },
    telemetryUrl: null,
    secrets: { coreToken: CORE_TOKEN },
    ...over,
  }
}

/** A core on a real port that speaks the contract and says what it is told to. */
export async function startFakeCore(answers: Answers = {}): Promise<FakeCore> {
  const app = new Hono()
  const fake = { answers, asked: [] as RouteName[], down: false }
  for (const name of Object.keys(ROUTES) as RouteName[]) {
    const route = ROUTES[name]
    app.post(route.path, async (c) => {
      const refuse = (error: AppError) =>
        c.json({ error: { code: error.code, message: error.message, requestId: 'r' } }, error.status as 400)
      fake.asked.push(name)
      if (fake.down) return refuse(new AppError('unavailable'))
      if (c.req.header('authorization') !== `Bearer ${CORE_TOKEN}`)
        return refuse(new AppError('unauthorized'))
      try {
        // The table pairs each name with its own input; the loop over names loses that pairing.
        const answer = fake.answers[name] as ((input: unknown) => unknown) | undefined
        if (!answer) throw new AppError('not_found')
        return c.json(route.output.parse(await answer(route.input.parse(await c.req.json()))) as object)
      } catch (error) {
        return refuse(isAppError(error) ? error : new AppError('internal', String(error)))
      }
    })
  }
  const server = createServer(getRequestListener(app.fetch))
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
  return Object.assign(fake, {
    url,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  })
}

/** The moment the made-up world stands at: 3 December 2026, 12:00 UTC. */
export const NOW = Date.UTC(2026, 11, 3, 12)

const HOUR = 60 * 60_000

/** An id of our own kind, the same for the same number. */
export const makeId = (kind: 'drp' | 'ord' | 'pic', n: number) => `${kind}_${String(n).padStart(26, '0')}`

export function makeDrop(n: number, over: Partial<DropView> = {}): DropView {
  return {
    dropId: makeId('drp', n),
    title: 'Speckled stoneware mug',
    story: 'Thrown on a kick wheel.\nGlazed twice.\n\nHolds 300 ml of anything warm.',
    price: { amount: 4200, currency: 'usd' },
    quantity: 3,
    available: 2,
    held: 1,
    sold: 0,
    perPerson: 1,
    status: 'open',
    settlement: 'on_arrival',
    openedAt: NOW - HOUR,
    closesAt: NOW + 30 * HOUR,
    opensAt: null,
    opensWithStream: false,
    reminders: 0,
    waiting: 0,
    builder: { userId: '100000000000000101', name: 'Juniper' },
    picture: {
      pictureId: makeId('pic', n),
      width: 1600,
      height: 1200,
      alt: 'A speckled mug on a shelf',
      widths: [320, 640, 960],
      colour: '#c9b29c',
    },
    card: null,
    channel: null,
    ...over,
  }
}

export function makeOrder(over: Partial<OrderView> = {}): OrderView {
  const drop = makeDrop(1)
  return {
    orderId: makeId('ord', 1),
    status: 'held',
    drop: { dropId: drop.dropId, title: drop.title, picture: drop.picture },
    buyer: { userId: '100000000000000103', name: 'Poppy' },
    builder: drop.builder,
    total: { amount: 4200, currency: 'usd' },
    fee: { amount: 210, currency: 'usd' },
    share: { amount: 3990, currency: 'usd' },
    left: { fee: { amount: 210, currency: 'usd' }, share: { amount: 3990, currency: 'usd' } },
    createdAt: NOW,
    holdUntil: NOW + HOUR / 2,
    payUrl: null,
    endedBy: null,
    stripeFee: null,
    settlement: 'on_arrival',
    refunded: { amount: 0, currency: 'usd' },
    refunds: [],
    paidAt: null,
    shipment: null,
    arrivedAt: null,
    releasedAt: null,
    releasesAt: null,
    holdingEndsAt: null,
    frozenBy: null,
    caseId: null,
    receiptUrl: null,
    shipTo: null,
    ...over,
  }
}

export function makeBuilder(over: Partial<BuilderView> = {}): BuilderView {
  return {
    builder: { userId: '100000000000000101', name: 'Juniper' },
    status: 'approved',
    statusChange: { status: 'approved', at: NOW, by: null, reason: '' },
    terms: { from: NOW, settlement: 'on_arrival', feeBps: 500, by: null, at: NOW, reason: '' },
    upcomingTerms: [],
    payouts: 'ready',
    requirements: [],
    checklist: [],
    onboardingUrl: null,
    dashboardUrl: null,
    statementUrl: 'https://shop.example/statement/abc',
    channel: null,
    about: '',
    link: null,
    joinedAt: NOW,
    ...over,
  }
}

/** An order of which everything goes back because it was paid too late. */
export function paidTooLate(status: 'refunding' | 'refunded', total: OrderView['total']): Partial<OrderView> {
  const state = status === 'refunded' ? 'succeeded' : 'pending'
  return {
    status,
    paidAt: NOW,
    refunded: total,
    refunds: [{ amount: total, reason: 'paid_too_late', note: '', status: state, at: NOW }],
  }
}
