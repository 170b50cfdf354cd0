import { isDeepStrictEqual } from 'node:util'
import { claimId } from './drop.ts'
import { type Effect, type EffectKind, effectId } from './effect.ts'
import { ACCOUNTS, type Account, balances, type LedgerEntry } from './ledger.ts'
import { frozenBy, givenBack, isHeld, type Order } from './order.ts'
import { groupBy, isFound, type Mismatch, money, type Ours, sumOf } from './reconcile-mismatch.ts'
import type { Books, Sum, Totals } from './totals.ts'

/** About four minutes of growing pauses: by then nothing is a hiccup any more. */
const FAILING_ATTEMPTS = 8
/** Work that lies there for longer is done by nobody. */
const OVERDUE_MS = 5 * 60_000

const TAMPERED = 'Somebody or something changed the data beside the program.'
const RESTORE: Mismatch['repair'] = {
  kind: 'person',
  sentence: 'Compare with a backup; the ledger is append-only, so the older copy is the right one.',
}

/** Do our own books fit together? What stands still only: orders that move, and what they touch, are left out. */
export function compareBooks(ours: Ours): Mismatch[] {
  const entriesByOrder = groupBy(ours.ledger.entries, ({ orderId }) => orderId)
  return [
    ...ours.ledger.unbalanced.map(unbalanced),
    ...still(ours).flatMap((order) => ledgerOf(order, entriesByOrder.get(order.orderId) ?? [])),
    ...strayEntries(ours, entriesByOrder),
    ...dropCounts(ours),
    ...claimCounts(ours),
    ...debts(ours),
    ...effects(ours),
    ...audit(ours),
    ...totals(ours),
  ]
}

/** The orders that nothing is happening to. */
export function still(ours: Pick<Ours, 'orders' | 'moving'>): readonly Order[] {
  return ours.orders.filter(({ orderId }) => !ours.moving.has(orderId))
}

function unbalanced({ orderId, movement, lines, currency }: LedgerEntry): Mismatch {
  const sum = sumOf(lines, ({ amount }) => amount)
  return {
    code: 'entry_unbalanced',
    orderId,
    subject: orderId ?? movement,
    sentence: `The ledger row ${movement} sums to ${money(sum, currency)} instead of nothing.`,
    likelyCause: TAMPERED,
    repair: RESTORE,
  }
}

/** Balance per account that an order's own story leads to, in minor units. */
export function storyOf(order: Order): Record<Account, number> {
  const sums = Object.fromEntries(ACCOUNTS.map((account) => [account, 0])) as Record<Account, number>
  if (!order.payment) return sums
  const { total, refunds, dispute, release } = order
  const split = order.settlement === 'at_payment'
  const divided = split || order.arrivedAt !== null
  const sent = order.releasedAt === null ? null : split ? { amount: order.share, netted: 0 } : release
  const part = (is: (refund: Order['refunds'][number]) => boolean) => ({
    fee: sumOf(refunds.filter(is), ({ fromFee }) => fromFee),
    share: sumOf(refunds.filter(is), ({ fromShare }) => fromShare),
    amount: sumOf(refunds.filter(is), ({ amount }) => amount),
  })
  const all = part(() => true)
  const gone = part(({ status }) => status === 'succeeded')
  const byBank = part(({ reason }) => reason === 'dispute_lost')
  const reversed = part(({ reversal }) => reversal === 'made')
  const owed = part(({ reversal }) => reversal === 'owed')
  const stripeFee = order.payment.stripeFee ?? 0

  sums.stripe = total - stripeFee - (sent?.amount ?? 0) + reversed.share - (gone.amount - byBank.amount)
  sums.stripe_fees = stripeFee
  sums.refund_due = gone.amount - all.amount
  if (divided) {
    sums.platform_fee = all.fee - order.fee
    sums.builder_due =
      all.share - order.share + (sent?.amount ?? 0) + (sent?.netted ?? 0) - reversed.share - owed.share
    sums.builder_debt = owed.share - (sent?.netted ?? 0)
  } else {
    sums.buyer_money = all.amount - total
  }
  if (dispute) {
    const won = dispute.status === 'won'
    sums.stripe -= dispute.fee + (won ? 0 : dispute.amount)
    sums.disputed = dispute.status === 'open' ? dispute.amount : 0
    sums.dispute_fees = dispute.fee + (dispute.status === 'lost' ? dispute.amount - byBank.amount : 0)
  }
  return sums
}

function ledgerOf(order: Order, entries: readonly LedgerEntry[]): Mismatch[] {
  const story = storyOf(order)
  const booked = balances(entries.filter((entry) => !isFound(entry)))
  const off = ACCOUNTS.filter((account) => story[account] !== booked[account])
  if (off.length === 0) return []
  const { orderId, currency } = order
  const shown = off.map(
    (account) =>
      `${account} ${money(booked[account], currency)} instead of ${money(story[account], currency)}`,
  )
  return [
    {
      code: 'ledger_differs',
      orderId,
      subject: orderId,
      sentence: `The ledger of this order says ${shown.join(', ')}.`,
      likelyCause: TAMPERED,
      repair: RESTORE,
    },
  ]
}

