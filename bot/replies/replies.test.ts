import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  BuilderStatus,
  CaseDecision,
  CaseStatus,
  DropNotice,
  type DropView,
  type Notice,
  OrderNotice,
  OrderStatus,
  type OrderView,
  RefundReason,
  RefundState,
  SellingStop,
  Settlement,
} from '#contract'
import { assertModalWithinLimits, assertWithinLimits } from '../testing/limits.ts'
import {
  CASE_ID,
  DRAFT_ID,
  JUNIPER,
  NOW,
  OLIVE,
  PICTURE,
  POPPY,
  sampleBuilder,
  sampleCase,
  sampleChannel,
  sampleDashboard,
  sampleDispute,
  sampleDraft,
  sampleDrop,
  sampleEntry,
  sampleMismatch,
  sampleMoney,
  sampleMoneyReport,
  sampleNotice,
  sampleOrder,
  sampleOrderId,
  sampleProfile,
  sampleQueue,
  sampleRefund,
  sampleTerms,
  WEBP_BASE64,
} from '../testing/samples.ts'
import { renderBuilder } from './builder.ts'
import { pictureFile, renderCard } from './card.ts'
import { caseItems, renderCase, renderCaseItem } from './case.ts'
import { renderIdentity, renderLinkStart, renderUnlinkQuestion } from './channel.ts'
import { renderDashboard } from './dashboard.ts'
import { renderKeptForm, renderNoStream, renderPreview, renderProblems, renderPublished } from './draft.ts'
import {
  aboutForm,
  caseForm,
  descriptionForm,
  dropForm,
  giveBackForm,
  problemForm,
  shipmentForm,
} from './forms.ts'
import { renderHelp } from './help.ts'
import { renderKept } from './kept.ts'
import { renderLive } from './live.ts'
import { type Message, toBody } from './message.ts'
import { renderMoney } from './money.ts'
import { renderNotice } from './notice.ts'
import { renderNotOpen, renderOpening, renderReminder } from './opening.ts'
import {
  renderAudit,
  renderBuilderForOperator,
  renderCaseForOperator,
  renderCases,
  renderDispute,
  renderDoctor,
  renderOrderForOperator,
  renderPausedDrops,
  renderQueue,
  renderResumed,
} from './operator.ts'
import {
  decisionForm,
  mendForm,
  refundForm,
  releaseForm,
  sellingForm,
  standingForm,
  termsForm,
} from './operator-forms.ts'
import { renderHeld, renderOrder } from './order.ts'
import { renderProfile } from './profile.ts'
import { renderPlace } from './waitlist.ts'

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'binary', minLength: 300, maxLength: 5_000, size: 'max' }),
  fc.constantFrom(
    '',
    '*'.repeat(4_000),
    '@everyone',
    '[a](https://b)',
    '\u202E',
    '\\'.repeat(999),
    '😀'.repeat(900),
  ),
)

type Standing = Pick<OrderView, 'status' | 'frozenBy' | 'settlement'> & {
  readonly builder: BuilderStatus
  readonly case: CaseStatus
  readonly decision: CaseDecision
  readonly reason: RefundReason
  readonly refund: RefundState
}
const standings: fc.Arbitrary<Standing> = fc.record({
  status: fc.constantFrom(...OrderStatus.options),
  frozenBy: fc.constantFrom(null, 'case' as const, 'dispute' as const, 'drift' as const),
  settlement: fc.constantFrom(...Settlement.options),
  builder: fc.constantFrom(...BuilderStatus.options),
  case: fc.constantFrom(...CaseStatus.options),
  decision: fc.constantFrom(...CaseDecision.options),
  reason: fc.constantFrom(...RefundReason.options),
  refund: fc.constantFrom(...RefundState.options),
})

