import {
  AppError,
  type CaseDecision,
  type CaseEntry,
  formatMoney,
  type OrderNotice,
  type Person,
  type Picture,
} from '#contract'
import {
  addEntry,
  type Case,
  openCase as newCase,
  nextLook,
  operatorsConcern,
  passAnswerTime,
} from '../domain/case.ts'
import { givenBack, type Order, type OrderEvent } from '../domain/order.ts'
import { cleanText, lengthOf } from '../domain/text.ts'
import { PictureError } from '../ports/media.ts'
import type { Key } from '../ports/store.ts'
import { applyToOrder, orderKeys, orderScene } from './advance-order.ts'
import { AUDIT_KEY, audit, checkReason } from './audit.ts'
import type { Sheet } from './change.ts'
import type { Deps } from './deps.ts'
import { amountOf } from './refund-order.ts'
import { effectKey, wish, wishCall, wishNotice } from './wish.ts'

const TEXT_MAX = 2_000

type Needs = Pick<Deps, 'store' | 'change' | 'clock' | 'media'>

/**
 * The buyer says something is wrong: a case opens and freezes the release of this order alone. Asking twice with the
 * same key is one case. Throws order_not_found, not_yours, case_exists, case_too_late, not_paid or reason_missing.
 */
export async function openCase(
  deps: Needs,
  input: {
    readonly buyer: Person
    readonly orderId: string
    readonly text: string
    readonly pictures: readonly { readonly url: string }[]
    readonly idempotencyKey: string
  },
): Promise<Case> {
  const text = checkText(input.text)
  const known = await getOrder(deps, input.orderId)
  if (known.buyerId !== input.buyer.userId) throw new AppError('not_yours')
  const pictures = await takePictures(deps, input.pictures)
  const requestId = `open-case:${input.idempotencyKey}`
  const repeated = (await deps.store.get('inbox', requestId))?.value.result
  if (repeated) return getCase(deps, repeated)
  const caseId = deps.store.newId('cas')
  return deps.change({
    lane: known.dropId,
    reads: [...orderKeys(known), ...caseKeys(caseId), ['inbox', requestId]],
    decide(sheet) {
      const now = deps.clock.now()
      const { order } = orderScene(sheet, input.orderId)
      applyToOrder(sheet, order.orderId, { type: 'case_opened', caseId }, now)
      const entry: CaseEntry = { at: now, by: input.buyer, role: 'buyer', text, pictures }
      const opened = newCase(
        { caseId, orderId: order.orderId, buyer: order.buyer, builder: order.builder },
        entry,
        now,
      )
      sheet.put('inbox', requestId, { type: 'open-case', receivedAt: now, result: caseId })
      return putCase(sheet, opened, now)
    },
  })
}

/**
 * The buyer, the builder or an operator adds words or pictures; nothing said is ever changed. Also after the decision,
 * for the record. Throws case_not_found, not_yours, reason_missing or case_full.
 */
export async function addToCase(
  deps: Needs,
  input: {
    readonly person: Person
    readonly operator: boolean
    readonly caseId: string
    readonly text: string
    readonly pictures: readonly { readonly url: string }[]
    readonly idempotencyKey: string
  },
): Promise<Case> {
  const text = checkText(input.text)
  const { person, caseId } = input
  const role = roleIn(await getCase(deps, caseId), person.userId, input.operator)
  const pictures = await takePictures(deps, input.pictures)
  const requestId = `add-to-case:${input.idempotencyKey}`
  return deps.change({
    reads: [...caseKeys(caseId), ['inbox', requestId]],
    decide(sheet) {
      const now = deps.clock.now()
      const found = sheet.get('cases', caseId)
      if (!found) throw new AppError('case_not_found')
      if (sheet.get('inbox', requestId)) return found
      sheet.put('inbox', requestId, { type: 'add-to-case', receivedAt: now, result: caseId })
      const onTime = passTime(sheet, found, now)
      return putCase(sheet, addEntry(onTime, { at: now, by: person, role, text, pictures }), now)
    },
  })
}

