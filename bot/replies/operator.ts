import {
  type AuditEntry,
  accent,
  type BuilderView,
  type CaseView,
  type DisputeView,
  type DropView,
  formatMoney,
  type MoneyReport,
  type OperatorQueue,
  type OrderView,
  type SellingStop,
} from '#contract'
import { customId, type OperatorPress } from '../custom-id.ts'
import { checklistLines, requirementFields, statusLine, termsFields } from './builder.ts'
import { shelfCount } from './card.ts'
import { caseEmbeds, describeCase } from './case.ts'
import { button, joinBlocks, type Message, rows, say, select } from './message.ts'
import { moneyTotals } from './money.ts'
import { orderEmbed, orderTitle, orderWords } from './order.ts'
import { dateTime, escapeText, relativeTime } from './text.ts'

const BUTTONS_AT_MOST = 5
export const QUEUE_BUTTON = button('Queue', ['op', 'queue'])

/** Everything that waits for an operator, with a way to each. */
export function renderQueue(queue: OperatorQueue): Message {
  const orders: OrderView[] = []
  for (const order of [
    ...queue.disputes,
    ...queue.drifts,
    ...queue.failedRefunds,
    ...queue.blocked,
    ...queue.nearHoldingLimit,
  ]) {
    if (!orders.some(({ orderId }) => orderId === order.orderId)) orders.push(order)
  }
  const sections = [
    section('Cases', queue.cases.map(caseLine)),
    section('Disputes: the bank waits for evidence', queue.disputes.map(orderLine)),
    section('Our books and Stripe disagree', queue.drifts.map(orderLine)),
    section('Refunds that failed', queue.failedRefunds.map(orderLine)),
    section('Stripe could not take the share', queue.blocked.map(orderLine)),
    section('Held for long', queue.nearHoldingLimit.map(orderLine)),
    section('Builders who applied', queue.applications.map(applicationLine)),
  ].flat()
  return {
    embeds: [
      {
        title: 'What waits for you',
        description:
          (queue.paused ? '**All selling is paused.**\n' : '') +
          (sections.length === 0 ? 'Nothing. Enjoy the quiet.' : ''),
        fields: [{ name: 'Money held', value: moneyTotals(queue.moneyHeld) }, ...sections],
        color: accent(queue.paused ? 'strawberry' : 'butter'),
      },
    ],
    rows: [
      ...choices(1, 'Open a case', queue.cases.map(caseChoice)),
      ...choices(2, 'Open an order', orders.map(orderChoice)),
      ...choices(3, 'Open an application', queue.applications.map(builderChoice)),
      ...rows(
        button('Refresh', ['op', 'queue']),
        button('Audit log', ['op', 'audit']),
        button('Money doctor', ['op', 'doctor']),
        queue.paused
          ? button('Resume all selling', ['op', 'selling', 'resume', 'all'], 'success')
          : button('Pause all selling', ['op', 'selling', 'pause', 'all'], 'danger'),
      ),
    ],
  }
}

/** The cases that are not decided, oldest first. */
export function renderCases(cases: readonly CaseView[]): Message {
  const blocks = cases.map((view) => `**${orderTitle(view.order, 60)}**\n${describeCase(view)}`)
  return {
    embeds: [
      {
        title: 'Open cases',
        description: blocks.length > 0 ? joinBlocks(blocks, 4_000) : 'None. Everybody is happy.',
        color: accent('butter'),
      },
    ],
    rows: [
      ...choices(1, 'Open a case', cases.map(caseChoice)),
      ...rows(button('Refresh', ['op', 'cases']), QUEUE_BUTTON),
    ],
  }
}

export function renderOrderForOperator(order: OrderView, lead: string | null = null): Message {
  const { orderId, status } = order
  const going = ['paid', 'shipped', 'arrived', 'released', 'release_blocked'].includes(status)
  const again = order.refunds.some((refund) => refund.status === 'failed')
  const waits = status === 'paid' || status === 'shipped' || status === 'release_blocked'
  const underCase = order.frozenBy === 'case' && order.caseId
  return {
    embeds: [orderEmbed(order, 'operator', lead)],
    rows: rows(
      underCase ? button('Open the case', ['op', 'case', underCase], 'primary') : null,
      order.frozenBy === 'dispute' ? button('Answer the bank', ['op', 'dispute', orderId], 'primary') : null,
      going || again
        ? button(again ? 'Try the refund again' : 'Give money back', ['op', 'refund', orderId], 'danger')
        : null,
      waits && !underCase ? button('Release', ['op', 'release', orderId], 'success') : null,
      button('The builder', ['op', 'builder', order.builder.userId]),
      button('Refresh', ['op', 'order', orderId]),
      QUEUE_BUTTON,
    ),
  }
}