/** Every message the bot can write, out of the same few texts. */
function everyMessage(title: string, story: string, name: string, standing: Standing): Message[] {
  const person = { ...JUNIPER, name }
  const shipment = { carrier: name, trackingNumber: title, shippedAt: NOW }
  const orders = Array.from({ length: 25 }, (_, n) =>
    sampleOrder({
      orderId: sampleOrderId(n),
      status: standing.status,
      frozenBy: standing.frozenBy,
      caseId: standing.frozenBy === 'case' ? `cas_${String(n).padStart(26, '0')}` : null,
      settlement: standing.settlement,
      refunded: { amount: n % 2 === 0 ? 0 : 500, currency: 'usd' },
      refunds:
        n % 2 === 0
          ? []
          : Array.from({ length: 30 }, () =>
              sampleRefund({ note: story, reason: standing.reason, status: standing.refund }),
            ),
      paidAt: NOW,
      releasesAt: NOW,
      holdingEndsAt: NOW + n - 1,
      drop: { ...sampleOrder().drop, title },
      buyer: { ...POPPY, name },
      builder: person,
      receiptUrl: 'https://shop.example/receipt/token',
      payUrl: `https://shop.example/${encodeURIComponent(name.toWellFormed())}`,
      shipTo: story,
      shipment,
    }),
  )
  const [order = sampleOrder()] = orders
  const drop = sampleDrop({ title, story, builder: person, picture: PICTURE })
  const draft = sampleDraft({ problems: [{ field: 'title', sentence: story }] })
  const preview = { ...(draft.preview ?? assert.fail()), title, story }
  const described = { ...draft, picture: { ...PICTURE, alt: title, described: true as const } }
  const drops = Array.from({ length: 10 }, (_, n) => ({
    ...drop,
    dropId: `drp_${String(n).padStart(26, '0')}`,
    status: n % 2 === 0 ? ('paused' as const) : ('open' as const),
  }))
  const builder = sampleBuilder({
    builder: person,
    status: standing.builder,
    statusChange: { status: standing.builder, at: NOW, by: { ...OLIVE, name }, reason: story },
    terms: sampleTerms({ by: { ...OLIVE, name }, reason: story }),
    upcomingTerms: Array.from({ length: 9 }, () => sampleTerms({ by: { ...OLIVE, name }, reason: story })),
    payouts: 'incomplete',
    requirements: Array.from({ length: 30 }, () => title),
    checklist: [{ step: 'payment_account', done: false, sentence: title }],
    onboardingUrl: 'https://x.example',
    about: story,
    link: `https://juniper.example/${'x'.repeat(200)}`,
  })
  const cases = Array.from({ length: 25 }, (_, n) =>
    sampleCase({
      caseId: `cas_${String(n).padStart(26, '0')}`,
      order,
      status: standing.case,
      threadId: '300000000000000009',
      silence: n % 3 === 0 ? { at: NOW, after: 1 } : null,
      decidesItself: n % 2 === 0 ? null : { at: NOW, decision: standing.decision },
      entries: (['buyer', 'builder', 'operator'] as const).map((role, at) =>
        sampleEntry({ role, at: NOW + at, text: story, by: { ...OLIVE, name }, pictures: [PICTURE] }),
      ),
      decision:
        standing.case === 'decided'
          ? { decision: standing.decision, amount: order.total, reason: story, at: NOW + 1 }
          : null,
    }),
  )
  const channel = sampleChannel({ displayName: name, live: { since: NOW, title: story, game: title } })
  const live = { streamId: '1', builder: person, startedAt: NOW, title: story, game: title, place: null }
  const identity = {
    person,
    status: standing.builder,
    joinedAt: NOW,
    isSetUp: true,
    about: story,
    link: null,
  }
  const views = cases.slice(0, 2)
  const waiting = { ...drop, status: 'scheduled' as const, opensAt: NOW + 3_600_000, opensWithStream: true }
  const news = { noticeId: 'n', userId: person.userId, at: NOW }
  const told = { noticeId: 'n', userId: person.userId, at: NOW, builder } as const
  const notices: Notice[] = [
    ...OrderNotice.shape.kind.options.map((kind) => sampleNotice({ kind, order })),
    { ...told, about: 'standing', change: builder.statusChange },
    { ...told, about: 'terms', change: builder.terms },
    { ...told, about: 'channel', channelName: name },
    ...DropNotice.shape.kind.options.map((kind): Notice => ({ ...news, about: 'drop', kind, drop })),
  ]
  return [
    renderCard(drop),
    renderCard({ ...drop, channel }),
    renderLive({ ...live, channel, endedAt: null }),
    renderLive({ ...live, channel: null, endedAt: NOW }),
    renderBuilder({ ...builder, channel }, 'Done.'),
    renderLinkStart({ url: 'https://shop.example/link/twitch?t=x', expiresAt: NOW }),
    renderUnlinkQuestion(channel),
    renderIdentity(person.userId, { builder: identity, channel }, 'https://shop.example/'),
    renderIdentity(person.userId, { builder: null, channel: null }, 'https://shop.example/'),
    renderCard({ ...drop, available: 0, held: 3 }),
    renderCard({ ...drop, available: 0, sold: 3 }),
    renderCard({ ...drop, status: 'closed' }),
    renderCard({ ...drop, status: 'paused' }),
    renderProblems(draft),
    renderPreview(described, preview, {
      builder: person,
      now: NOW,
      picture: pictureFile(PICTURE, WEBP_BASE64),
    }),
    renderKeptForm('Not taken.', { ...draft.form, title, story, price: name }, draft.draftId),
    renderPublished(drop, '100000000000000010', true),
    renderPublished(waiting, '100000000000000010', false),
    renderNoStream(draft.draftId, true),
    renderCard(waiting),
    renderReminder(waiting, true),
    renderReminder(waiting, false),
    renderReminder(drop, false),
    renderNotOpen(waiting),
    renderOpening(waiting),
    renderOpening(drop),
    renderHeld(order, true),
    renderOrder(order, 'buyer', 'Done.'),
    renderOrder(order, 'builder'),
    renderOrder(orders[1] ?? order, 'buyer'),
    renderOrder(orders[1] ?? order, 'builder', 'Done.'),
    renderKept(
      'Not taken.',
      [
        { name: 'Amount', text: name },
        { name: 'Your words', text: story },
      ],
      ['wrong', order.orderId],
    ),
    renderMoney(
      sampleMoney({
        lines: orders,
        cursor: 'c'.repeat(66),
        held: [order.total],
        debt: { amount: 5, currency: 'usd' },
      }),
    ),
    renderMoney(sampleMoney({ cursor: 'c'.repeat(300) })),
    ...views.flatMap((view) => [
      renderCase(view, 'buyer', 'Done.'),
      renderCase(view, 'builder'),
      renderCaseForOperator(view, 'Done.'),
      ...caseItems(view).flatMap((item, at) => [
        renderCaseItem(view, at, item, 'thread'),
        renderCaseItem(view, at, item, 'dm'),
      ]),
    ]),
    renderQueue(
      sampleQueue({
        applications: Array.from({ length: 25 }, (_, n) => ({
          ...builder,
          builder: { name, userId: String(100_000_000_000_000_000 + n) },
        })),
        cases,
        blocked: orders,
        failedRefunds: orders,
        disputes: orders,
        nearHoldingLimit: orders,
        paused: true,
      }),
    ),
    renderQueue(sampleQueue({ cases: cases.slice(0, 5), blocked: orders.slice(0, 5) })),
    renderCases(cases),
    renderOrderForOperator(order, 'Done.'),
    renderOrderForOperator(orders[1] ?? order),
    renderBuilderForOperator(builder, drops, 'Done.'),
    renderBuilderForOperator(builder, drops.slice(0, 2)),
    renderAudit({
      entries: Array.from({ length: 100 }, (_, n) => auditEntry(n, story, name)),
      intact: false,
    }),
    renderDoctor(
      sampleMoneyReport({
        total: 40,
        mismatches: orders.map(({ orderId }) =>
          sampleMismatch({ orderId, sentence: title, likelyCause: story, repair: name }),
        ),
        balances: Array.from({ length: 30 }, () => ({ currency: 'usd', stripe: -1, ours: 1 })),
      }),
      'Two repairs are under way.',
    ),
    renderDoctor(sampleMoneyReport()),
    renderPausedDrops(drops, true),
    renderPausedDrops([], false),
    renderResumed('all', SellingStop.options),
    renderProfile(sampleProfile({ orders, missed: notices, builder }), 'https://shop.example'),
    renderDashboard(
      sampleDashboard({
        toShip: orders,
        onTheWay: orders,
        drops: Array.from({ length: 10 }, (_, n) => ({
          ...waiting,
          dropId: `drp_${String(n).padStart(26, '0')}`,
        })),
      }),
    ),
    renderDashboard(sampleDashboard({ toShip: orders.slice(0, 4) })),
    ...notices.flatMap((notice) => [renderNotice(notice, 'dm'), renderNotice(notice, 'thread')]),
    renderBuilder(builder, 'Nearly there.'),
    renderBuilder(sampleBuilder()),
    renderHelp('https://shop.example'),
  ]
}

