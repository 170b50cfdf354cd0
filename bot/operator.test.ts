import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type APIInteraction, InteractionResponseType } from 'discord-api-types/v10'
import { pino } from 'pino'
import { AppError, BuilderStatus, CaseDecision, type CoreClient, type MoneyReport } from '#contract'
import { customId, type OperatorPress } from './custom-id.ts'
import { handle } from './handle.ts'
import type { Reply } from './interactions/visit.ts'
import type { MessageWithFiles } from './replies/message.ts'
import { assertModalWithinLimits } from './testing/limits.ts'
import {
  AS_OPERATOR,
  CASE_ID,
  command,
  DROP_ID,
  fakeCore,
  GUILD_ID,
  JUNIPER,
  NO_OPERATORS,
  NOW,
  OLIVE,
  ORDER_ID,
  operatorCommand,
  press,
  sampleBuilder,
  sampleCase,
  sampleDashboard,
  sampleDispute,
  sampleDrop,
  sampleMismatch,
  sampleMoneyReport,
  sampleOrder,
  sampleQueue,
  submit,
} from './testing/samples.ts'

/** Asks the bot, and answers what a person saw first and what core was asked for. */
async function ask(interaction: APIInteraction, answers: Partial<CoreClient> = {}) {
  const asked: { name: string; input: unknown; key: string | undefined }[] = []
  const core = Object.fromEntries(
    Object.entries(fakeCore(answers)).map(([name, call]) => [
      name,
      (input: never, options?: { idempotencyKey?: string }) => {
        asked.push({ name, input, key: options?.idempotencyKey })
        return call(input, options)
      },
    ]),
    // The same keys as the client it was made of.
  ) as CoreClient
  const reply = await handle(interaction, {
    core,
    config: {
      answerBudgetMs: 5_000,
      dropsChannelId: '100000000000000010',
      guildId: GUILD_ID,
      webUrl: 'http://127.0.0.1:8501',
    },
    log: pino({ level: 'silent' }),
    now: () => NOW,
  })
  const later: MessageWithFiles[] = []
  await reply.after?.({
    editAnswer: async (message) => void later.push(message),
    followUp: async (message) => void later.push(message),
  })
  return { first: reply.first, shown: JSON.stringify(reply.first), later, asked }
}

function modalOf(first: Reply['first']) {
  assert.ok(first.type === InteractionResponseType.Modal)
  assertModalWithinLimits(first.data)
  return first.data
}

function assertPrivate(first: Reply['first']) {
  assert.ok(first.type === InteractionResponseType.ChannelMessageWithSource)
  assert.equal(first.data.flags, 64)
  assert.deepEqual(first.data.allowed_mentions, { parse: [] })
}

const FORMS: readonly OperatorPress[] = [
  ['op', 'mend'],
  ['op', 'evidence', ORDER_ID],
  ['op', 'refund', ORDER_ID],
  ['op', 'release', ORDER_ID],
  ['op', 'terms', JUNIPER.userId],
  ...BuilderStatus.options.map((status): OperatorPress => ['op', 'standing', JUNIPER.userId, status]),
  ...CaseDecision.options.map((decision): OperatorPress => ['op', 'decide', CASE_ID, decision]),
  ...['all' as const, DROP_ID, JUNIPER.userId].flatMap((what): OperatorPress[] => [
    ['op', 'selling', 'pause', what],
    ['op', 'selling', 'resume', what],
  ]),
]
const VIEWS: readonly OperatorPress[] = [
  ['op', 'queue'],
  ['op', 'cases'],
  ['op', 'audit'],
  ['op', 'doctor'],
  ['op', 'order', ORDER_ID],
  ['op', 'case', CASE_ID],
  ['op', 'dispute', ORDER_ID],
  ['op', 'builder', JUNIPER.userId],
]
const ORDER_OPTION = { name: 'order', type: 3 as const, value: ORDER_ID }
const BUILDER_OPTION = { name: 'builder', type: 6 as const, value: JUNIPER.userId }
const DROP_OPTION = { name: 'drop', type: 3 as const, value: DROP_ID }
const KIND_OPTION = { name: 'kind', type: 3 as const, value: 'orders' }
const SUBCOMMANDS = [
  ['queue', []],
  ['cases', []],
  ['audit', []],
  ['doctor', []],
  ['export', [KIND_OPTION]],
  ['order', [ORDER_OPTION]],
  ['refund', [ORDER_OPTION]],
  ['release', [ORDER_OPTION]],
  ['builder', [BUILDER_OPTION]],
  ['pause everything', []],
  ['resume everything', []],
  ['pause builder', [BUILDER_OPTION]],
  ['resume builder', [BUILDER_OPTION]],
  ['pause drop', [DROP_OPTION]],
  ['resume drop', []],
] as const