const DISPUTE: Record<DisputeView['status'], string> = {
  open: 'The bank has not decided. The money waits.',
  won: 'Won: the money is back.',
  lost: 'Lost: the money went to the buyer.',
}

/** What the bank asks, until when, and what it would be shown. */
export function renderDispute(view: DisputeView, lead: string | null = null): Message {
  const { order, submitted, dueBy } = view
  const open = view.status === 'open'
  const answered = submitted
    ? `${escapeText(submitted.by.name, 60)} answered ${relativeTime(submitted.at)}; ${submitted.sentAt ? 'Stripe has it.' : 'it is on its way.'}`
    : dueBy && open
      ? `**Stripe takes an answer until ${dateTime(dueBy)}** (${relativeTime(dueBy)}). It can be sent once.`
      : ''
  const lines = [
    lead ?? '',
    DISPUTE[view.status],
    `${formatMoney(view.amount)} is disputed as "${escapeText(view.reason, 100)}"; Stripe charges ${formatMoney(view.fee)} for it.`,
    answered,
  ]
  return {
    embeds: [
      {
        title: `Dispute: ${orderTitle(order, 200)}`,
        description: lines.filter(Boolean).join('\n'),
        fields: view.evidence.map(({ field, text }) => ({
          name: escapeText(field.replaceAll('_', ' '), 100),
          value: escapeText(text, 900) || '…',
        })),
        color: accent(view.status === 'won' ? 'mint' : 'butter'),
      },
    ],
    rows: rows(
      open && !submitted
        ? button('Send this to the bank', ['op', 'evidence', order.orderId], 'primary')
        : null,
      button('Refresh', ['op', 'dispute', order.orderId]),
      button('The order', ['op', 'order', order.orderId]),
      QUEUE_BUTTON,
    ),
  }
}

export function renderCaseForOperator(view: CaseView, lead: string | null = null): Message {
  const { caseId } = view
  const decided = view.status === 'decided'
  return {
    embeds: caseEmbeds(view, lead),
    rows: [
      ...(decided
        ? []
        : rows(
            button('Everything back', ['op', 'decide', caseId, 'refund'], 'danger'),
            button('A part back', ['op', 'decide', caseId, 'part_refund'], 'primary'),
            button('Release', ['op', 'decide', caseId, 'release'], 'success'),
            button('Say something', ['add', caseId]),
          )),
      ...rows(
        button('The order', ['op', 'order', view.order.orderId]),
        button('Refresh', ['op', 'case', caseId]),
        QUEUE_BUTTON,
      ),
    ],
  }
}

const STATUS: Record<BuilderView['status'], string> = {
  applied: 'Has applied and waits for your answer.',
  approved: 'Approved.',
  paused: 'Paused: their drops sell nothing.',
  suspended: 'Suspended: their drops sell nothing.',
}

/** `drops` are the builder's newest; those that are not closed can be paused and resumed here. */
export function renderBuilderForOperator(
  view: BuilderView,
  drops: readonly DropView[],
  lead: string | null = null,
): Message {
  const { userId } = view.builder
  const open = drops.filter((drop) => drop.status !== 'closed')
  const lines = [...(lead ? [lead, ''] : []), statusLine(view, STATUS), '', ...checklistLines(view)]
  return {
    embeds: [
      {
        title: escapeText(view.builder.name, 100),
        description: lines.join('\n'),
        fields: [
          { name: 'Joined', value: dateTime(view.joinedAt), inline: true },
          { name: 'Discord id', value: `\`${userId}\``, inline: true },
          ...termsFields(view),
          ...requirementFields(view),
          ...section('Drops on sale', open.map(dropLine)),
        ],
        color: accent(view.status === 'approved' ? 'mint' : 'butter'),
      },
    ],
    rows: [
      ...rows(
        view.status === 'approved'
          ? null
          : button('Approve', ['op', 'standing', userId, 'approved'], 'success'),
        view.status === 'paused' ? null : button('Pause', ['op', 'standing', userId, 'paused']),
        view.status === 'suspended'
          ? null
          : button('Suspend', ['op', 'standing', userId, 'suspended'], 'danger'),
        button('Terms', ['op', 'terms', userId]),
        button('Refresh', ['op', 'builder', userId]),
      ),
      ...choices(1, 'Pause or resume a drop', open.map(dropChoice)),
      ...rows(QUEUE_BUTTON),
    ],
  }
}

