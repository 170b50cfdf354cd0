import type Stripe from 'stripe'
import { z } from 'zod'
import { pendingWebhooks } from './deliveries.ts'
import { noAccount, noSuch, refuse } from './errors.ts'
import { type Operation, operation, pageOf } from './operation.ts'
import { flag, list, optionalText, paging, text } from './params.ts'
import { API_VERSION, type Stand, seconds } from './stand.ts'
import { type EventRecord, type LocalEvent, makeId, type ThinEvent } from './tables.ts'

const DAY_MS = 86_400_000
const KEPT_MS = 30 * DAY_MS

/**
 * Record that something happened and make it due at the endpoints that asked for it. The object is copied as it is
 * now. `account` names the connected account: such an event goes to connect endpoints only. Returns the event's id.
 */
export function emit(
  stand: Stand,
  type: Stripe.Event['type'],
  object: object,
  options: { readonly account?: string; readonly previous?: object } = {},
): string {
  const endpointIds = stand.tables.endpoints
    .values()
    .filter(({ connect, thin }) => !thin && connect === (options.account !== undefined))
    .filter(({ endpoint }) => wants(endpoint, type))
    .map(({ endpoint }) => endpoint.id)
  const event: LocalEvent = {
    id: makeId('evt_'),
    object: 'event',
    ...(options.account ? { account: options.account } : {}),
    api_version: API_VERSION,
    created: seconds(stand),
    data: {
      object: structuredClone(object),
      ...(options.previous ? { previous_attributes: options.previous } : {}),
    },
    livemode: false,
    pending_webhooks: endpointIds.length,
    request: stand.cause,
    type,
  }
  const record = { event, endpointIds }
  stand.tables.events.set(event.id, record)
  stand.deliveries.add(record)
  return event.id
}

function wants(endpoint: Stripe.WebhookEndpoint, type: string): boolean {
  if (endpoint.status !== 'enabled') return false
  return endpoint.enabled_events.includes('*') || endpoint.enabled_events.includes(type)
}

/** Forget events older than 30 days, with their deliveries. */
export function pruneEvents(stand: Stand): void {
  const oldest = stand.clock() - KEPT_MS
  for (const { event, endpointIds } of stand.tables.events.values()) {
    if (happenedAt(event) >= oldest) break
    for (const endpointId of endpointIds) stand.tables.deliveries.delete(`${event.id}/${endpointId}`)
    stand.tables.events.delete(event.id)
  }
}

/** UTC ms */
function happenedAt({ created }: LocalEvent | ThinEvent): number {
  return typeof created === 'number' ? created * 1_000 : Date.parse(created)
}

/** The event as the API shows it now; undefined for a thin one, or one that is not of this account. */
function viewEvent(stand: Stand, record: EventRecord, account: string | null): LocalEvent | undefined {
  const { event } = record
  if (event.object !== 'event' || (event.account ?? null) !== account) return undefined
  return { ...event, pending_webhooks: pendingWebhooks(stand.tables, record) }
}

function requireAccount(stand: Stand, account: string | null): void {
  if (account !== null && !stand.tables.accounts.get(account)) throw noAccount(account)
}

export const eventOperations: readonly Operation[] = [
  operation({
    route: 'GET /v1/events',
    actsFor: true,
    params: z.strictObject({
      ...paging,
      type: optionalText,
      types: list(text)
        .refine((types) => types.length <= 20, 'At most 20 types')
        .optional(),
      delivery_success: flag.optional(),
    }),
    run(stand, { params, account }) {
      requireAccount(stand, account)
      if (params.type && params.types)
        throw refuse('You may only specify one of these parameters: type, types.', undefined, 'types')
      const wanted = params.types ?? (params.type ? [params.type] : null)
      const found = stand.tables.events
        .values()
        .flatMap((record) => viewEvent(stand, record, account) ?? [])
        .filter(({ type }) => wanted === null || wanted.some((one) => matches(one, type)))
        .filter(
          ({ pending_webhooks }) =>
            params.delivery_success === undefined || (pending_webhooks === 0) === params.delivery_success,
        )
      return pageOf('/v1/events', found, params, (event) => event.created)
    },
  }),
  operation({
    route: 'GET /v1/events/:id',
    actsFor: true,
    params: z.strictObject({}),
    run(stand, { id, account }) {
      requireAccount(stand, account)
      const record = stand.tables.events.get(id)
      const event = record && viewEvent(stand, record, account)
      if (!event) throw noSuch('event', id)
      return event
    },
  }),
]

/** `charge.*` stands for every type of charge. */
function matches(wanted: string, type: string): boolean {
  return wanted.endsWith('*') ? type.startsWith(wanted.slice(0, -1)) : wanted === type
}