for (const { who, ...from } of NO_OPERATORS) {
  test(`${who} gets a kind refusal for every operator action, and core hears of none`, async () => {
    const forged = [
      ...SUBCOMMANDS.map(([path, options]) => operatorCommand(path, options, from)),
      ...[...VIEWS, ...FORMS].map((id) => press(customId(...id), { ...from, private: true })),
      ...[...VIEWS, ...FORMS].map((id) =>
        press('v1:op:choose:1', { ...from, private: true, values: [customId(...id)] }),
      ),
      ...[...VIEWS, ...FORMS].map((id) => submit(customId(...id), { reason: 'Because' }, from)),
    ]
    for (const interaction of forged) {
      const { first, shown, asked } = await ask(interaction)
      assertPrivate(first)
      assert.match(shown, /for the people who run this server/)
      assert.deepEqual(asked, [])
    }
    const { first, asked } = await ask(operatorCommand('pause drop', [DROP_OPTION], from, 4))
    assert.deepEqual(first, { type: 8, data: { choices: [] } })
    assert.deepEqual(asked, [])
  })
}

test('a buyer who looks at a case asks core as a plain person', async () => {
  const { asked } = await ask(press(`v1:case:${CASE_ID}`), { getCase: async () => sampleCase() })
  assert.deepEqual(asked[0]?.input, { userId: '100000000000000103', operator: false, caseId: CASE_ID })
})

test('an administrator is an operator too', async () => {
  const { shown } = await ask(operatorCommand('queue', [], { as: OLIVE.userId, permissions: '8' }), {
    operatorQueue: async () => sampleQueue(),
  })
  assert.match(shown, /What waits for you/)
})

test('every deciding action opens a form that asks why, from its button, its menu and its command', async () => {
  for (const id of FORMS) {
    const text = customId(...id)
    const pressed = modalOf((await ask(press(text, AS_OPERATOR))).first)
    assert.equal(pressed.custom_id, text)
    assert.match(JSON.stringify(pressed), /"custom_id":"reason".*"required":true/)
    const chosen = await ask(press('v1:op:choose:1', { ...AS_OPERATOR, values: [text] }))
    assert.equal(modalOf(chosen.first).custom_id, text)
  }
  const asksForItsDrop = 'resume drop'
  const deciding = SUBCOMMANDS.filter(
    ([path]) => /refund|release|pause|resume/.test(path) && path !== asksForItsDrop,
  )
  for (const [path, options] of deciding) {
    const { first, asked } = await ask(operatorCommand(path, options))
    assert.match(JSON.stringify(modalOf(first)), /"custom_id":"reason"/)
    assert.deepEqual(asked, [])
  }
})

test('an amount given with the command stands in the form', async () => {
  const amount = { name: 'amount', type: 3 as const, value: '5.00' }
  const { first } = await ask(operatorCommand('refund', [ORDER_OPTION, amount]))
  assert.match(JSON.stringify(modalOf(first)), /"custom_id":"amount".*"value":"5.00"/)
})

test('an id is read out of what was pasted, and anything else is said to be no id', async () => {
  const pasted = { ...ORDER_OPTION, value: ` http://127.0.0.1:8501/x/${ORDER_ID}?y ` }
  const { asked } = await ask(operatorCommand('order', [pasted]), {
    getOrderAsOperator: async () => sampleOrder(),
  })
  assert.deepEqual(asked[0]?.input, { operator: OLIVE, orderId: ORDER_ID })
  for (const value of ['my mug', DROP_ID]) {
    const { shown } = await ask(operatorCommand('order', [{ ...ORDER_OPTION, value }]))
    assert.match(shown, /does not look like an id/)
  }
  const wrong = await ask(operatorCommand('pause drop', [{ ...DROP_OPTION, value: 'my mug' }]))
  assert.match(wrong.shown, /letters of its title/)
})

