import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import {
  CardPlace,
  CaseId,
  ChannelView,
  DropId,
  Millis,
  Notice,
  OperatorCall,
  Person,
  Snowflake,
} from './views.ts'

/** How a notice reached a person: a private message, a private thread, or not at all (core keeps it as missed). */
export const Delivery = z.enum(['dm', 'thread', 'nowhere'])
export type Delivery = z.infer<typeof Delivery>

/**
 * News from core to the bot, out of core's outbox: POST with a JSON body, signed, repeated until answered 2xx.
 * The bot answers after the work is done, so whatever it does not finish comes again.
 */
export const PUSHES = {
  /** The public card of this drop is out of date: draw its newest state and say where it stands. */
  drawCard: {
    path: '/push/draw-card',
    input: z.object({ dropId: DropId }),
    output: CardPlace,
  },
  /**
   * Bring the private thread of a case to its newest state: make it when there is none, and post the entries from
   * `posted` on, and the decision. `threadId` null in the answer: no thread could be made, people were told by
   * direct message. `posted` counts entries shown so far.
   */
  drawCase: {
    path: '/push/draw-case',
    input: z.object({ caseId: CaseId, posted: z.int().nonnegative() }),
    output: z.object({ threadId: Snowflake.nullable(), posted: z.int().nonnegative() }),
  },
  /**
   * Post the announcement of a stream, or bring the one at `place` to this state: on air until `endedAt`. The answer
   * says where it stands. `channel` null: the builder let the channel go since.
   */
  drawLive: {
    path: '/push/draw-live',
    input: z.object({
      streamId: z.string(),
      builder: Person,
      channel: ChannelView.nullable(),
      startedAt: Millis,
      endedAt: Millis.nullable(),
      title: z.string().nullable(),
      game: z.string().nullable(),
      place: CardPlace.nullable(),
    }),
    output: CardPlace,
  },
  /** Give or take the roles of builders who are live, and of those who are verified. */
  setRoles: {
    path: '/push/set-roles',
    input: z.object({ userId: Snowflake, live: z.boolean(), verified: z.boolean() }),
    output: z.object({}),
  },
  /** Tell one person. `noticeId` is the same on every repeat. */
  notify: {
    path: '/push/notify',
    input: Notice,
    output: z.object({ delivery: Delivery }),
  },
  /** Tell the operators in their own channel. Not `posted`: there is none, or the bot may not write there. */
  callOperators: {
    path: '/push/call-operators',
    input: OperatorCall,
    output: z.object({ posted: z.boolean() }),
  },
} as const

export type PushName = keyof typeof PUSHES
export type PushInput<N extends PushName> = z.infer<(typeof PUSHES)[N]['input']>
export type PushOutput<N extends PushName> = z.infer<(typeof PUSHES)[N]['output']>

export const SIGNATURE_HEADER = 'c500-signature'
const TOLERANCE_MS = 5 * 60_000

/** `t=<UTC milliseconds>,v1=<hex HMAC-SHA256 of "t.body">` */
export function signPush(secret: string, body: string, now: number): string {
  return `t=${now},v1=${digest(secret, now, body)}`
}

/** True when the signature is ours and not older or newer than five minutes. */
export function verifyPush(secret: string, body: string, header: string | undefined, now: number): boolean {
  const match = /^t=(\d{1,15}),v1=([0-9a-f]{64})$/.exec(header ?? '')
  if (!match?.[1] || !match[2]) return false
  const at = Number(match[1])
  if (Math.abs(now - at) > TOLERANCE_MS) return false
  return timingSafeEqual(Buffer.from(match[2], 'hex'), Buffer.from(digest(secret, at, body), 'hex'))
}

function digest(secret: string, at: number, body: string): string {
  return createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')
}