function auditEntry(n: number, reason: string, name: string) {
  const by = { ...OLIVE, name }
  return { seq: n + 1, at: NOW, by, action: reason, subject: name, reason, hash: 'ab' }
}

test('no text makes a message break a limit of Discord or mention anybody', () => {
  fc.assert(
    fc.property(text, text, text, standings, (title, story, name, standing) => {
      for (const message of everyMessage(title, story, name, standing)) {
        const body = toBody(message)
        assertWithinLimits(body)
        assert.deepEqual(body.allowed_mentions.parse, [])
        assert.deepEqual(body.allowed_mentions.users ?? [], message.mentions ?? [])
      }
    }),
    { numRuns: 40 },
  )
})

test('no text of a person is read as markdown, wherever it is shown', () => {
  const wild = '[x](https://evil.example) **b** <@1> @everyone'
  const standings = CaseStatus.options.map((status) => ({
    status: 'shipped' as const,
    frozenBy: null,
    settlement: 'on_arrival' as const,
    builder: 'paused' as const,
    case: status,
    decision: 'part_refund' as const,
    reason: 'case' as const,
    refund: 'pending' as const,
  }))
  for (const standing of standings) {
    for (const message of everyMessage(wild, wild, wild, standing)) {
      const { content, embeds } = toBody(message)
      // Authors, footers and labels show text as it is; these read markdown.
      const read = embeds.flatMap(({ title, description, fields = [] }) => [
        title,
        description,
        ...fields.flatMap(({ name, value }) => [name, value]),
      ])
      for (const text of [content, ...read]) {
        assert.doesNotMatch(text ?? '', /(?<!\\)\[x|(?<!\\)\*\*b|(?<!\\)<@1>|@everyone/)
      }
    }
  }
})

test('a preview asks kindly for what its picture shows, and says it once it is known', () => {
  const shown = (picture: typeof PICTURE | null) => {
    const draft = sampleDraft({ picture })
    const preview = draft.preview ?? assert.fail()
    return JSON.stringify(renderPreview(draft, preview, { builder: JUNIPER, now: NOW, picture: null }))
  }
  assert.match(shown(PICTURE), /Not in words yet.*"label":"Publish".*"label":"Describe the picture"/)
  const words = shown({ ...PICTURE, alt: 'A mug on a *shelf*', described: true } as typeof PICTURE)
  assert.match(words, /A mug on a .{2,4}shelf/)
  assert.doesNotMatch(words, /Not in words yet/)
  assert.doesNotMatch(shown(null), /Describe|in words/)
})

test('no text makes a form break a limit of Discord', () => {
  fc.assert(
    fc.property(text, (typed) => {
      const form = { ...sampleDraft().form, title: typed, story: typed, price: typed, quantity: typed }
      assertModalWithinLimits(dropForm(form, sampleDraft({ form, picture: PICTURE })))
      assertModalWithinLimits(aboutForm({ about: typed, link: `https://juniper.example/${'x'.repeat(900)}` }))
      assertModalWithinLimits(descriptionForm(DRAFT_ID, { ...PICTURE, alt: typed, described: true }))
    }),
  )
  const orderId = sampleOrderId(1)
  const forms = [
    shipmentForm(orderId),
    giveBackForm(orderId),
    problemForm(orderId),
    caseForm(CASE_ID),
    refundForm(orderId, '5'.repeat(6_000)),
    releaseForm(orderId),
    mendForm(),
    termsForm(JUNIPER.userId),
    ...BuilderStatus.options.map((status) => standingForm(JUNIPER.userId, status)),
    ...CaseDecision.options.map((decision) => decisionForm(CASE_ID, decision)),
    ...['all', sampleDrop().dropId, JUNIPER.userId].flatMap((what) => [
      sellingForm('pause', what),
      sellingForm('resume', what),
    ]),
  ]
  for (const form of forms) assertModalWithinLimits(form)
})

test('a card counts what is left and offers to buy it', () => {
  const body = toBody(renderCard(sampleDrop()))
  assert.match(JSON.stringify(body.embeds), /3 of 3 left/)
  assert.match(JSON.stringify(body.embeds), /\$24\.00/)
  assert.match(JSON.stringify(body.components), /"label":"Buy now".*"disabled":false/)
  const many = renderCard(sampleDrop({ available: 9_999, quantity: 10_000 }))
  assert.match(JSON.stringify(many.embeds), /9,999 of 10,000 left/)
})

test('a card that sold out does not count down to its closing', () => {
  const fields = (drop: DropView) => renderCard(drop).embeds?.[0]?.fields?.map(({ name }) => name)
  assert.deepEqual(fields(sampleDrop()), ['Price', 'On the shelf', 'Closes'])
  assert.deepEqual(fields(sampleDrop({ available: 0, sold: 3 })), ['Price', 'Sold out'])
  assert.deepEqual(fields(sampleDrop({ available: 0, held: 3 })), ['Price', 'All held right now', 'Closes'])
})

test('a card with nothing to buy says why on a button that cannot be pressed', () => {
  const cases = [
    [sampleDrop({ available: 0, sold: 3 }), 'Sold out'],
    [sampleDrop({ available: 0, sold: 3, status: 'closed' }), 'Sold out'],
    [sampleDrop({ status: 'closed' }), 'Closed'],
    [sampleDrop({ status: 'paused' }), 'Paused for a moment'],
    [sampleDrop({ status: 'paused', available: 0, sold: 3 }), 'Sold out'],
  ] as const
  for (const [drop, label] of cases) {
    const buttons = JSON.stringify(renderCard(drop).rows)
    assert.match(buttons, new RegExp(`"label":"${label}".*"disabled":true`))
  }
})

test('where all are held, or one came back for those who wait, there is a line to get into', () => {
  for (const drop of [
    sampleDrop({ available: 0, held: 3, waiting: 2 }),
    sampleDrop({ available: 1, held: 2, waiting: 2 }),
  ]) {
    const { embeds, rows } = renderCard(drop)
    assert.match(JSON.stringify(embeds), /All held right now.*0 of 3 left.*2 waiting in line/)
    assert.match(JSON.stringify(rows), /"label":"Get in line"/)
    assert.doesNotMatch(JSON.stringify(rows), /"disabled":true|Buy now/)
  }
  const said = (place: number | null, on: boolean, over = {}) => {
    const message = renderPlace({ drop: sampleDrop({ available: 0, held: 3, ...over }), place }, on)
    return JSON.stringify([message.embeds, message.rows])
  }
  assert.match(said(1, true), /first in line.*Leave the line/)
  assert.match(said(7, true), /number 7 in line.*Leave the line/)
  assert.match(said(101, true), /more than \*\*100\*\* people.*Leave the line/)
  assert.match(said(null, true, { available: 1, held: 2 }), /right now.*Buy now/)
  assert.match(said(null, false), /not in line.*Get in line/)
  assert.doesNotMatch(said(null, false, { sold: 3, held: 0 }), /Get in line/)
})

test('who was next in line is told until when one is theirs, and the last ones that the line is over', () => {
  const offered = (status: OrderView['status']) => {
    const order = sampleOrder({ status, payUrl: status === 'held' ? 'http://x/pay' : null })
    return JSON.stringify(renderNotice(sampleNotice({ kind: 'buyer_offered', order }), 'dm'))
  }
  assert.match(offered('held'), /held for you until <t:\d+:t>.*"label":"Pay".*Let it go/)
  assert.match(offered('expired'), /came back while you were next in line/)
  assert.doesNotMatch(offered('expired'), /"label":"Pay"/)
  const over = (drop: DropView) =>
    JSON.stringify(
      renderNotice(
        { noticeId: 'n', userId: JUNIPER.userId, at: NOW, about: 'drop', kind: 'waitlist_over', drop },
        'dm',
      ),
    )
  assert.match(over(sampleDrop({ available: 0, sold: 3 })), /found a home/)
  assert.match(over(sampleDrop({ available: 1, sold: 2, status: 'closed' })), /has closed/)
})

test("a buyer's address is written to the builder directly and never into a thread", () => {
  const order = sampleOrder({ status: 'paid', shipTo: 'Poppy\n1 Meadow Lane' })
  const notice = sampleNotice({ kind: 'builder_sold', userId: JUNIPER.userId, order })
  assert.match(JSON.stringify(renderNotice(notice, 'dm')), /Meadow Lane/)
  assert.doesNotMatch(JSON.stringify(renderNotice(notice, 'thread')), /Meadow Lane/)
})

test('news offers the next step and nothing else', () => {
  const labels = (notice: OrderNotice) => JSON.stringify(renderNotice(notice, 'dm').rows)
  assert.match(
    labels(sampleNotice({ kind: 'builder_sold', order: sampleOrder({ status: 'paid' }) })),
    /v1:ship:ord_/,
  )
  assert.match(
    labels(sampleNotice({ kind: 'buyer_shipped', order: sampleOrder({ status: 'shipped' }) })),
    /v1:arrived:ord_/,
  )
  assert.equal(
    labels(sampleNotice({ kind: 'buyer_refunded', order: sampleOrder({ status: 'refunded' }) })),
    '[]',
  )
})

test('a dashboard has a button for each of four orders and a menu for more', () => {
  const orders = (count: number) =>
    Array.from({ length: count }, (_, n) => sampleOrder({ orderId: sampleOrderId(n), status: 'paid' }))
  const four = JSON.stringify(renderDashboard(sampleDashboard({ toShip: orders(4) })).rows)
  assert.equal(four.match(/v1:ship:/g)?.length, 4)
  const five = JSON.stringify(renderDashboard(sampleDashboard({ toShip: orders(5) })).rows)
  assert.match(five, /v1:pickship/)
  assert.doesNotMatch(five, /v1:ship:/)
})

test('every news has a sentence of its own and the step it asks for', () => {
  const STEP: Partial<Record<OrderNotice['kind'], string>> = {
    buyer_shipped: 'v1:wrong:',
    buyer_released: 'v1:wrong:',
    buyer_refunding: 'v1:order:',
    builder_sold: 'v1:ship:',
    builder_released: 'v1:money',
    builder_release_blocked: 'v1:join',
    builder_refunded: 'v1:order:',
    builder_debt: 'v1:money',
    builder_holding_warned: 'v1:order:',
    builder_dispute_opened: 'v1:order:',
    builder_dispute_won: 'v1:order:',
    builder_dispute_lost: 'v1:order:',
    buyer_case_decided: 'v1:order:',
    builder_case_decided: 'v1:order:',
  }
  const seen = new Set<string>()
  for (const kind of OrderNotice.shape.kind.options) {
    const status = kind === 'builder_sold' ? 'paid' : 'released'
    const notice = sampleNotice({ kind, order: sampleOrder({ status, refunds: [sampleRefund()] }) })
    const message = renderNotice(notice, 'dm')
    seen.add(message.content ?? '')
    const step = STEP[kind]
    if (step) assert.ok(JSON.stringify(message.rows).includes(step), kind)
  }
  // The two sides of a case read the same sentence.
  assert.equal(seen.size, OrderNotice.shape.kind.options.length - 1)
})

test('a case under way offers to answer it, in the order and in its news', () => {
  const order = sampleOrder({ status: 'shipped', frozenBy: 'case', caseId: CASE_ID })
  const asBuilder = JSON.stringify(renderOrder(order, 'builder').rows)
  assert.match(asBuilder, new RegExp(`"label":"Answer","custom_id":"v1:add:${CASE_ID}"`))
  const asBuyer = JSON.stringify(renderOrder(order, 'buyer').rows)
  assert.match(asBuyer, new RegExp(`v1:add:${CASE_ID}.*v1:case:${CASE_ID}`))
  assert.doesNotMatch(asBuyer, /v1:wrong|v1:arrived/)
  assert.match(JSON.stringify(renderNotice(sampleNotice({ order }), 'dm').rows), /v1:add:cas_/)
})

test('something can be wrong from the payment on, until everything went back', () => {
  const offered = OrderStatus.options.filter((status) =>
    JSON.stringify(renderOrder(sampleOrder({ status }), 'buyer').rows).includes('v1:wrong:'),
  )
  assert.deepEqual(offered, ['paid', 'shipped', 'arrived', 'released', 'release_blocked'])
})

test('a line of money says gross, fee, net, why it is held, until when and what frees it', () => {
  const order = sampleOrder({ status: 'shipped', paidAt: NOW, releasesAt: NOW, holdingEndsAt: NOW + 1 })
  const shown = JSON.stringify(renderMoney(sampleMoney({ lines: [order] })))
  assert.match(shown, /\$24\.00 − \$2\.40 fee = \*\*\$21\.60\*\*/)
  assert.match(shown, /released when the buyer says it arrived. It is released by itself on <t:1800000000:f>/)
  assert.match(shown, /v1:pickorder/)
})

test('after money went back in part, a line of money says what is left of fee and share', () => {
  const usd = (amount: number) => ({ amount, currency: 'usd' })
  const order = sampleOrder({
    status: 'paid',
    paidAt: NOW,
    refunded: usd(500),
    refunds: [sampleRefund()],
    left: { fee: usd(190), share: usd(1710) },
  })
  const shown = JSON.stringify(renderMoney(sampleMoney({ lines: [order] })))
  assert.match(shown, /\$24\.00 − \$5\.00 back − \$1\.90 fee = \*\*\$17\.10\*\*/)
  assert.match(shown, /Your \$17\.10 is held until it arrives/)
  assert.doesNotMatch(shown, /21\.60/)
})

test('a receipt is linked for its buyer once there is one, and a statement for the builder', () => {
  const receiptUrl = 'http://127.0.0.1:8501/receipt/token'
  const rows = (over: Partial<OrderView>, reader: 'buyer' | 'builder') =>
    JSON.stringify(renderOrder(sampleOrder({ status: 'paid', ...over }), reader).rows)
  assert.match(rows({ receiptUrl }, 'buyer'), /"label":"Receipt","url":"http[^"]+receipt\/token"/)
  assert.doesNotMatch(rows({ receiptUrl: null }, 'buyer'), /Receipt/)
  assert.doesNotMatch(rows({ receiptUrl }, 'builder'), /Receipt/)
  assert.match(
    JSON.stringify(renderMoney(sampleMoney()).rows),
    /"label":"Statement","url":"http[^"]+statement\/token"/,
  )
})