/** Rows of orders that are not there. */
function strayEntries(ours: Ours, byOrder: ReadonlyMap<string | null, LedgerEntry[]>): Mismatch[] {
  const known = new Set(ours.orders.map(({ orderId }) => orderId))
  return [...byOrder].flatMap(([orderId, entries]): Mismatch[] => {
    if (orderId === null || known.has(orderId) || ours.outside.has(orderId)) return []
    return [
      {
        code: 'ledger_without_order',
        orderId: null,
        subject: orderId,
        sentence: `The ledger has ${entries.length} rows of ${orderId}, and there is no such order.`,
        likelyCause: TAMPERED,
        repair: RESTORE,
      },
    ]
  })
}

/** The unit of a late payment that was given back had been gone before. */
function tookUnit(order: Order): boolean {
  return order.payment !== null && !order.refunds.some(({ reason }) => reason === 'paid_too_late')
}

function dropCounts(ours: Ours): Mismatch[] {
  const byDrop = groupBy(ours.orders, ({ dropId }) => dropId)
  return ours.drops.flatMap((drop): Mismatch[] => {
    const orders = byDrop.get(drop.dropId) ?? []
    if (orders.some(({ orderId }) => ours.moving.has(orderId))) return []
    const held = orders.filter(isHeld).length
    const sold = orders.filter(tookUnit).length
    const available = drop.quantity - held - sold
    if (drop.available === available && drop.held === held && drop.sold === sold) return []
    return [
      {
        code: 'drop_differs',
        orderId: null,
        subject: drop.dropId,
        sentence:
          `${drop.title} counts ${drop.available} left, ${drop.held} held and ${drop.sold} sold of ` +
          `${drop.quantity}; its orders say ${available}, ${held} and ${sold}.`,
        likelyCause: TAMPERED,
        repair: {
          kind: 'person',
          sentence: 'Pause this drop and compare with a backup before more is sold.',
        },
      },
    ]
  })
}

function claimCounts(ours: Ours): Mismatch[] {
  const dropIds = new Set(ours.drops.map(({ dropId }) => dropId))
  const byClaim = groupBy(
    ours.orders.filter(({ dropId }) => dropIds.has(dropId)),
    ({ dropId, buyerId }) => claimId(dropId, buyerId),
  )
  return [...byClaim].flatMap(([id, orders]): Mismatch[] => {
    if (orders.some(({ orderId }) => ours.moving.has(orderId))) return []
    const has = orders.filter((order) => isHeld(order) || tookUnit(order)).length
    const taken = ours.claims.get(id)?.taken ?? 0
    if (taken === has) return []
    return [
      {
        code: 'claim_differs',
        orderId: null,
        subject: id,
        sentence: `A buyer's claim counts ${taken} units of a drop, and their orders are ${has}.`,
        likelyCause: TAMPERED,
        repair: { kind: 'person', sentence: 'Compare with a backup; no money is involved.' },
      },
    ]
  })
}

function debts(ours: Ours): Mismatch[] {
  const { accounts, debts: booked } = ours.ledger.books
  const currencies = new Map(ours.orders.map(({ builderId, currency }) => [builderId, currency]))
  const usual = Object.keys(accounts)[0] ?? 'usd'
  // A release takes the debt along when it is asked for, and is booked when it is made.
  const asked = groupBy(
    ours.orders.filter(({ release }) => release?.open),
    ({ builderId }) => builderId,
  )
  const moving = new Set(
    ours.orders.filter(({ orderId }) => ours.moving.has(orderId)).map(({ builderId }) => builderId),
  )
  return ours.builders.flatMap(({ userId, name, debt }): Mismatch[] => {
    const netted = sumOf(asked.get(userId) ?? [], ({ release }) => release?.netted ?? 0)
    const owes = (booked[userId] ?? 0) - netted
    if (owes === debt || moving.has(userId)) return []
    const shown = (amount: number) => money(amount, currencies.get(userId) ?? usual)
    return [
      {
        code: 'debt_differs',
        orderId: null,
        subject: userId,
        sentence: `${name} owes ${shown(debt)} by their profile and ${shown(owes)} by the ledger.`,
        likelyCause: TAMPERED,
        repair: RESTORE,
      },
    ]
  })
}

/** Whether an effect is about one order's money. */
export function isMoneyEffect({ kind }: Pick<Effect, 'kind'>): boolean {
  return MONEY_EFFECTS.includes(kind)
}
const MONEY_EFFECTS: readonly EffectKind[] = [
  'checkout',
  'stripe_fee',
  'transfer',
  'refund',
  'watch',
  'dispute',
]

/** Whether an effect is being carried out, or is about to be. */
export function isInHand(effect: Effect, now: number): boolean {
  if (effect.leaseUntil > now) return true
  if (effect.attempts >= FAILING_ATTEMPTS) return false
  return effect.dueAt <= now ? now - effect.dueAt <= OVERDUE_MS : effect.attempts > 0
}