test('what an operator decides reaches core with their name, the reason and the key of the click', async () => {
  const decided = { operator: OLIVE, reason: 'It broke' }
  const dashboard = { builder: sampleBuilder(), drops: [sampleDrop()] }
  const paused = { paused: true, stops: [] }
  const cases: readonly [
    OperatorPress,
    Record<string, string | readonly string[]>,
    keyof CoreClient,
    object,
    object,
  ][] = [
    [
      ['op', 'refund', ORDER_ID],
      { amount: '5' },
      'refundAsOperator',
      { orderId: ORDER_ID, amount: '5' },
      sampleOrder({ status: 'paid' }),
    ],
    [
      ['op', 'release', ORDER_ID],
      {},
      'releaseAsOperator',
      { orderId: ORDER_ID },
      sampleOrder({ status: 'arrived' }),
    ],
    [
      ['op', 'standing', JUNIPER.userId, 'suspended'],
      {},
      'decideBuilder',
      { builderId: JUNIPER.userId, status: 'suspended' },
      sampleBuilder(),
    ],
    [
      ['op', 'terms', JUNIPER.userId],
      { settlement: ['at_payment'], fee: '7,5 %', start: '2026-12-01' },
      'setTerms',
      { builderId: JUNIPER.userId, settlement: 'at_payment', feeBps: 750, startDay: '2026-12-01' },
      sampleBuilder(),
    ],
    [
      ['op', 'terms', JUNIPER.userId],
      { settlement: ['on_arrival'], fee: '' },
      'setTerms',
      { builderId: JUNIPER.userId, settlement: 'on_arrival', feeBps: null, startDay: '' },
      sampleBuilder(),
    ],
    [
      ['op', 'decide', CASE_ID, 'part_refund'],
      { amount: '5' },
      'decideCase',
      { caseId: CASE_ID, decision: 'part_refund', amount: '5' },
      sampleCase({ status: 'decided' }),
    ],
    [['op', 'mend'], {}, 'mendMoney', {}, sampleMoneyReport()],
    [['op', 'evidence', ORDER_ID], {}, 'submitEvidence', { orderId: ORDER_ID }, sampleDispute()],
    [['op', 'selling', 'pause', 'all'], {}, 'pauseSelling', { what: { kind: 'all' }, paused: true }, paused],
    [
      ['op', 'selling', 'resume', DROP_ID],
      {},
      'pauseSelling',
      { what: { kind: 'drop', dropId: DROP_ID }, paused: false },
      { paused: false, stops: ['builder'] },
    ],
    [
      ['op', 'selling', 'pause', JUNIPER.userId],
      {},
      'pauseSelling',
      { what: { kind: 'builder', builderId: JUNIPER.userId }, paused: true },
      paused,
    ],
  ]
  for (const [id, typed, route, input, output] of cases) {
    const sent = submit(customId(...id), { ...typed, reason: 'It broke' }, AS_OPERATOR)
    const { first, asked } = await ask(sent, {
      [route]: async () => output,
      dashboard: async () => sampleDashboard(dashboard),
    })
    assertPrivate(first)
    assert.deepEqual(
      asked[0],
      { name: route, input: { ...decided, ...input }, key: sent.id },
      customId(...id),
    )
  }
})

test('a fee that is no percentage is asked for again and nothing is changed', async () => {
  for (const fee of ['abc', '-1', '51', '7.555', '1e1']) {
    const sent = submit(`v1:op:terms:${JUNIPER.userId}`, { fee, reason: 'Trusted' }, AS_OPERATOR)
    const { shown, asked } = await ask(sent)
    assert.match(shown, /percentage from 0 to 50/)
    assert.match(shown, /Trusted.*v1:op:terms/)
    assert.deepEqual(asked, [])
  }
})

test('a drop that something else still holds does not "go on"', async () => {
  const sent = submit(`v1:op:selling:resume:${DROP_ID}`, { reason: 'All well' }, AS_OPERATOR)
  const held = await ask(sent, { pauseSelling: async () => ({ paused: false, stops: ['account'] }) })
  assert.match(held.shown, /nothing of it is sold yet: Stripe cannot pay its builder/)
  assert.doesNotMatch(held.shown, /It goes on/)
  const free = await ask(sent, { pauseSelling: async () => ({ paused: false, stops: [] }) })
  assert.match(free.shown, /It goes on/)
})

test('a first day that core does not take is asked for again, with all that was typed', async () => {
  const typed = { settlement: ['on_arrival'], fee: '7', start: '2020-01-01', reason: 'Trusted' }
  const sent = submit(`v1:op:terms:${JUNIPER.userId}`, typed, AS_OPERATOR)
  const { shown } = await ask(sent, { setTerms: () => Promise.reject(new AppError('start_day_invalid')) })
  assert.match(shown, /written like 2026-12-01.*"7".*2020-01-01.*Trusted.*v1:op:terms/)
})

