import { z } from 'zod'
import { DraftId, DropId, OrderId } from '#contract'

const whole = z.string().regex(/^\d{1,3}$/)

/**
 * Everything a button, select or modal of ours can mean. The text travels through people's clients and comes back
 * as anybody likes, so it carries ids only and core checks every right again.
 */
const Press = z.union([
  z.tuple([z.literal('buy'), DropId]),
  z.tuple([z.literal('letgo'), OrderId]),
  z.tuple([z.literal('publish'), DraftId]),
  z.tuple([z.literal('fix'), DraftId]),
  z.tuple([z.literal('ship'), OrderId]),
  z.tuple([z.literal('arrived'), OrderId]),
  z.tuple([z.literal('order'), OrderId]),
  z.tuple([z.literal('profile')]),
  z.tuple([z.literal('dashboard')]),
  /** Selects: the chosen order comes in the interaction's values. */
  z.tuple([z.literal('pickorder')]),
  z.tuple([z.literal('pickship')]),
  /** Modals. A drop form: which draft it mends, hours until closing, units per person. */
  z.tuple([z.literal('drop'), z.union([z.literal('new'), DraftId]), whole, whole]),
  z.tuple([z.literal('shipment'), OrderId]),
])
export type Press = z.infer<typeof Press>

const VERSION = 'v1'

/** `['buy', 'drp_…']` becomes `v1:buy:drp_…`; at most 100 characters, Discord's limit. */
export function customId(...press: Press): string {
  return [VERSION, ...press].join(':')
}

/** Null for anything that is not exactly one of ours. */
export function parseCustomId(text: string): Press | null {
  if (text.length > 100) return null
  const [version, ...rest] = text.split(':')
  if (version !== VERSION) return null
  return Press.safeParse(rest).data ?? null
}