test('older money is one button away, and a cursor that fits into no button has none', () => {
  const rows = (cursor: string | null) => JSON.stringify(renderMoney(sampleMoney({ cursor })).rows)
  assert.match(rows('[1800000000000,"ord_1"]'), /v1:money:[\w-]+/)
  assert.doesNotMatch(rows(null), /Older/)
  assert.doesNotMatch(rows('x'.repeat(300)), /Older/)
})

test('joining names the next step, what Stripe asks for, and why a builder is paused', () => {
  const view = sampleBuilder({
    status: 'paused',
    statusChange: { status: 'paused', at: NOW, by: OLIVE, reason: 'Holiday until _June_' },
    payouts: 'incomplete',
    requirements: ['A photo of your passport'],
    checklist: [
      { step: 'profile', done: true, sentence: 'You joined.' },
      { step: 'payment_account', done: false, sentence: 'Stripe needs more.' },
    ],
    onboardingUrl: 'https://shop.example/join/abc',
  })
  const shown = JSON.stringify(renderBuilder(view))
  assert.match(shown, /✅ You joined\..*⬜ Stripe needs more\..*\*\*Next:\*\* Stripe needs more/)
  assert.match(shown, /Olive, <t:1800000000:f>\. Why: Holiday until \\\\_June/)
  assert.match(shown, /A photo of your passport/)
  assert.match(shown, /join\/abc.*dashboard\/token/)
})