test('a decision that core did not take keeps its reason and the way back', async () => {
  for (const code of ['refund_too_large', 'amount_invalid', 'reason_missing', 'unavailable'] as const) {
    const sent = submit(`v1:op:refund:${ORDER_ID}`, { amount: '99', reason: 'It broke' }, AS_OPERATOR)
    const { shown } = await ask(sent, { refundAsOperator: () => Promise.reject(new AppError(code)) })
    assert.match(shown, /99.*It broke.*v1:op:refund:ord_/)
  }
  const sent = submit(`v1:op:decide:${CASE_ID}:refund`, { reason: 'It broke' }, AS_OPERATOR)
  const { shown } = await ask(sent, { decideCase: () => Promise.reject(new AppError('case_closed')) })
  assert.match(shown, /decided already/)
})

test('an operator looks at a case and an order with the buttons to decide', async () => {
  const seen = await ask(press(`v1:op:case:${CASE_ID}`, AS_OPERATOR), { getCase: async () => sampleCase() })
  assert.deepEqual(seen.asked[0]?.input, { userId: OLIVE.userId, operator: true, caseId: CASE_ID })
  assert.match(seen.shown, /decide:cas_\w+:refund.*decide:cas_\w+:part_refund.*decide:cas_\w+:release/)
  const fromThread = await ask(press(`v1:case:${CASE_ID}`, AS_OPERATOR), {
    getCase: async () => sampleCase(),
  })
  assert.match(fromThread.shown, /v1:op:decide/)
  const order = await ask(press(`v1:op:order:${ORDER_ID}`, AS_OPERATOR), {
    getOrderAsOperator: async () => sampleOrder({ status: 'shipped', shipTo: '1 Meadow Lane' }),
  })
  assert.match(order.shown, /v1:op:refund.*v1:op:release/)
  assert.doesNotMatch(order.shown, /Meadow Lane/)
})

test('a builder is shown to an operator with their drops to pause', async () => {
  const { shown } = await ask(operatorCommand('builder', [BUILDER_OPTION]), {
    dashboard: async () =>
      sampleDashboard({
        builder: sampleBuilder({ status: 'applied' }),
        drops: [sampleDrop(), sampleDrop({ dropId: `drp_${'0'.repeat(25)}2`, status: 'paused' })],
      }),
  })
  assert.match(shown, /op:standing:\d+:approved.*op:standing:\d+:paused.*op:standing:\d+:suspended.*op:terms/)
  assert.match(shown, /op:selling:pause:drp_\w+1.*op:selling:resume:drp_\w+2/)
  const { shown: none } = await ask(operatorCommand('builder', [BUILDER_OPTION]), {
    dashboard: () => Promise.reject(new AppError('builder_not_found')),
  })
  assert.match(none, /not a builder/)
})

test('drops that are open, or will be, are suggested to pause, and a silent core only means fewer suggestions', async () => {
  const typing = { ...DROP_OPTION, value: 'moss', focused: true }
  const found = await ask(operatorCommand('pause drop', [typing], AS_OPERATOR, 4), {
    listDrops: async ({ status }) => ({
      drops:
        status === 'scheduled'
          ? [sampleDrop({ title: 'Moss bowl', status, opensAt: NOW + 1 })]
          : [sampleDrop(), sampleDrop({ title: 'Scarf' })],
      cursor: null,
    }),
  })
  assert.deepEqual(found.first, {
    type: 8,
    data: {
      choices: [
        { name: 'Moss mug · Juniper · 3 of 3 left', value: DROP_ID },
        { name: 'Moss bowl · Juniper · not open yet', value: DROP_ID },
      ],
    },
  })
  const silent = await ask(operatorCommand('pause drop', [typing], AS_OPERATOR, 4))
  assert.deepEqual(silent.first, { type: 8, data: { choices: [] } })
})

test('the drops that are paused are offered to go on, and choosing one asks why', async () => {
  const { first, shown, asked } = await ask(operatorCommand('resume drop'), {
    listDrops: async () => ({ drops: [sampleDrop({ status: 'paused' })], cursor: 'older' }),
  })
  assertPrivate(first)
  assert.deepEqual(asked[0]?.input, { status: 'paused', limit: 25, cursor: null })
  assert.match(shown, /older ones are under their builder/)
  const value = `v1:op:selling:resume:${DROP_ID}`
  assert.match(shown, new RegExp(`"label":"Moss mug","value":"${value}"`))
  const chosen = await ask(press('v1:op:choose:1', { ...AS_OPERATOR, values: [value] }))
  assert.equal(modalOf(chosen.first).custom_id, value)
  const none = await ask(operatorCommand('resume drop'), {
    listDrops: async () => ({ drops: [], cursor: null }),
  })
  assert.match(none.shown, /No drop is paused/)
})

