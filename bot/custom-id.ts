import { z } from 'zod'
import {
  BuilderStatus,
  CaseDecision,
  CaseId,
  DraftId,
  DropId,
  type Opens,
  OrderId,
  PictureId,
  Snowflake,
} from '#contract'

const whole = z.string().regex(/^\d{1,3}$/)
const op = z.literal('op')
/** See opensWord. */
const opens = z.string().regex(/^(later|stream)_\d{1,3}(\.\d{1,2})?$/)

/** What only those who run the server may press. One first word for all of it, so that one door guards it. */
const OperatorPress = z.union([
  z.tuple([op, z.literal('queue')]),
  z.tuple([op, z.literal('cases')]),
  z.tuple([op, z.literal('audit')]),
  z.tuple([op, z.literal('doctor')]),
  z.tuple([op, z.literal('order'), OrderId]),
  z.tuple([op, z.literal('case'), CaseId]),
  z.tuple([op, z.literal('dispute'), OrderId]),
  z.tuple([op, z.literal('builder'), Snowflake]),
  /** A select: the chosen value is the custom id of one of the others. The number tells several selects apart. */
  z.tuple([op, z.literal('choose'), whole]),
  /** These open a form, and the form has the same custom id. */
  z.tuple([op, z.literal('refund'), OrderId]),
  z.tuple([op, z.literal('release'), OrderId]),
  z.tuple([op, z.literal('standing'), Snowflake, BuilderStatus]),
  z.tuple([op, z.literal('terms'), Snowflake]),
  z.tuple([op, z.literal('decide'), CaseId, CaseDecision]),
  z.tuple([op, z.literal('mend')]),
  z.tuple([op, z.literal('evidence'), OrderId]),
  z.tuple([
    op,
    z.literal('selling'),
    z.enum(['pause', 'resume']),
    z.union([z.literal('all'), DropId, Snowflake]),
  ]),
])
export type OperatorPress = z.infer<typeof OperatorPress>

/**
 * Everything a button, select or modal of ours can mean. The text travels through people's clients and comes back
 * as anybody likes, so it carries ids only and core checks every right again.
 */
const Press = z.union([
  z.tuple([z.literal('buy'), DropId]),
  z.tuple([z.literal('remind'), DropId]),
  z.tuple([z.literal('forget'), DropId]),
  /** In line for a unit that comes back, and out of it. */
  z.tuple([z.literal('getinline'), DropId]),
  z.tuple([z.literal('leaveline'), DropId]),
  /** A builder and a drop of theirs that has not opened: how it stands, and what they may do. */
  z.tuple([z.literal('opening'), DropId]),
  z.tuple([z.literal('opennow'), DropId]),
  z.tuple([z.literal('calloff'), DropId]),
  z.tuple([z.literal('letgo'), OrderId]),
  z.tuple([z.literal('publish'), DraftId]),
  /** stream: it is meant to open with one. at_once: whatever the draft says. */
  z.tuple([z.literal('publish'), DraftId, z.enum(['stream', 'at_once'])]),
  z.tuple([z.literal('fix'), DraftId]),
  z.tuple([z.literal('describe'), DraftId]),
  z.tuple([z.literal('ship'), OrderId]),
  z.tuple([z.literal('arrived'), OrderId]),
  z.tuple([z.literal('order'), OrderId]),
  z.tuple([z.literal('case'), CaseId]),
  z.tuple([z.literal('profile')]),
  /** It opens a form, and the form has the same custom id. */
  z.tuple([z.literal('about')]),
  z.tuple([z.literal('dashboard')]),
  z.tuple([z.literal('join')]),
  z.tuple([z.literal('linktwitch')]),
  z.tuple([z.literal('unlink')]),
  z.tuple([z.literal('unlinkyes')]),
  /** The newest orders, or a later page: core's cursor in base64url. */
  z.tuple([z.literal('money')]),
  z.tuple([z.literal('money'), z.string().regex(/^[\w-]{1,88}$/)]),
  /** Selects: the chosen order comes in the interaction's values. */
  z.tuple([z.literal('pickorder')]),
  z.tuple([z.literal('pickship')]),
  /** Modals. A drop form: which draft it mends, hours until closing, units per person, and when it opens if later. */
  z.tuple([z.literal('drop'), z.union([z.literal('new'), DraftId]), whole, whole]),
  z.tuple([z.literal('drop'), z.union([z.literal('new'), DraftId]), whole, whole, opens]),
  /** What a picture shows, and which one its builder looked at. */
  z.tuple([z.literal('describe'), DraftId, PictureId]),
  z.tuple([z.literal('shipment'), OrderId]),
  /** These open a form, and the form has the same custom id. */
  z.tuple([z.literal('giveback'), OrderId]),
  z.tuple([z.literal('wrong'), OrderId]),
  z.tuple([z.literal('add'), CaseId]),
  OperatorPress,
])
export type Press = z.infer<typeof Press>

const VERSION = 'v1'

/** `['buy', 'drp_…']` becomes `v1:buy:drp_…`; at most 100 characters, Discord's limit. */
export function customId(...press: Press): string {
  return [VERSION, ...press].join(':')
}

/** When a drop opens, as a word of a custom id: `later_1.5`, `stream_72`, in hours. */
export function opensWord(opens: Opens): string {
  return opens.when === 'later' ? `later_${opens.inHours}` : `stream_${opens.inHoursAtTheLatest}`
}

/** What opensWord wrote; undefined is at once. */
export function readOpens(word: string | undefined): Opens | undefined {
  const [when, hours] = word?.split('_') ?? []
  if (when === 'later') return { when, inHours: Number(hours) }
  return when === 'stream' ? { when: 'with_stream', inHoursAtTheLatest: Number(hours) } : undefined
}

/** Null for anything that is not exactly one of ours. */
export function parseCustomId(text: string): Press | null {
  if (text.length > 100) return null
  const [version, ...rest] = text.split(':')
  if (version !== VERSION) return null
  return Press.safeParse(rest).data ?? null
}