test('a case says who has until when and what silence does', () => {
  const said = (view: Parameters<typeof sampleCase>[0]) =>
    JSON.stringify(renderCase(sampleCase(view), 'buyer'))
  const at = NOW + 1_000
  assert.match(said({}), /Juniper has until <t:1800172800:f> to answer.*everything goes back/)
  assert.match(
    said({ status: 'answered', decidesItself: { at, decision: 'release' } }),
    /Poppy has until <t:1800000001:f> to say more.*the money is released then/,
  )
  assert.match(said({ status: 'answered' }), /An operator decides/)
  assert.match(
    said({ status: 'silent', decidesItself: { at, decision: 'refund' } }),
    /did not answer in time.*everything goes back to the buyer on <t:1800000001:f>/,
  )
})

test('what is shown of a case only ever grows at its end', () => {
  // The second came in the very millisecond of the decision.
  const later = [sampleEntry(), sampleEntry({ at: NOW + 5 }), sampleEntry({ at: NOW + 9 })]
  const decision = { decision: 'release', amount: sampleOrder().total, reason: 'Fine', at: NOW + 5 } as const
  const before = caseItems(sampleCase({ entries: later.slice(0, 2) }))
  const decided = caseItems(sampleCase({ entries: later.slice(0, 2), decision }))
  const after = caseItems(sampleCase({ entries: later, decision }))
  assert.deepEqual(decided.slice(0, 2), before)
  assert.deepEqual(after.slice(0, 3), decided)
  assert.equal(after.length, 4)
})

