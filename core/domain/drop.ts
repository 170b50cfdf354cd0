import {
  AppError,
  type CardPlace,
  type Currency,
  type DraftProblem,
  type DropForm,
  type DropStatus,
  formatCount,
  type Opens,
  type Person,
  type Picture,
} from '#contract'
import type { OrderTerms } from './builder.ts'
import { parsePrice } from './money.ts'
import { cleanLine, cleanText, cutTo, lengthOf } from './text.ts'

export const TITLE_MAX = 80
export const STORY_MAX = 1_500
export const QUANTITY_MAX = 10_000
export const DESCRIPTION_MAX = 200
/** Of a picture that is called by its drop's title. */
export const ALT_MAX = 200

/** What a builder typed and uploaded, before it is published. Kept whole, right or wrong. */
export interface Draft {
  readonly draftId: string
  readonly builder: Person
  readonly form: DropForm
  readonly picture: Picture | null
  /** Set when the last upload could not be taken. */
  readonly pictureProblem: string | null
  readonly createdAt: number
}

/** A limited item for sale. Every unit is in exactly one place: available + held + sold === quantity. */
export interface Drop {
  readonly dropId: string
  readonly builder: Person
  readonly builderId: string
  readonly title: string
  readonly story: string
  /** Minor units for one unit. */
  readonly price: number
  readonly currency: Currency
  /** The collective's own rate when it was published, in hundredths of a percent. */
  readonly feeBps: number
  /** All of the builder's terms with their dates; an order gets what holds when its unit is held. */
  readonly terms: readonly OrderTerms[]
  /** The builder's account, for payments that Stripe splits. */
  readonly destination: string | null
  readonly quantity: number
  readonly available: number
  readonly held: number
  readonly sold: number
  readonly perPerson: number
  readonly closed: boolean
  /** Why nobody can hold a unit for now; empty while it is on sale. */
  readonly pauses: readonly PauseReason[]
  /** What opens it: its time, or a stream of its builder before its time. Null once it has opened. */
  readonly waitsFor: 'time' | 'stream' | null
  /** Kept with the drop so that it can be searched; see withStatus. */
  readonly status: DropStatus
  /** UTC ms. While it waits: its time, and closesAt counts from there. */
  readonly openedAt: number
  readonly closesAt: number
  /** How many people asked to be told when it opens. */
  readonly reminders: number
  /** How many wait in line for a unit that comes back, and the last number that was given to one of them. */
  readonly waitlist: { readonly waiting: number; readonly lastNumber: number }
  readonly picture: Picture | null
  readonly card: CardPlace | null
}

/** drop, builder: an operator or the builder stopped it. account: Stripe would not pay the builder. */
export type PauseReason = 'drop' | 'builder' | 'account'

/** Somebody wants to be told when a drop opens. */
export interface Reminder {
  readonly dropId: string
  readonly person: Person
  readonly at: number
}

/** A place in line for a unit that comes back. Lower numbers come first. */
export interface WaitlistPlace {
  readonly dropId: string
  readonly person: Person
  readonly number: number
  readonly at: number
}

export const waitlistId = (dropId: string, userId: string) => `${dropId}:${userId}`

/** The drop after somebody came into the line, or one left it. */
export function moveWaitlist(drop: Drop, move: 'join' | 'leave'): Drop {
  const { waiting, lastNumber } = drop.waitlist
  const waitlist =
    move === 'join'
      ? { waiting: waiting + 1, lastNumber: lastNumber + 1 }
      : { waiting: Math.max(0, waiting - 1) }
  return { ...drop, waitlist: { ...drop.waitlist, ...waitlist } }
}

export const reminderId = (dropId: string, userId: string) => `${dropId}:${userId}`

const HOUR_MS = 60 * 60_000

