import { z } from 'zod'
import { notBuilt, refuse, type StripeError } from './errors.ts'

/** Non-empty text, as Stripe wants wherever an empty string would mean "unset". */
export const text = z.string().min(1).max(5_000)
export const optionalText = text.optional()
/** Whole number, sent as text. */
export const whole = z
  .string()
  .regex(/^-?\d{1,15}$/, 'Invalid integer')
  .transform(Number)
export const positive = whole.refine((value) => value >= 1, 'Invalid positive integer')
export const flag = z.enum(['true', 'false']).transform((value) => value === 'true')
export const currency = z
  .string()
  .transform((value) => value.toLowerCase())
  .refine((value) => Intl.supportedValuesOf('currency').includes(value.toUpperCase()), 'Invalid currency')
export const webUrl = z
  .string()
  .max(5_000)
  .refine((value) => /^https?:\/\//.test(value) && URL.canParse(value), 'Not a valid URL')

/**
 * At most 50 keys of 40 characters without brackets, values of 500. An empty value means "remove this key", empty
 * metadata (null here) "remove them all".
 */
export const metadata = z
  .union([
    z
      .record(
        z
          .string()
          .max(40)
          .regex(/^[^[\]]+$/),
        z.string().max(500),
      )
      .refine((value) => Object.keys(value).length <= 50, 'Metadata can have at most 50 keys'),
    z.literal('').transform(() => null),
  ])
  .optional()

/** Lists arrive as objects with the keys 0, 1, 2, ... */
export function list<T extends z.ZodType>(item: T) {
  return z.preprocess(
    (value) => (typeof value === 'object' && value !== null ? Object.values(value) : value),
    z.array(item).max(100),
  )
}

/** limit, starting_after, ending_before and created: what every v1 list takes. */
export const paging = {
  limit: whole.refine((value) => value >= 1 && value <= 100, 'Limit must be between 1 and 100').optional(),
  starting_after: optionalText,
  ending_before: optionalText,
  created: z
    .union([
      whole,
      z.strictObject({
        gt: whole.optional(),
        gte: whole.optional(),
        lt: whole.optional(),
        lte: whole.optional(),
      }),
    ])
    .optional(),
}

/** limit and page: what every v2 list takes. */
export const pagingV2 = {
  limit: paging.limit,
  page: optionalText,
}

/** Keep what is set, drop what an empty value unsets. */
export function mergeMetadata(
  before: Readonly<Record<string, string>> | null,
  change: Readonly<Record<string, string>> | null | undefined,
): Record<string, string> {
  if (change === null) return {}
  const merged = { ...before, ...change }
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== ''))
}

/**
 * Check decoded form fields against an operation's schema. `later` names parameters that Stripe has and this
 * stand-in does not: they answer 501, while anything else unknown answers 400 `parameter_unknown`.
 */
export function parseParams<S extends z.ZodObject>(
  schema: S,
  later: readonly string[],
  fields: object,
): z.output<S> {
  const parsed = schema.safeParse(fields)
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues
  throw toStripeError(issues.find((issue) => issue.code === 'unrecognized_keys') ?? issues[0], later)
}

function toStripeError(issue: z.core.$ZodIssue | undefined, later: readonly string[]): StripeError {
  if (!issue) return refuse('Invalid parameters.')
  if (issue.code === 'unrecognized_keys') {
    const name = formName([...issue.path, issue.keys[0] ?? ''])
    if (later.includes(name.replaceAll(/\[\d+\]/g, '[]'))) return notBuilt(`parameter ${name}`)
    return refuse(`Received unknown parameter: ${name}`, 'parameter_unknown', name)
  }
  const name = formName(issue.path)
  if (issue.code === 'invalid_union' && issue.errors[0]?.[0]) return toStripeError(issue.errors[0][0], later)
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined'))
    return refuse(`Missing required param: ${name}.`, 'parameter_missing', name)
  if (issue.code === 'too_small' && issue.origin === 'string')
    return refuse(
      `You passed an empty string for '${name}'. We assume empty values are an attempt to unset a parameter; however '${name}' cannot be unset.`,
      'parameter_invalid_empty',
      name,
    )
  const code =
    issue.message === 'Invalid integer'
      ? 'parameter_invalid_integer'
      : issue.message === 'Not a valid URL'
        ? 'url_invalid'
        : undefined
  return refuse(`${issue.message}: ${name}`, code, name)
}

function formName(path: readonly PropertyKey[]): string {
  const [first, ...rest] = path.map(String)
  return (first ?? '') + rest.map((part) => `[${part}]`).join('')
}