test('the queue of an operator has a way to each thing that waits, once', () => {
  const order = sampleOrder({ status: 'release_blocked' })
  const few = JSON.stringify(
    renderQueue(
      sampleQueue({
        cases: [sampleCase()],
        blocked: [order],
        nearHoldingLimit: [order],
        applications: [sampleBuilder()],
      }),
    ).rows,
  )
  assert.match(few, new RegExp(`v1:op:case:${CASE_ID}`))
  assert.equal(few.match(/v1:op:order:/g)?.length, 1)
  assert.match(few, new RegExp(`v1:op:builder:${JUNIPER.userId}`))
  assert.match(few, /Pause all selling/)
  assert.match(JSON.stringify(renderQueue(sampleQueue({ paused: true }))), /Resume all selling/)
  assert.match(JSON.stringify(renderQueue(sampleQueue())), /Enjoy the quiet/)
})

test('an audit log whose past was changed says so', () => {
  assert.match(JSON.stringify(renderAudit({ entries: [], intact: false })), /changed the past/)
  assert.doesNotMatch(JSON.stringify(renderAudit({ entries: [], intact: true })), /changed the past/)
})

test('two buyers of one drop have different buttons on the dashboard', () => {
  const toShip = ['Wren', 'Olive'].map((name, n) =>
    sampleOrder({
      orderId: sampleOrderId(n),
      status: 'paid',
      buyer: { userId: `10000000000000010${n}`, name },
    }),
  )
  const labels = JSON.stringify(renderDashboard(sampleDashboard({ toShip })).rows).match(/Mark shipped[^"]+/g)
  assert.equal(new Set(labels).size, 2)
})

test('a dispute shows its deadline and the evidence, and is answered once', () => {
  const asked = JSON.stringify(renderDispute(sampleDispute()))
  assert.match(asked, /takes an answer until <t:1800000001:f>/)
  assert.match(asked, /shipping carrier.*Royal Mail/)
  assert.match(asked, /v1:op:evidence:ord_/)
  const submitted = { by: { userId: '100000000000000105', name: 'Olive' }, at: NOW, sentAt: null }
  const sent = JSON.stringify(renderDispute(sampleDispute({ submitted })))
  assert.doesNotMatch(sent, /v1:op:evidence/)
  assert.match(sent, /Olive answered/)
  const order = sampleOrder({ status: 'shipped', frozenBy: 'dispute' })
  assert.match(JSON.stringify(renderOrderForOperator(order).rows), /v1:op:dispute:ord_/)
})

test('a builder reads news of their standing in the words of joining, with who, when and why', () => {
  const change = { status: 'suspended', at: NOW, by: OLIVE, reason: 'Three parcels lost' } as const
  const view = sampleBuilder({
    status: 'suspended',
    statusChange: change,
    onboardingUrl: 'https://shop.example/connect/start/abc',
  })
  const told = { noticeId: 'n', userId: JUNIPER.userId, at: NOW, about: 'standing' } as const
  const words =
    'You are suspended. Orders that are paid still need to be shipped. Olive, <t:1800000000:f>. Why: Three parcels lost'
  for (const place of ['dm', 'thread'] as const) {
    const message = renderNotice({ ...told, builder: view, change }, place)
    assert.ok(message.content?.includes(words))
    assert.ok(message.embeds?.[0]?.description?.includes(words))
    const shown = JSON.stringify(message)
    assert.match(shown, /v1:join/)
    assert.doesNotMatch(shown, /shop\.example/, 'links that open an account are in nobody else’s sight')
  }
  assert.ok(renderBuilder(view).embeds?.[0]?.description?.includes(words))
})

test('terms are read with their first day, who set them and why, also those to come', () => {
  const december = Date.UTC(2026, 11, 1)
  const decided = { by: OLIVE, at: NOW, reason: 'Ten years of trust' }
  const change = sampleTerms({ ...decided, from: december, settlement: 'at_payment', feeBps: 750 })
  const builder = sampleBuilder({ upcomingTerms: [change] })
  const words =
    'From 2026-12-01 (UTC): 7.5% fee, split at payment. Olive, <t:1800000000:f>. Why: Ten years of trust'
  const told = { noticeId: 'n', userId: JUNIPER.userId, at: NOW, about: 'terms' } as const
  assert.ok(renderNotice({ ...told, builder, change }, 'dm').content?.includes(words))
  for (const message of [renderBuilder(builder), renderBuilderForOperator(builder, [])]) {
    const fields = message.embeds?.[0]?.fields ?? []
    const named = (name: string) => fields.find((field) => field.name === name)?.value
    assert.equal(named('Terms'), '5% fee, held until it arrives.')
    assert.equal(named('Terms to come'), words)
  }
})

test('the silence of a builder is said once, where it happened, with what follows from it', () => {
  const silence = { at: NOW + 3, after: 1 }
  const decidesItself = { at: NOW + 1_000, decision: 'refund' } as const
  const view = sampleCase({ status: 'silent', silence, decidesItself })
  const items = caseItems(view)
  assert.deepEqual(
    items.map(({ kind }) => kind),
    ['entry', 'silence'],
  )
  const said = renderCaseItem(view, 1, { kind: 'silence' }, 'thread')
  assert.deepEqual(said.mentions, [POPPY.userId, JUNIPER.userId])
  assert.match(
    JSON.stringify(said.embeds),
    /Juniper did not answer in time.*counts for Poppy.*everything goes back to the buyer on <t:1800000001:f>/,
  )
  // A word in the very millisecond, and a decision: what was shown stays where it was.
  const late = [sampleEntry(), sampleEntry({ at: NOW + 3, role: 'builder', by: JUNIPER })]
  const decision = { decision: 'refund', amount: view.order.total, reason: 'Silence', at: NOW + 9 } as const
  const after = caseItems({ ...view, entries: late, decision })
  assert.deepEqual(
    after.map(({ kind }) => kind),
    ['entry', 'silence', 'entry', 'decision'],
  )
  assert.match(
    JSON.stringify(renderCaseItem({ ...view, entries: late }, 1, { kind: 'silence' }, 'dm')),
    /did not answer/,
  )
})

test('what goes on after a pause is said only when it does, and every other stop is named', () => {
  const words = (what: Parameters<typeof renderResumed>[0], stops: Parameters<typeof renderResumed>[1]) =>
    renderResumed(what, stops).embeds?.[0]?.description ?? ''
  assert.equal(words('drop', []), 'It goes on.')
  assert.equal(
    words('drop', ['builder', 'everything']),
    'That pause is over, but nothing of it is sold yet: its builder is paused, suspended or not approved yet, and all selling is paused.',
  )
  for (const what of ['drop', 'builder', 'all'] as const) {
    const each = SellingStop.options.map((stop) => words(what, [stop]))
    assert.equal(new Set(each).size, SellingStop.options.length)
    for (const sentence of each) assert.doesNotMatch(sentence, /It goes on/)
  }
})