test('the money doctor says that all agrees, or what does not, and mends only where something can be mended', async () => {
  const look = async (report: MoneyReport) => {
    const { first, later, asked } = await ask(operatorCommand('doctor'), { checkMoney: async () => report })
    assert.deepEqual(first, { type: 5, data: { flags: 64 } })
    assert.deepEqual(asked[0]?.input, { operator: OLIVE })
    assert.equal(later.length, 1)
    return JSON.stringify(later[0])
  }
  const well = await look(sampleMoneyReport({ moving: 2 }))
  assert.match(well, /Everything agrees, to the cent.*12 orders compared, 2 moving/)
  assert.doesNotMatch(well, /v1:op:mend/)
  const ill = await look(
    sampleMoneyReport({
      total: 2,
      mismatches: [sampleMismatch(), sampleMismatch({ orderId: null, mendable: false })],
      balances: [{ currency: 'usd', stripe: -150, ours: 12_000 }],
    }),
  )
  assert.match(ill, /2 things do not agree/)
  assert.match(ill, /paid \$24\.00\.\*\* A webhook was lost\. Mending looks at Stripe again/)
  assert.match(ill, /Stripe has −\$1\.50, our books say \$120\.00/)
  assert.match(ill, new RegExp(`v1:op:order:${ORDER_ID}.*v1:op:doctor.*v1:op:mend`))
  const forPeople = await look(
    sampleMoneyReport({ total: 1, mismatches: [sampleMismatch({ mendable: false })] }),
  )
  assert.doesNotMatch(forPeople, /v1:op:mend/)
})

test('mending says how much of it is under way, and a busy Stripe leaves the reason as it was', async () => {
  const sent = submit('v1:op:mend', { reason: 'Lost webhooks' }, AS_OPERATOR)
  const report = sampleMoneyReport({ total: 1, mismatches: [sampleMismatch()], mended: 1 })
  const { shown } = await ask(sent, { mendMoney: async () => report })
  assert.match(shown, /One repair is under way/)
  assert.doesNotMatch(shown, /v1:op:mend/)
  const busy = await ask(sent, { mendMoney: () => Promise.reject(new AppError('unavailable')) })
  assert.match(busy.shown, /Lost webhooks.*v1:op:mend/)
})

test('an export comes privately as a file, for a month or for always', async () => {
  const table = { filename: 'c500-ledger-2026-11.csv', csv: 'at,order\r\n' }
  const month = { name: 'month', type: 3 as const, value: '2026-11' }
  const kind = { ...KIND_OPTION, value: 'ledger' }
  const answers = { exportAsOperator: async () => table }
  const { first, later, asked } = await ask(operatorCommand('export', [kind, month]), answers)
  assert.deepEqual(first, { type: 5, data: { flags: 64 } })
  assert.deepEqual(asked[0]?.input, { operator: OLIVE, kind: 'ledger', month: '2026-11' })
  assert.deepEqual(later[0]?.table, table)
  const always = await ask(operatorCommand('export', [kind]), answers)
  assert.deepEqual(always.asked[0]?.input, { operator: OLIVE, kind: 'ledger', month: null })
  const wrong = await ask(operatorCommand('export', [kind, { ...month, value: '2026-13' }]))
  assert.match(wrong.shown, /written like 2026-11/)
  assert.deepEqual(wrong.asked, [])
})

test('a table that Discord would not take is asked for month by month', async () => {
  const csv = 'x'.repeat(10 * 1024 * 1024 + 1)
  const { later } = await ask(operatorCommand('export', [KIND_OPTION]), {
    exportAsOperator: async () => ({ filename: 'c500-orders.csv', csv }),
  })
  assert.equal(later[0]?.table, undefined)
  assert.match(JSON.stringify(later[0]), /month by month/)
})

test('a made-up operator id, form or subcommand is nothing, also for an operator', async () => {
  const strange = [
    press('v1:op:refund:nonsense', AS_OPERATOR),
    press('v1:op:choose:1', { ...AS_OPERATOR, values: ['v1:op:choose:1'] }),
    press('v1:op:choose:1', { ...AS_OPERATOR, values: [`v1:buy:${DROP_ID}`] }),
    submit('v1:op:queue', { reason: 'Because' }, AS_OPERATOR),
    operatorCommand('everything'),
    operatorCommand('export', [{ ...KIND_OPTION, value: 'secrets' }]),
    command('queue'),
  ]
  for (const interaction of strange) assert.match((await ask(interaction)).shown, /do not know that one/)
})
