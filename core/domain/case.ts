import { AppError, type CaseDecision, type CaseEntry, type CaseStatus, type Person } from '#contract'

const HOUR_MS = 60 * 60_000
const DAY_MS = 24 * HOUR_MS
/** How long the builder has to answer. */
const ANSWER_MS = 48 * HOUR_MS
/** How long everybody may be silent after that, until silence decides. */
const SILENCE_MS = 7 * DAY_MS
/** What buyer, builder and operators may each say in all: a case is one document, and an engine takes 1 MiB at most. */
const BYTES_OF_EACH = 250_000

/** A buyer says something is wrong. The release of the order is frozen until it is decided. */
export interface Case {
  readonly caseId: string
  readonly orderId: string
  readonly buyer: Person
  readonly builder: Person
  readonly status: CaseStatus
  readonly openedAt: number
  readonly answerBy: number
  /** When silence decides, and how; null while an operator has to. */
  readonly decidesItself: { readonly at: number; readonly decision: CaseDecision } | null
  /** Everything said and uploaded, oldest first; never edited. */
  readonly entries: readonly CaseEntry[]
  /** When the builder's time to answer had passed, and after how many entries; null when it has not. */
  readonly silence: { readonly at: number; readonly after: number } | null
  readonly decision: {
    readonly decision: CaseDecision
    /** Minor units that go back to the buyer. */
    readonly amount: number
    readonly reason: string
    readonly by: Person | null
    readonly at: number
  } | null
  readonly threadId: string | null
  /** How many entries the thread shows. */
  readonly posted: number
}

export function openCase(
  about: Pick<Case, 'caseId' | 'orderId' | 'buyer' | 'builder'>,
  first: CaseEntry,
  now: number,
): Case {
  return {
    ...about,
    status: 'open',
    openedAt: now,
    answerBy: now + ANSWER_MS,
    decidesItself: null,
    entries: [first],
    silence: null,
    decision: null,
    threadId: null,
    posted: 0,
  }
}

/**
 * Somebody added something. The builder's first word in time answers the case: if the buyer then stays silent, the
 * money is released. The buyer's next word means an operator has to decide. What the builder says too late is kept, and
 * changes nothing of what everybody was told to follow from the silence. Throws case_full for who has said too much.
 */
export function addEntry(found: Case, entry: CaseEntry): Case {
  const after: Case = { ...found, entries: [...found.entries, entry] }
  const ownWords = after.entries.filter(({ role }) => role === entry.role)
  if (Buffer.byteLength(JSON.stringify(ownWords)) > BYTES_OF_EACH) throw new AppError('case_full')
  const buyersTurn = found.status === 'answered' && found.decidesItself !== null
  if (entry.role === 'builder' && (found.status === 'open' || buyersTurn)) {
    const decidesItself = { at: entry.at + SILENCE_MS, decision: 'release' } as const
    return { ...after, status: 'answered', decidesItself }
  }
  return entry.role === 'buyer' && buyersTurn ? { ...after, decidesItself: null } : after
}

/** The builder let the time pass: that counts for the buyer, and more silence refunds in full. */
export function passAnswerTime(found: Case, now: number): Case {
  if (found.status !== 'open' || now < found.answerBy) return found
  return {
    ...found,
    status: 'silent',
    silence: { at: now, after: found.entries.length },
    decidesItself: { at: now + SILENCE_MS, decision: 'refund' },
  }
}

/** What an operator should hear of: that it has begun, the builder's silence, or that nobody else can decide it now. */
export function operatorsConcern(found: Case): 'opened' | 'silent' | 'undecided' | null {
  switch (found.status) {
    case 'open':
      return 'opened'
    case 'silent':
      return 'silent'
    case 'answered':
      return found.decidesItself ? null : 'undecided'
    case 'decided':
      return null
    default:
      return found.status satisfies never
  }
}

/** When to look at this case again; null when nothing changes by itself. */
export function nextLook(found: Case): number | null {
  if (found.status === 'open') return found.answerBy
  return found.status === 'decided' ? null : (found.decidesItself?.at ?? null)
}
