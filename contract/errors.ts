/**
 * Every refusal two services can speak of, with its HTTP status. The code is the contract; bot and web turn
 * it into their own words. `message` on the wire is an English sentence for logs and for callers without words.
 */
export const STATUS = {
  bad_request: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  internal: 500,
  unavailable: 503,

  drop_not_found: 404,
  drop_closed: 409,
  not_open_yet: 409,
  already_open: 409,
  sold_out: 409,
  all_held: 409,
  own_drop: 409,
  limit_reached: 409,
  hold_first: 409,

  draft_not_found: 404,
  draft_incomplete: 409,
  picture_gone: 409,
  text_too_long: 422,
  address_invalid: 422,
  builder_not_found: 404,
  builder_not_ready: 409,

  order_not_found: 404,
  not_yours: 403,
  hold_over: 409,
  hold_paid: 409,
  not_paid: 409,
  not_shipped: 409,
  order_moved_on: 409,
  tracking_invalid: 422,
  link_invalid: 404,
  payment_underway: 409,

  paused: 409,
  refund_too_large: 409,
  too_many_refunds: 409,
  amount_invalid: 422,
  reason_missing: 422,
  start_day_invalid: 422,
  release_in_progress: 409,
  nothing_to_refund: 409,
  case_not_found: 404,
  case_exists: 409,
  case_closed: 409,
  case_too_late: 409,
  case_full: 409,

  login_needed: 401,
  login_off: 409,
  login_refused: 409,
  twitch_off: 409,
  twitch_refused: 409,
  channel_taken: 409,
  channel_missing: 409,
} as const satisfies Record<string, number>

export type ErrorCode = keyof typeof STATUS

export const ERROR_CODES = Object.keys(STATUS) as readonly ErrorCode[]

/** The one error class that crosses layers and services. */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly status: (typeof STATUS)[ErrorCode]
  constructor(code: ErrorCode, message: string = code, options?: ErrorOptions) {
    super(message, options)
    this.name = 'AppError'
    this.code = code
    this.status = STATUS[code]
  }
}

export function isAppError(error: unknown, code?: ErrorCode): error is AppError {
  return error instanceof AppError && (code === undefined || error.code === code)
}
