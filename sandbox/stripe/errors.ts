import type { ContentfulStatusCode } from 'hono/utils/http-status'

export interface ErrorFields {
  readonly type: 'invalid_request_error' | 'card_error' | 'idempotency_error' | 'api_error'
  readonly message: string
  readonly code?: string
  readonly param?: string
  readonly decline_code?: string
  readonly payment_intent?: object
}

/** What Stripe answers instead of an object; always sent in the envelope, or the client would take it for success. */
export class StripeError extends Error {
  readonly status: ContentfulStatusCode
  readonly fields: ErrorFields
  constructor(status: ContentfulStatusCode, fields: ErrorFields) {
    super(fields.message)
    this.name = 'StripeError'
    this.status = status
    this.fields = fields
  }
}

/** `{ error: { type, message, code, doc_url, request_log_url } }` as it goes over the wire. */
export function toEnvelope(error: StripeError, requestId: string): { readonly error: object } {
  const { code } = error.fields
  return {
    error: {
      ...error.fields,
      ...(code ? { doc_url: `https://stripe.com/docs/error-codes/${code.replaceAll('_', '-')}` } : {}),
      request_log_url: `https://dashboard.stripe.com/test/logs/${requestId}`,
    },
  }
}

const V2_CODES: Readonly<Record<number, string>> = { 400: 'invalid_fields', 404: 'not_found' }

/** v2's shorter envelope: `{ error: { code, message } }`, with a type where the client has a class for it. */
export function toEnvelopeV2({ status, fields }: StripeError): { readonly error: object } {
  const isMissing = status === 404
  const code = isMissing ? 'not_found' : (fields.code ?? V2_CODES[status] ?? fields.type)
  const type =
    status === 429
      ? { type: 'rate_limit' }
      : fields.type === 'idempotency_error'
        ? { type: 'idempotency_error' }
        : {}
  return { error: { code: KNOWN_AS[code] ?? code, message: fields.message, ...type } }
}

/** v2 has one code for every fault of the parameters. */
const KNOWN_AS: Readonly<Record<string, string>> = {
  parameter_unknown: 'invalid_fields',
  parameter_missing: 'invalid_fields',
  parameter_invalid_empty: 'invalid_fields',
  parameter_invalid_integer: 'invalid_fields',
  url_invalid: 'invalid_fields',
}

/** 400: the request or the object's state forbids it. */
export function refuse(message: string, code?: string, param?: string): StripeError {
  return new StripeError(400, {
    type: 'invalid_request_error',
    message,
    ...(code ? { code } : {}),
    ...(param ? { param } : {}),
  })
}

/** 404 for the object a path names; 400 for one that a parameter names, as Stripe does. */
export function noSuch(kind: string, id: string, param = 'id'): StripeError {
  return new StripeError(param === 'id' ? 404 : 400, {
    type: 'invalid_request_error',
    code: 'resource_missing',
    message: `No such ${kind}: '${id}'`,
    param,
  })
}

/** 403: the key may not act for this connected account, or there is none. */
export function noAccount(accountId: string): StripeError {
  return new StripeError(403, {
    type: 'invalid_request_error',
    code: 'account_invalid',
    message: `The provided key 'sk_test_***' does not have access to account '${accountId}' (or that account does not exist). Application access may have been revoked.`,
  })
}

/** 501: Stripe has it, this stand-in does not; `what` completes "local Stripe has no ...". */
export function notBuilt(what: string): StripeError {
  return new StripeError(501, { type: 'api_error', message: `local Stripe has no ${what}` })
}