/**
 * An operator decides: everything back, a part back and the rest released, or released as it is. The money moves by the
 * same commit. Deciding twice is once. Throws case_not_found, case_closed, amount_invalid, reason_missing and whatever
 * the refund refuses.
 */
export async function decideCase(
  deps: Pick<Deps, 'store' | 'change' | 'clock'>,
  input: {
    readonly operator: Person
    readonly caseId: string
    readonly decision: CaseDecision
    /** As typed; only for part_refund. */
    readonly amount: string
    readonly reason: string
  },
): Promise<Case> {
  const reason = checkReason(input.reason)
  const { operator, decision, caseId } = input
  const known = await getCase(deps, caseId)
  const order = await getOrder(deps, known.orderId)
  return deps.change({
    lane: order.dropId,
    reads: [...orderKeys(order), ...caseKeys(caseId), AUDIT_KEY],
    decide(sheet) {
      const now = deps.clock.now()
      const found = sheet.get('cases', caseId)
      if (!found) throw new AppError('case_not_found')
      if (found.decision?.decision === decision) return found
      if (found.status === 'decided') throw new AppError('case_closed')
      const fresh = orderScene(sheet, found.orderId).order
      const amount = decision === 'part_refund' ? partOf(fresh, input.amount) : undefined
      const decided = decide(sheet, found, { decision, amount, reason, by: operator }, now)
      const back = formatMoney({ amount: decided.decision?.amount ?? 0, currency: fresh.currency })
      const action = `case ${decision}: ${back} back`
      audit(sheet, { by: operator, action, subject: found.orderId, reason }, now)
      return decided
    },
  })
}

/** A case whose time has come: the builder's answer is late, or silence decides. Answers when to look again (UTC ms). */
export async function tendCase(
  deps: Pick<Deps, 'store' | 'change' | 'clock'>,
  caseId: string,
): Promise<number | null> {
  const known = await getCase(deps, caseId)
  const order = await getOrder(deps, known.orderId)
  const after = await deps.change({
    lane: order.dropId,
    reads: [...orderKeys(order), ...caseKeys(caseId)],
    decide(sheet) {
      const now = deps.clock.now()
      const found = sheet.get('cases', caseId)
      if (!found || found.status === 'decided') return found ?? known
      const late = passTime(sheet, found, now)
      if (late !== found) return putCase(sheet, late, now)
      const itself = found.decidesItself
      if (!itself || now < itself.at) return found
      const reason =
        itself.decision === 'refund'
          ? 'The builder did not answer in time, and nobody decided otherwise.'
          : 'The builder answered, and the buyer had nothing to add.'
      return decide(sheet, found, { decision: itself.decision, amount: undefined, reason, by: null }, now)
    },
  })
  return nextLook(after)
}

/** The bot brings the private thread of a case up to date. */
export async function drawCase(
  deps: Pick<Deps, 'store' | 'change' | 'clock' | 'messenger'>,
  caseId: string,
): Promise<null> {
  const { posted } = await getCase(deps, caseId)
  const shown = await deps.messenger.push('drawCase', { caseId, posted })
  await deps.change({
    reads: [['cases', caseId]],
    decide(sheet) {
      const found = sheet.get('cases', caseId)
      if (found) sheet.put('cases', caseId, { ...found, ...shown })
    },
  })
  return null
}

/** Throws case_not_found. */
export async function getCase(deps: Pick<Deps, 'store'>, caseId: string): Promise<Case> {
  const found = (await deps.store.get('cases', caseId))?.value
  if (!found) throw new AppError('case_not_found')
  return found
}

/** As whom a person speaks in a case. Throws not_yours for anybody else. */
export function roleIn(found: Case, userId: string, operator: boolean): CaseEntry['role'] {
  if (found.buyer.userId === userId) return 'buyer'
  if (found.builder.userId === userId) return 'builder'
  if (operator) return 'operator'
  throw new AppError('not_yours')
}

