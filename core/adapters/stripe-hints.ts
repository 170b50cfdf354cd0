import type Stripe from 'stripe'
import { z } from 'zod'
import { OrderId } from '#contract'
import { type PaymentHint, PaymentsError } from '../ports/payments.ts'
import type { StripeClient } from './stripe-client.ts'

export interface WebhookSecrets {
  readonly platform: string
  readonly connect: string
  /** Of the destination of thin events; null when there is none. */
  readonly thin: string | null
}
type Endpoint = keyof WebhookSecrets

const SNAPSHOT = 'event'
const THIN = 'v2.core.event'

/** The ways in for Stripe's deliveries: verify, then keep nothing but which object to read again. */
export function createHintParsers(
  { stripe, live }: Pick<StripeClient, 'stripe' | 'live'>,
  secrets: WebhookSecrets,
) {
  /** The JSON of a delivery that Stripe signed for this endpoint a moment ago. */
  function open(rawBody: string, signature: string | undefined, endpoint: Endpoint): unknown {
    if (!isSigned(stripe, rawBody, signature, secrets[endpoint])) {
      const other = (Object.keys(secrets) as Endpoint[]).find((name) =>
        isSigned(stripe, rawBody, signature, secrets[name]),
      )
      // Without a cause: the SDK's error carries the header and the whole body.
      throw other
        ? refuse('webhook_endpoint', `this is the ${endpoint} endpoint, and the event is signed for ${other}`)
        : refuse('webhook_signature', 'the webhook is not signed as it should be')
    }
    try {
      return JSON.parse(rawBody)
    } catch {
      throw refuse('webhook_body', 'the webhook is not JSON')
    }
  }

  return {
    parseEvent(
      rawBody: string,
      signature: string | undefined,
      endpoint: 'platform' | 'connect',
    ): PaymentHint {
      const body = open(rawBody, signature, endpoint)
      mustBe(SNAPSHOT, body, endpoint)
      const event = SnapshotEvent.safeParse(body)
      if (!event.success) throw refuse('webhook_body', 'the webhook is no event')
      return toHint(event.data, live)
    },

    parseThinEvent(rawBody: string, signature: string | undefined): PaymentHint {
      const body = open(rawBody, signature, 'thin')
      mustBe(THIN, body, 'thin')
      const event = ThinEvent.safeParse(body)
      if (!event.success) throw refuse('webhook_body', 'the webhook is no event')
      const { id, type, created, livemode, related_object: about } = event.data
      const isAccount = about?.type === 'v2.core.account' || about?.type === 'account'
      return {
        eventId: id,
        type,
        happenedAt: Date.parse(created ?? '') || null,
        orderId: null,
        chargeId: null,
        accountId: (livemode === live && isAccount && about.id) || null,
      }
    },
  }
}

function isSigned(
  stripe: Stripe,
  rawBody: string,
  signature: string | undefined,
  secret: string | null,
): boolean {
  if (!secret || !signature) return false
  try {
    return stripe.webhooks.signature?.verifyHeader(rawBody, signature, secret) ?? false
  } catch {
    return false
  }
}

/** An event destination sends one kind of events; a mistake there is the operator's to mend, so it is named. */
function mustBe(kind: typeof SNAPSHOT | typeof THIN, body: unknown, endpoint: Endpoint): void {
  const found = Named.safeParse(body).data?.object
  if (found === kind || (found !== SNAPSHOT && found !== THIN)) return
  const [wanted, came] = kind === THIN ? ['thin', 'a snapshot'] : ['snapshot', 'a thin']
  throw refuse('webhook_kind', `the ${endpoint} endpoint takes ${wanted} events, and this is ${came} event`)
}

function refuse(code: string, message: string): PaymentsError {
  return new PaymentsError('refused', message, code)
}

const Named = z.object({ object: z.string() })
/** An object of Stripe's by its id, or the object itself where it was expanded. */
const Reference = z
  .union([z.string(), z.object({ id: z.string() }).transform(({ id }) => id)])
  .nullish()
  .catch(null)

/** Where the different objects name our order, and the charge they belong to. */
const Names = z.object({
  object: z.string(),
  id: z.string().optional(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
  client_reference_id: z.string().nullish(),
  transfer_group: z.string().nullish(),
  charge: Reference,
  source_transaction: Reference,
  originating_transaction: Reference,
  latest_charge: Reference,
})

/** The little of an event that is believed; which names its object carries depends on the event's type. */
const SnapshotEvent = z.object({
  id: z.string(),
  type: z.string(),
  created: z.number().optional().catch(undefined),
  livemode: z.boolean(),
  account: z.string().optional(),
  data: z.object({ object: Names }),
})

/** Thin events carry an address instead of the object. */
const ThinEvent = z.object({
  id: z.string(),
  type: z.string(),
  created: z.string().optional().catch(undefined),
  livemode: z.boolean(),
  related_object: z.object({ id: z.string(), type: z.string() }).nullish(),
})

/**
 * A snapshot event as a hint. A live Connect endpoint also receives the events of test accounts: they name nobody of
 * ours. Throws ZodError for what is no event.
 */
export function readHint(event: unknown, live: boolean): PaymentHint {
  return toHint(SnapshotEvent.parse(event), live)
}

function toHint(event: z.infer<typeof SnapshotEvent>, live: boolean): PaymentHint {
  const { object } = event.data
  const ours = event.livemode === live
  const accountId = event.account ?? (object.object === 'account' ? object.id : undefined)
  return {
    eventId: event.id,
    type: event.type,
    happenedAt: event.created === undefined ? null : event.created * 1_000,
    orderId: ours ? orderIdOf(object) : null,
    chargeId: ours ? chargeIdOf(object) : null,
    accountId: (ours && accountId) || null,
  }
}

/** Which order and which charge an object of Stripe's belongs to, as far as it says so itself. */
export function namesIn(object: unknown): Pick<PaymentHint, 'orderId' | 'chargeId'> {
  const names = Names.safeParse(object).data
  return names
    ? { orderId: orderIdOf(names), chargeId: chargeIdOf(names) }
    : { orderId: null, chargeId: null }
}

function orderIdOf(names: z.infer<typeof Names>): string | null {
  const candidates = [
    names.metadata?.order_id,
    names.client_reference_id,
    names.transfer_group?.replace(/^order_/, ''),
  ]
  const ids = candidates.map((name) => OrderId.safeParse(name).data)
  return ids.find((id) => id !== undefined) ?? null
}

function chargeIdOf(names: z.infer<typeof Names>): string | null {
  if (names.object === 'charge') return names.id ?? null
  // An application fee names the builder's side of the payment as its charge, and ours as where it came from.
  return (
    names.originating_transaction ?? names.source_transaction ?? names.charge ?? names.latest_charge ?? null
  )
}