/** When a drop that is published now opens and closes, UTC ms. `opens`: undefined is at once. `live`: its builder is. */
export function planOpening(
  opens: Opens | undefined,
  closesInHours: number,
  live: boolean,
  now: number,
): Pick<Drop, 'waitsFor' | 'openedAt' | 'closesAt'> {
  const plan = (waitsFor: Drop['waitsFor'], inHours: number) => {
    const openedAt = now + Math.round(inHours * HOUR_MS)
    return { waitsFor, openedAt, closesAt: openedAt + closesInHours * HOUR_MS }
  }
  switch (opens?.when) {
    case undefined:
      return plan(null, 0)
    case 'later':
      return plan('time', opens.inHours)
    case 'with_stream':
      return live ? plan(null, 0) : plan('stream', opens.inHoursAtTheLatest)
    default:
      return opens satisfies never
  }
}

/** Not open yet, and not called off. */
export const isWaiting = (drop: Drop) => drop.waitsFor !== null && !drop.closed

/** Open a drop that waits: from now on, for as long as it was meant to be open. */
export function openDrop(drop: Drop, now: number): Drop {
  const closesAt = now + drop.closesAt - drop.openedAt
  return withStatus({ ...drop, waitsFor: null, openedAt: now, closesAt })
}

/** Closed, or past its time. */
export function isOver(drop: Drop, now: number): boolean {
  return drop.closed || (drop.waitsFor === null && now >= drop.closesAt)
}

/** The drop with its status brought up to date. */
export function withStatus(drop: Drop): Drop {
  const status = drop.closed
    ? 'closed'
    : drop.pauses.length > 0
      ? 'paused'
      : drop.waitsFor
        ? 'scheduled'
        : 'open'
  return { ...drop, status }
}

export function closeDrop(drop: Drop): Drop {
  return withStatus({ ...drop, closed: true })
}

/** Stop or resume a drop for one reason; other reasons stay. */
export function pauseDrop(drop: Drop, reason: PauseReason, paused: boolean): Drop {
  const others = drop.pauses.filter((one) => one !== reason)
  return withStatus({ ...drop, pauses: paused ? [...others, reason] : others })
}

/** What one buyer has of one drop. */
export interface Claim {
  /** Units held or bought. */
  readonly taken: number
  /** The order the buyer is paying for right now. */
  readonly liveOrderId: string | null
  /** The newest requests that led to an order, newest first, so that a repeated one is answered as it was. */
  readonly requests: readonly { readonly key: string; readonly orderId: string }[]
}

export const NO_CLAIM: Claim = { taken: 0, liveOrderId: null, requests: [] }

/** Nobody repeats a click of many clicks ago. */
const REQUESTS_REMEMBERED = 5

/** The claim after a request was given an order to pay for. */
export function claimUnit(claim: Claim, key: string, orderId: string): Claim {
  const requests = [{ key, orderId }, ...claim.requests].slice(0, REQUESTS_REMEMBERED)
  return { ...claim, taken: claim.taken + 1, liveOrderId: orderId, requests }
}

/** The claim after its unit moved. A hold on another unit stays. */
export function moveClaim(claim: Claim, move: Exclude<ShelfMove, 'reserve'>): Claim {
  switch (move) {
    case 'put_back':
      return { ...claim, taken: Math.max(0, claim.taken - 1), liveOrderId: null }
    case 'sell':
      return { ...claim, liveOrderId: null }
    case 'sell_spare':
      return { ...claim, taken: claim.taken + 1 }
    default:
      return move satisfies never
  }
}

export const claimId = (dropId: string, buyerId: string) => `${dropId}:${buyerId}`

export type CheckedForm =
  | {
      readonly ok: true
      readonly title: string
      readonly story: string
      readonly price: number
      readonly quantity: number
    }
  | { readonly ok: false; readonly problems: readonly DraftProblem[] }

