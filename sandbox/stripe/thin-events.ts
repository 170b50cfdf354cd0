import { z } from 'zod'
import { noSuch } from './errors.ts'
import { type Operation, operation, pageOfV2 } from './operation.ts'
import { list, optionalText, pagingV2, text } from './params.ts'
import type { Stand } from './stand.ts'
import { makeId, type ThinEvent } from './tables.ts'

type Told =
  | 'v2.core.account.created'
  | 'v2.core.account.updated'
  | 'v2.core.account.closed'
  | 'v2.core.account[identity].updated'
  | 'v2.core.account[requirements].updated'
  | 'v2.core.account[configuration.recipient].updated'
  | 'v2.core.account[configuration.recipient].capability_status_updated'
  | 'v2.core.account_link.returned'

/**
 * Tell thin endpoints that something happened to an account. Only endpoints for events of accounts (`@accounts`,
 * here `connect`) get it; they read the rest through the API. `data` is seen there only.
 */
export function emitThin(stand: Stand, type: Told, accountId: string, data?: object): void {
  const endpointIds = stand.tables.endpoints
    .values()
    .filter(({ thin, connect, endpoint }) => thin === true && connect && endpoint.status === 'enabled')
    .filter(({ endpoint: { enabled_events: wanted } }) => wanted.includes('*') || wanted.includes(type))
    .map(({ endpoint }) => endpoint.id)
  const { id, idempotency_key } = stand.cause
  const event: ThinEvent = {
    id: makeId('evt_test_', 26),
    object: 'v2.core.event',
    type,
    created: new Date(stand.clock()).toISOString(),
    livemode: false,
    context: accountId,
    related_object:
      type === 'v2.core.account_link.returned'
        ? null
        : { id: accountId, type: 'v2.core.account', url: `/v2/core/accounts/${accountId}` },
    reason: id === null ? null : { type: 'request', request: { id, idempotency_key: idempotency_key ?? '' } },
    ...(data ? { data } : {}),
  }
  const record = { event, endpointIds }
  stand.tables.events.set(event.id, record)
  stand.deliveries.add(record)
}

/** Thin events that may be seen acting for `account`; all of them for the platform. Oldest first. */
function thinEvents(stand: Stand, account: string | null): ThinEvent[] {
  return stand.tables.events
    .values()
    .flatMap(({ event }) => (event.object === 'v2.core.event' ? [event] : []))
    .filter((event) => account === null || event.context === account)
}

/** Epoch seconds as the client's types say, or ISO as v2 writes moments elsewhere. Gives UTC ms. */
const moment = z
  .string()
  .transform((given) => (/^\d+$/.test(given) ? Number(given) * 1_000 : Date.parse(given)))
  .refine((ms) => !Number.isNaN(ms), 'Not a moment')
const range = z
  .strictObject({
    gt: moment.optional(),
    gte: moment.optional(),
    lt: moment.optional(),
    lte: moment.optional(),
  })
  .optional()

export const thinEventOperations: readonly Operation[] = [
  operation({
    route: 'GET /v2/core/events',
    actsFor: true,
    params: z.strictObject({
      ...pagingV2,
      object_id: optionalText,
      types: list(text).optional(),
      created: range,
    }),
    run(stand, { params, account }) {
      const { gt = -Infinity, gte = -Infinity, lt = Infinity, lte = Infinity } = params.created ?? {}
      const found = thinEvents(stand, account)
        .filter((one) => params.object_id === undefined || one.context === params.object_id)
        .filter((one) => params.types?.includes(one.type) ?? true)
        .filter((one) => {
          const at = Date.parse(one.created)
          return at > gt && at >= gte && at < lt && at <= lte
        })
      return pageOfV2('/v2/core/events', found, params)
    },
  }),
  operation({
    route: 'GET /v2/core/events/:id',
    actsFor: true,
    params: z.strictObject({}),
    run(stand, { id, account }) {
      const event = thinEvents(stand, account).find((one) => one.id === id)
      if (!event) throw noSuch('event', id)
      return event
    },
  }),
]