function decide(
  sheet: Sheet,
  found: Case,
  how: {
    readonly decision: CaseDecision
    readonly amount: number | undefined
    readonly reason: string
    readonly by: Person | null
  },
  now: number,
): Case {
  const { decision, reason, by } = how
  const { order } = orderScene(sheet, found.orderId)
  const left = order.total - givenBack(order)
  const amount = decision === 'release' ? 0 : (how.amount ?? left)
  const events: OrderEvent[] = []
  if (amount > 0) events.push({ type: 'refund_asked', amount, reason: 'case', note: reason, by })
  events.push({ type: 'case_closed' })
  const held = order.status === 'paid' || order.status === 'shipped'
  if (held && amount < left) events.push({ type: 'arrived' })
  let after: Order = order
  for (const event of events) after = applyToOrder(sheet, order.orderId, event, now)
  tellBoth(sheet, found, ['buyer_case_decided', 'builder_case_decided'], after.history.length, now)
  return putCase(
    sheet,
    { ...found, status: 'decided', decidesItself: null, decision: { decision, amount, reason, by, at: now } },
    now,
  )
}

/** The case with what time has done to it; both are told when the builder was silent for too long. */
function passTime(sheet: Sheet, found: Case, now: number): Case {
  const after = passAnswerTime(found, now)
  if (after !== found)
    tellBoth(sheet, found, ['buyer_case_silent', 'builder_case_silent'], found.openedAt, now)
  return after
}

/** News of a case for its buyer and its builder; `occasion` tells the cases of one order apart. */
function tellBoth(
  sheet: Sheet,
  { orderId, buyer, builder }: Case,
  [toBuyer, toBuilder]: readonly [OrderNotice['kind'], OrderNotice['kind']],
  occasion: number,
  now: number,
): void {
  const about = 'order'
  wishNotice(sheet, orderId, { about, userId: buyer.userId, kind: toBuyer, occasion }, now)
  wishNotice(sheet, orderId, { about, userId: builder.userId, kind: toBuilder, occasion }, now)
}

const caseKeys = (caseId: string): Key[] => [
  ['cases', caseId],
  effectKey('draw_case', caseId),
  effectKey('tend_case', caseId),
]

/** The case as it is now, shown in its thread and looked at again when its time comes. */
function putCase(sheet: Sheet, found: Case, now: number): Case {
  const before = sheet.get('cases', found.caseId)
  const concern = operatorsConcern(found)
  if (concern && concern !== (before && operatorsConcern(before))) {
    wishCall(sheet, found.caseId, `${concern}:${found.entries.length}`, now)
  }
  sheet.put('cases', found.caseId, found)
  wish(sheet, 'draw_case', found.caseId, now)
  const look = nextLook(found)
  if (look !== null) wish(sheet, 'tend_case', found.caseId, now, { dueAt: look })
  return found
}

/** The part that goes back, as typed. Nothing is no part: it would release everything, and empty give everything back. */
function partOf(order: Order, typed: string): number {
  const amount = typed.trim() === '' ? 0 : amountOf(order, typed)
  if (amount === 0) throw new AppError('amount_invalid', 'A part that goes back is more than nothing.')
  return amount
}

function checkText(typed: string): string {
  const text = cleanText(typed)
  if (lengthOf(text) === 0)
    throw new AppError('reason_missing', 'Please say in a few words what it is about.')
  if (lengthOf(text) > TEXT_MAX) {
    throw new AppError('reason_missing', `Please keep it within ${TEXT_MAX} characters.`)
  }
  return text
}

/** Pictures that cannot be taken are left out: the words count, and they must not be lost for a bad file. */
async function takePictures(
  deps: Pick<Deps, 'store' | 'media'>,
  uploads: readonly { readonly url: string }[],
): Promise<Picture[]> {
  const pictures: Picture[] = []
  for (const { url } of uploads) {
    try {
      pictures.push(
        await deps.media.take({ pictureId: deps.store.newId('pic'), url, alt: 'Shown in a case' }),
      )
    } catch (error) {
      if (!(error instanceof PictureError)) throw error
    }
  }
  return pictures
}

async function getOrder(deps: Pick<Deps, 'store'>, orderId: string): Promise<Order> {
  const order = (await deps.store.get('orders', orderId))?.value
  if (!order) throw new AppError('order_not_found')
  return order
}
