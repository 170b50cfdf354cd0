import type { z } from 'zod'

/** Discord's error envelope: `{ message, code[, errors] }` with an HTTP status. */
export class DiscordError extends Error {
  readonly status: 400 | 401 | 403 | 404 | 413 | 429 | 501
  readonly code: number
  readonly errors: FormErrors | undefined
  constructor(status: DiscordError['status'], code: number, message: string, errors?: FormErrors) {
    super(message)
    this.name = 'DiscordError'
    this.status = status
    this.code = code
    this.errors = errors
  }
}

/** Discord nests form errors by key: `{ embeds: { 0: { title: { _errors: [{ code, message }] } } } }`. */
interface FormErrors {
  [key: string]: FormErrors | FormError[]
}
interface FormError {
  readonly code: string
  readonly message: string
}
export interface Problem {
  readonly path: readonly PropertyKey[]
  readonly code: string
  readonly message: string
}

/** 400, code 50035, with every problem at its place. */
export function invalidForm(problems: readonly Problem[]): DiscordError {
  const errors: FormErrors = {}
  for (const { path, code, message } of problems) {
    let here = errors
    for (const key of path) {
      const next = here[String(key)]
      if (next && !Array.isArray(next)) here = next
      else {
        const made: FormErrors = {}
        here[String(key)] = made
        here = made
      }
    }
    const listed = here._errors
    if (Array.isArray(listed)) listed.push({ code, message })
    else here._errors = [{ code, message }]
  }
  return new DiscordError(400, 50035, 'Invalid Form Body', errors)
}

/** Parses with a schema; throws 50035 in Discord's words when the body does not fit. */
export function parseForm<T extends z.ZodType>(schema: T, body: unknown): z.infer<T> {
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  throw invalidForm(parsed.error.issues.flatMap((issue) => toProblems(issue, body)))
}

function toProblems(issue: z.core.$ZodIssue, body: unknown): Problem[] {
  const { path } = issue
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        path: [...path, key],
        code: 'LOCAL_UNKNOWN_FIELD',
        message: `The local Discord knows no field "${key}" here. Discord would ignore it without a word.`,
      }))
    case 'too_big':
    case 'too_small': {
      const [word, limit] =
        issue.code === 'too_big' ? ['or fewer', issue.maximum] : ['or more', issue.minimum]
      if (issue.origin === 'string' || issue.origin === 'array') {
        return [{ path, code: 'BASE_TYPE_BAD_LENGTH', message: `Must be ${limit} ${word} in length.` }]
      }
      const code = issue.code === 'too_big' ? 'NUMBER_TYPE_MAX' : 'NUMBER_TYPE_MIN'
      return [{ path, code, message: `Value must be ${limit} ${word}.` }]
    }
    case 'invalid_format':
      return [{ path, code: 'STRING_TYPE_REGEX', message: issue.message }]
    case 'custom':
      return [{ path, code: String(issue.params?.code ?? 'BASE_TYPE_INVALID'), message: issue.message }]
    default: {
      if (valueAt(body, path) === undefined) {
        return [{ path, code: 'BASE_TYPE_REQUIRED', message: 'This field is required' }]
      }
      return [{ path, code: 'BASE_TYPE_INVALID', message: issue.message }]
    }
  }
}

function valueAt(body: unknown, path: readonly PropertyKey[]): unknown {
  let value = body
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined
    value = (value as Record<PropertyKey, unknown>)[key]
  }
  return value
}