function effects(ours: Ours): Mismatch[] {
  const { now } = ours
  const there = new Set(ours.effects.map(({ kind, subject }) => effectId(kind, subject)))
  const named = (subject: string) => (subject.startsWith('ord_') ? subject : null)
  const troubled = ours.effects.flatMap((effect): Mismatch[] => {
    const { kind, subject, attempts, lastError } = effect
    if (attempts >= FAILING_ATTEMPTS && lastError !== null) {
      return [
        {
          code: 'effect_failing',
          orderId: named(subject),
          subject: effectId(kind, subject),
          sentence: `The work "${kind}" for ${subject} failed ${attempts} times in a row: ${lastError}`,
          likelyCause: 'Stripe or the bot cannot be reached, a key is wrong, or the case needs a person.',
          repair: { kind: 'person', sentence: 'Mend what the message names; it is tried again by itself.' },
        },
      ]
    }
    if (effect.dueAt > now - OVERDUE_MS || effect.leaseUntil > now) return []
    return [
      {
        code: 'effect_waiting',
        orderId: named(subject),
        subject: effectId(kind, subject),
        sentence: `The work "${kind}" for ${subject} has been due for ${Math.round((now - effect.dueAt) / 60_000)} minutes.`,
        likelyCause: 'Core is not running.',
        repair: { kind: 'person', sentence: 'Start core.' },
      },
    ]
  })
  const missing = still(ours).flatMap((order) =>
    wanted(order)
      .filter((kind) => !there.has(effectId(kind, order.orderId)))
      .map((kind): Mismatch => {
        const { orderId } = order
        return {
          code: 'effect_missing',
          orderId,
          subject: effectId(kind, orderId),
          sentence: `This order is ${order.status} and nobody is going to look at it: its work "${kind}" is gone.`,
          likelyCause: TAMPERED,
          repair: { kind: 'wish', effect: kind, subject: orderId },
        }
      }),
  )
  return [...troubled, ...missing]
}

/** The work that an order in this state is waiting for. */
function wanted(order: Order): EffectKind[] {
  const kinds: EffectKind[] = []
  const held = order.status === 'paid' || order.status === 'shipped'
  const due = order.status === 'arrived' || order.status === 'release_blocked'
  const unsent = (refund: Order['refunds'][number]) =>
    refund.status === 'asked' || refund.status === 'pending' || refund.reversal === 'asked'
  const unnumbered = (refund: Order['refunds'][number]) => refund.status === 'succeeded' && !refund.creditNote
  if (isHeld(order)) kinds.push('checkout')
  if (held && order.settlement === 'on_arrival') kinds.push('watch')
  if (due && !frozenBy(order) && givenBack(order) < order.total) kinds.push('transfer')
  if (order.refunds.some(unsent)) kinds.push('refund')
  if (order.payment?.stripeFee === null) kinds.push('stripe_fee')
  if (order.payment && (!order.receipt || order.refunds.some(unnumbered))) kinds.push('receipt')
  if (order.dispute?.status === 'open') kinds.push('dispute')
  return kinds
}

function audit({ auditIntact }: Ours): Mismatch[] {
  if (auditIntact) return []
  return [
    {
      code: 'audit_broken',
      orderId: null,
      subject: 'audit',
      sentence: 'The audit log is not as it was written: an entry does not fit to the one before it.',
      likelyCause: TAMPERED,
      repair: RESTORE,
    },
  ]
}

/** Was every row before a place in the ledger added up there, once, and rightly? */
function totals({ ledger }: Ours): Mismatch[] {
  return ledger.recounts.flatMap(({ id, kept, moved, sums, books }): Mismatch[] => {
    const isRight = !moved && (sums === null || sameSums(sums, kept.sums)) && sameBooks(books, kept)
    if (isRight) return []
    const shown = (list: readonly Sum[]) =>
      list
        .map(
          ({ held, released, currency }) =>
            `${money(held, currency)} held and ${money(released, currency)} sent`,
        )
        .join(', ') || 'nothing'
    return [
      {
        code: 'totals_differ',
        orderId: null,
        subject: id,
        sentence:
          `The first ${kept.rows} ledger rows of ${id} were added up to ${shown(kept.sums)}; ` +
          (moved ? 'other rows stand there now.' : `they are ${shown(sums ?? [])}, account by account.`),
        likelyCause:
          'A row was written long after its time: a process was asleep for minutes, or a clock is wrong.',
        repair: { kind: 'recount', id },
      },
    ]
  })
}

/** Books that are not for these rows are made anew by whoever needs them. */
function sameBooks(right: Books, { rows, books }: Totals): boolean {
  return (
    books?.rows !== rows || isDeepStrictEqual([right.accounts, right.debts], [books.accounts, books.debts])
  )
}

function sameSums(a: readonly Sum[], b: readonly Sum[]): boolean {
  return (
    a.length === b.length &&
    a.every((sum) =>
      b.some(
        ({ currency, held, released }) =>
          currency === sum.currency && held === sum.held && released === sum.released,
      ),
    )
  )
}