/** Read a form as a person meant it. Every problem at once, each one sentence that says what to do. */
export function checkForm(form: DropForm, currency: Currency): CheckedForm {
  const problems: DraftProblem[] = []
  const problem = (field: DraftProblem['field'], sentence: string) => problems.push({ field, sentence })

  const title = cleanLine(form.title)
  const titleLength = lengthOf(title)
  if (titleLength === 0) problem('title', 'Give your drop a title.')
  else if (titleLength > TITLE_MAX)
    problem(
      'title',
      `The title has ${formatCount(titleLength)} characters; please keep it within ${TITLE_MAX}.`,
    )

  const story = cleanText(form.story)
  const storyLength = lengthOf(story)
  if (storyLength > STORY_MAX)
    problem(
      'story',
      `The story has ${formatCount(storyLength)} characters; please keep it within ${formatCount(STORY_MAX)}.`,
    )

  const price = parsePrice(form.price, currency)
  if (!price.ok) problem('price', price.sentence)

  const quantityText = form.quantity.trim()
  const quantity = /^\d{1,7}$/.test(quantityText) ? Number(quantityText) : Number.NaN
  if (Number.isNaN(quantity))
    problem('quantity', 'How many are there? Please write a whole number such as 12.')
  else if (quantity < 1) problem('quantity', 'A drop needs at least one unit.')
  else if (quantity > QUANTITY_MAX)
    problem('quantity', `A drop can have at most ${formatCount(QUANTITY_MAX)} units.`)

  if (problems.length > 0 || !price.ok) return { ok: false, problems }
  return { ok: true, title, story, price: price.amount, quantity }
}

/** The picture in its builder's words; without any it is called by the drop's title. Throws text_too_long. */
export function describePicture(picture: Picture, words: string, title: string): Picture {
  const { described: _, ...plain } = picture
  const alt = cleanLine(words)
  if (lengthOf(alt) > DESCRIPTION_MAX) throw new AppError('text_too_long')
  return alt === '' ? { ...plain, alt: cutTo(cleanLine(title), ALT_MAX) } : { ...plain, alt, described: true }
}

/**
 * reserve: shelf to hold. put_back: hold to shelf. sell: hold to sold. sell_spare: shelf to sold, for a payment that
 * came after its hold had ended.
 */
export type ShelfMove = 'reserve' | 'put_back' | 'sell' | 'sell_spare'

const MOVES = {
  reserve: { available: -1, held: 1, sold: 0 },
  put_back: { available: 1, held: -1, sold: 0 },
  sell: { available: 0, held: -1, sold: 1 },
  sell_spare: { available: -1, held: 0, sold: 1 },
} as const satisfies Record<ShelfMove, { available: number; held: number; sold: number }>

/** Move one unit. Throws `conflict` when there is no unit in the place it should come from. */
export function moveUnit(drop: Drop, move: ShelfMove): Drop {
  const delta = MOVES[move]
  const next = {
    ...drop,
    available: drop.available + delta.available,
    held: drop.held + delta.held,
    sold: drop.sold + delta.sold,
  }
  if (next.available < 0 || next.held < 0)
    throw new AppError('conflict', `no unit to ${move} in ${drop.dropId}`)
  return next
}

/** May this person have a unit, were there one? Throws the reason why not. */
export function assertMayHave(drop: Drop, buyerId: string, claim: Claim, now: number): void {
  if (drop.builderId === buyerId) throw new AppError('own_drop')
  if (isOver(drop, now)) throw new AppError('drop_closed')
  if (drop.waitsFor !== null) throw new AppError('not_open_yet')
  if (drop.status === 'paused') throw new AppError('paused')
  if (claim.taken >= drop.perPerson) throw new AppError('limit_reached')
}

/** Every unit is paid for, so that none can come back. */
export const isSoldOut = (drop: Drop) => drop.sold === drop.quantity

/** How many units somebody may take who is not in line: what comes back goes to those who wait. */
export const unitsForAnybody = (drop: Drop) => (drop.waitlist.waiting > 0 ? 0 : drop.available)

/** May this person hold a unit now? Throws the reason why not. */
export function assertReservable(drop: Drop, buyerId: string, claim: Claim, now: number): void {
  assertMayHave(drop, buyerId, claim, now)
  if (unitsForAnybody(drop) === 0) throw new AppError(isSoldOut(drop) ? 'sold_out' : 'all_held')
}
