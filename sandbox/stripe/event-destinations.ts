import type Stripe from 'stripe'
import { z } from 'zod'
import { noSuch, notBuilt, refuse } from './errors.ts'
import { type Operation, operation, pageOfV2 } from './operation.ts'
import { list, mergeMetadata, metadata, pagingV2, text, webUrl } from './params.ts'
import type { Stand } from './stand.ts'
import { type EndpointRecord, makeId } from './tables.ts'
import { newEndpoint } from './webhook-endpoints.ts'

const INCLUDES = ['webhook_endpoint.signing_secret', 'webhook_endpoint.url'] as const
type Include = (typeof INCLUDES)[number]
const include = list(z.enum(INCLUDES)).optional()

function view(record: EndpointRecord, wanted: readonly Include[] = []): Stripe.V2.Core.EventDestination {
  const { endpoint } = record
  const created = new Date(endpoint.created * 1_000).toISOString()
  const shown = {
    ...(wanted.includes('webhook_endpoint.url') ? { url: endpoint.url } : {}),
    ...(wanted.includes('webhook_endpoint.signing_secret') ? { signing_secret: record.secret } : {}),
  }
  return {
    id: endpoint.id,
    object: 'v2.core.event_destination',
    created,
    description: endpoint.description ?? '',
    enabled_events: endpoint.enabled_events,
    event_payload: 'thin',
    events_from: [record.connect ? '@accounts' : '@self'],
    livemode: false,
    metadata: endpoint.metadata,
    name: record.name ?? endpoint.url,
    status: endpoint.status === 'enabled' ? 'enabled' : 'disabled',
    type: 'webhook_endpoint',
    updated: created,
    ...(Object.keys(shown).length > 0 ? { webhook_endpoint: shown } : {}),
  }
}

function requireDestination(stand: Stand, id: string): EndpointRecord {
  const record = stand.tables.endpoints.get(id)
  if (!record?.thin) throw noSuch('event destination', id)
  return record
}

/** Where thin events go. A destination is thin or snapshot, never both; snapshots go to /v1/webhook_endpoints here. */
export const eventDestinationOperations: readonly Operation[] = [
  operation({
    route: 'POST /v2/core/event_destinations',
    params: z.strictObject({
      name: text,
      type: z.enum(['webhook_endpoint', 'amazon_eventbridge', 'azure_event_grid']),
      event_payload: z.enum(['thin', 'snapshot']),
      enabled_events: z.array(text).min(1).max(500),
      events_from: z.array(z.enum(['@self', '@accounts'])).optional(),
      webhook_endpoint: z.strictObject({ url: webUrl }).optional(),
      description: z.string().max(5_000).optional(),
      include,
      metadata,
    }),
    later: ['snapshot_api_version', 'amazon_eventbridge', 'azure_event_grid'],
    run(stand, { params }) {
      if (params.event_payload === 'snapshot' || params.type !== 'webhook_endpoint')
        throw notBuilt(`event destinations of type ${params.type} with ${params.event_payload} events`)
      if (!params.webhook_endpoint)
        throw refuse('webhook_endpoint is required for this type.', 'invalid_fields', 'webhook_endpoint')
      const record: EndpointRecord = {
        endpoint: newEndpoint(stand, {
          id: makeId('ed_test_', 32),
          url: params.webhook_endpoint.url,
          enabled_events: params.enabled_events,
          description: params.description ?? null,
          metadata: mergeMetadata(null, params.metadata),
        }),
        secret: makeId('whsec_', 32),
        connect: params.events_from?.includes('@accounts') ?? false,
        thin: true,
        name: params.name,
        fixed: false,
      }
      stand.tables.endpoints.set(record.endpoint.id, record)
      return view(record, params.include)
    },
  }),
  operation({
    route: 'GET /v2/core/event_destinations',
    params: z.strictObject({ ...pagingV2, include }),
    run(stand, { params }) {
      const found = stand.tables.endpoints
        .values()
        .filter(({ thin }) => thin === true)
        .map((record) => view(record, withoutSecret(params.include)))
      return pageOfV2('/v2/core/event_destinations', found, params)
    },
  }),
  operation({
    route: 'GET /v2/core/event_destinations/:id',
    params: z.strictObject({ include }),
    run: (stand, { id, params }) => view(requireDestination(stand, id), withoutSecret(params.include)),
  }),
  operation({
    route: 'DELETE /v2/core/event_destinations/:id',
    params: z.strictObject({}),
    run(stand, { id }) {
      requireDestination(stand, id)
      stand.tables.endpoints.delete(id)
      return { id, object: 'v2.core.event_destination' }
    },
  }),
]

/** The secret is told once, when the destination is made. */
function withoutSecret(wanted: readonly Include[] | undefined): Include[] {
  return (wanted ?? []).filter((one) => one !== 'webhook_endpoint.signing_secret')
}
