import { createHash } from 'node:crypto'
import type Stripe from 'stripe'
import { z } from 'zod'
import { noSuch, refuse } from './errors.ts'
import { type Operation, operation, pageOf } from './operation.ts'
import { flag, list, mergeMetadata, metadata, optionalText, paging, text, webUrl } from './params.ts'
import { API_VERSION, type Stand, seconds } from './stand.ts'
import { type EndpointRecord, makeId } from './tables.ts'

export interface FixedEndpoint {
  readonly url: string
  readonly secret: string
  /** True for events of connected accounts, false for the platform's own. */
  readonly connect: boolean
  /** True for thin events of Accounts v2 instead of snapshots; those are events of connected accounts. */
  readonly thin?: boolean
}

/** Know these endpoints under ids that stay the same over restarts, so that retries of yesterday find them. */
export function keepFixedEndpoints(stand: Stand, wanted: readonly FixedEndpoint[]): void {
  for (const { endpoint, fixed } of stand.tables.endpoints.values())
    if (fixed) stand.tables.endpoints.delete(endpoint.id)
  for (const { url, secret, connect, thin = false } of wanted) {
    const name = `${connect} ${url}${thin ? ' thin' : ''}`
    const digest = createHash('sha256').update(name).digest('hex')
    const endpoint = newEndpoint(stand, { id: `we_${digest.slice(0, 24)}`, url, enabled_events: ['*'] })
    stand.tables.endpoints.set(endpoint.id, { endpoint, secret, connect, thin, fixed: true })
  }
}

/** An endpoint with everything usual. */
export function newEndpoint(
  stand: Stand,
  given: Pick<Stripe.WebhookEndpoint, 'id' | 'url' | 'enabled_events'> & Partial<Stripe.WebhookEndpoint>,
): Stripe.WebhookEndpoint {
  return {
    object: 'webhook_endpoint',
    api_version: API_VERSION,
    application: null,
    created: seconds(stand),
    description: null,
    livemode: false,
    metadata: {},
    status: 'enabled',
    ...given,
  }
}

function requireEndpoint(stand: Stand, id: string): EndpointRecord {
  const record = stand.tables.endpoints.get(id)
  if (!record || record.thin) throw noSuch('webhook endpoint', id)
  return record
}

export const webhookEndpointOperations: readonly Operation[] = [
  operation({
    route: 'POST /v1/webhook_endpoints',
    params: z.strictObject({
      url: webUrl,
      enabled_events: list(text),
      connect: flag.optional(),
      api_version: optionalText,
      description: optionalText,
      metadata,
    }),
    run(stand, { params }) {
      if (params.api_version && params.api_version !== API_VERSION)
        throw refuse(
          `Invalid api_version: this local Stripe renders events in ${API_VERSION} only.`,
          undefined,
          'api_version',
        )
      const endpoint = newEndpoint(stand, {
        id: makeId('we_'),
        url: params.url,
        enabled_events: params.enabled_events,
        description: params.description ?? null,
        metadata: mergeMetadata(null, params.metadata),
      })
      const secret = makeId('whsec_', 32)
      stand.tables.endpoints.set(endpoint.id, {
        endpoint,
        secret,
        connect: params.connect ?? false,
        fixed: false,
      })
      return { ...endpoint, secret }
    },
  }),
  operation({
    route: 'GET /v1/webhook_endpoints',
    params: z.strictObject(paging),
    run(stand, { params }) {
      const all = stand.tables.endpoints.values().flatMap(({ endpoint, thin }) => (thin ? [] : [endpoint]))
      return pageOf('/v1/webhook_endpoints', all, params, (endpoint) => endpoint.created)
    },
  }),
  operation({
    route: 'GET /v1/webhook_endpoints/:id',
    params: z.strictObject({}),
    run: (stand, { id }) => requireEndpoint(stand, id).endpoint,
  }),
  operation({
    route: 'POST /v1/webhook_endpoints/:id',
    params: z.strictObject({
      url: webUrl.optional(),
      enabled_events: list(text).optional(),
      disabled: flag.optional(),
      description: z.string().max(5_000).optional(),
      metadata,
    }),
    run(stand, { id, params }) {
      const record = requireEndpoint(stand, id)
      const before = record.endpoint
      const endpoint: Stripe.WebhookEndpoint = {
        ...before,
        url: params.url ?? before.url,
        enabled_events: params.enabled_events ?? before.enabled_events,
        description: params.description ?? before.description,
        metadata: mergeMetadata(before.metadata, params.metadata),
        status: params.disabled === undefined ? before.status : params.disabled ? 'disabled' : 'enabled',
      }
      stand.tables.endpoints.set(id, { ...record, endpoint })
      return endpoint
    },
  }),
  operation({
    route: 'DELETE /v1/webhook_endpoints/:id',
    params: z.strictObject({}),
    run(stand, { id }) {
      requireEndpoint(stand, id)
      stand.tables.endpoints.delete(id)
      return { id, object: 'webhook_endpoint', deleted: true }
    },
  }),
]