/** The newest entries of the audit log, newest first, and whether nobody has changed the past. */
export function renderAudit(log: {
  readonly entries: readonly AuditEntry[]
  readonly intact: boolean
}): Message {
  const lines = log.entries.map(
    (entry) =>
      `**${entry.seq}.** ${dateTime(entry.at)} **${escapeText(entry.by.name, 60)}** ` +
      `${escapeText(entry.action.replaceAll('_', ' '), 60)}, ${escapeText(entry.subject, 60)}\n${escapeText(entry.reason, 200)}`,
  )
  return {
    embeds: [
      {
        title: 'Audit log',
        description: lines.length > 0 ? joinBlocks(lines, 4_000) : 'Nothing was decided yet.',
        ...((lines.length > 0 || !log.intact) && {
          footer: {
            text: log.intact
              ? 'Every entry carries the hash of the one before it, and they all fit.'
              : 'Careful: an entry does not fit the one before it. Somebody changed the past.',
          },
        }),
        color: accent(log.intact ? 'sky' : 'strawberry'),
      },
    ],
    rows: rows(button('Refresh', ['op', 'audit']), QUEUE_BUTTON),
  }
}

const STILL: Record<SellingStop, { readonly one: string; readonly several: string }> = {
  closed: { one: 'it has closed', several: 'some have closed' },
  drop: {
    one: 'it is paused by itself',
    several: 'some drops are paused by themselves (`resume drop` lists them)',
  },
  builder: {
    one: 'its builder is paused, suspended or not approved yet',
    several: 'builders are paused, suspended or not approved yet',
  },
  account: {
    one: 'Stripe cannot pay its builder at the moment',
    several: 'Stripe cannot pay the builder of some at the moment',
  },
  everything: { one: 'all selling is paused', several: 'all selling is paused' },
}

/** What an operator reads after letting something go on: whether it does, and if not, all that still holds it. */
export function renderResumed(what: 'drop' | 'builder' | 'all', stops: readonly SellingStop[]): Message {
  if (stops.length === 0) return say('It goes on.', 'mint', rows(QUEUE_BUTTON))
  const reasons = stops.map((stop) => STILL[stop][what === 'drop' ? 'one' : 'several'])
  const lead =
    what === 'drop'
      ? 'That pause is over, but nothing of it is sold yet'
      : 'That pause is over, but not everything is on sale'
  return say(`${lead}: ${reasons.join(', and ')}.`, 'butter', rows(QUEUE_BUTTON))
}

/** Where our books and Stripe differ, a line each. `lead` comes first when something was just done. */
export function renderDoctor(report: MoneyReport, lead: string | null = null): Message {
  const { mismatches, total, moving } = report
  const found =
    total === 0
      ? 'Everything agrees, to the cent.'
      : `${counted(total, 'thing')} ${total === 1 ? 'does' : 'do'} not agree.`
  const lines = mismatches.map(
    ({ sentence, likelyCause, repair }) =>
      `• **${escapeText(sentence, 300)}** ${escapeText(likelyCause, 200)} ${escapeText(repair, 200)}`,
  )
  const unseen = total - mismatches.length
  const mendable = unseen > 0 || mismatches.some((mismatch) => mismatch.mendable)
  const orders = mismatches.filter(
    ({ orderId }, at) => orderId && mismatches.findIndex((other) => other.orderId === orderId) === at,
  )
  return {
    embeds: [
      {
        title: 'The money doctor',
        description: [
          ...(lead ? [lead, ''] : []),
          `**${found}**${unseen > 0 ? ' These are the first of them.' : ''}`,
          ...(lines.length > 0 ? ['', joinBlocks(lines, 3_500, '\n')] : []),
        ].join('\n'),
        fields: report.balances.map(({ currency, stripe, ours }) => ({
          name: `Balance in ${currency.toUpperCase()}`,
          value: `Stripe has ${signed(stripe, currency)}, our books say ${signed(ours, currency)}`,
        })),
        footer: { text: `${counted(report.orders, 'order')} compared, ${moving} moving and left for later` },
        color: accent(total === 0 ? 'mint' : 'strawberry'),
      },
    ],
    rows: [
      ...(orders.length > 0
        ? [
            select(
              'Open an order',
              ['op', 'choose', '1'],
              orders.map(({ orderId, sentence, likelyCause }) => ({
                label: sentence,
                description: likelyCause,
                value: customId('op', 'order', orderId ?? ''),
              })),
            ),
          ]
        : []),
      ...rows(
        button('Check again', ['op', 'doctor']),
        mendable && !lead ? button('Mend what is safe', ['op', 'mend'], 'primary') : null,
        QUEUE_BUTTON,
      ),
    ],
  }
}

/** The newest paused drops to choose one from; `more` when there are others. */
export function renderPausedDrops(drops: readonly DropView[], more: boolean): Message {
  if (drops.length === 0) return say('No drop is paused.', 'mint', rows(QUEUE_BUTTON))
  const options = drops.map((drop) => ({
    label: drop.title,
    description: `${drop.builder.name}, ${formatMoney(drop.price)}, ${shelfCount(drop)}`,
    value: customId('op', 'selling', 'resume', drop.dropId),
  }))
  const others = more ? ' These are the newest; older ones are under their builder.' : ''
  return say(`Which drop goes on?${others}`, 'butter', [
    select('Choose a drop', ['op', 'choose', '1'], options),
    ...rows(QUEUE_BUTTON),
  ])
}

function counted(count: number, noun: string): string {
  return count === 1 ? `1 ${noun}` : `${count} ${noun}s`
}

/** Minor units with their sign: a balance can be below zero. */
function signed(amount: number, currency: string): string {
  const shown = formatMoney({ amount: Math.abs(amount), currency })
  return amount < 0 ? `−${shown}` : shown
}

function section(name: string, lines: readonly string[]) {
  return lines.length > 0 ? [{ name: `${name} (${lines.length})`, value: joinBlocks(lines, 700, '\n') }] : []
}

function orderLine(order: OrderView): string {
  return (
    `**${orderTitle(order, 60)}** by ${escapeText(order.builder.name, 40)} for ` +
    `${escapeText(order.buyer.name, 40)}, ${formatMoney(order.total)}, ${orderWords(order, 'operator').state}`
  )
}

function caseLine(view: CaseView): string {
  const turn = {
    open: `the builder has until ${dateTime(view.answerBy)}`,
    answered: view.decidesItself ? `the buyer has until ${dateTime(view.decidesItself.at)}` : 'you decide',
    silent: 'the builder was silent, you decide',
    decided: 'decided',
  }[view.status]
  return `**${orderTitle(view.order, 60)}**, ${formatMoney(view.order.total)}: ${turn}`
}

function applicationLine(view: BuilderView): string {
  return `**${escapeText(view.builder.name, 60)}**, ${relativeTime(view.joinedAt)}`
}

function dropLine(drop: DropView): string {
  const state = drop.status === 'paused' ? 'paused' : shelfCount(drop)
  return `**${escapeText(drop.title, 60)}**, ${formatMoney(drop.price)}, ${state}`
}

interface Choice {
  readonly label: string
  readonly description: string
  readonly press: OperatorPress
}

const caseChoice = ({ caseId, order }: CaseView): Choice => ({
  label: order.drop.title,
  description: `${formatMoney(order.total)}, ${order.buyer.name} and ${order.builder.name}`,
  press: ['op', 'case', caseId],
})

const orderChoice = (order: OrderView): Choice => ({
  label: order.drop.title,
  description: `${formatMoney(order.total)}, ${order.builder.name} for ${order.buyer.name}`,
  press: ['op', 'order', order.orderId],
})

const builderChoice = ({ builder }: BuilderView): Choice => ({
  label: builder.name,
  description: 'Approve, or not',
  press: ['op', 'builder', builder.userId],
})

const dropChoice = (drop: DropView): Choice => ({
  label: `${drop.status === 'paused' ? 'Resume' : 'Pause'}: ${drop.title}`,
  description: formatMoney(drop.price),
  press: ['op', 'selling', drop.status === 'paused' ? 'resume' : 'pause', drop.dropId],
})

/** A button for each of a few, a menu for more. `number` tells the menus of one message apart. */
function choices(number: number, placeholder: string, list: readonly Choice[]) {
  if (list.length === 0) return []
  if (list.length <= BUTTONS_AT_MOST) {
    return rows(...list.map(({ label, press }) => button(label, press)))
  }
  const options = list.map(({ press, ...shown }) => ({ ...shown, value: customId(...press) }))
  return [select(placeholder, ['op', 'choose', String(number)], options)]
}
