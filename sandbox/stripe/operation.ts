import type { z } from 'zod'
import { noSuch, refuse } from './errors.ts'
import { parseParams } from './params.ts'
import type { Stand } from './stand.ts'

export interface Call<P> {
  readonly params: P
  /** `:id` of the path; empty where there is none. */
  readonly id: string
  /** `:part` of the path, the second id; empty where there is none. */
  readonly part: string
  /** The connected account the caller acts for (Stripe-Account), or null for the platform. */
  readonly account: string | null
}

interface Spec<S extends z.ZodObject> {
  /** e.g. `POST /v1/checkout/sessions/:id/expire` */
  readonly route: `${'GET' | 'POST' | 'DELETE'} /${'v1' | 'v2'}/${string}`
  readonly params: S
  /** Parameters Stripe has and this stand-in has not, e.g. `payment_intent_data[transfer_data]`. */
  readonly later?: readonly string[]
  /** True where a connected account may be named in Stripe-Account. */
  readonly actsFor?: boolean
  readonly run: (stand: Stand, call: Call<z.output<S>>) => object
}

export interface Operation {
  readonly route: string
  readonly method: string
  readonly path: string
  readonly actsFor: boolean
  /** Checks the parameters (throws StripeError) and returns the work itself. */
  prepare(fields: object, target: Omit<Call<never>, 'params'>): (stand: Stand) => object
}

/** One API route: its parameters, and the synchronous work that nothing can interleave with. */
export function operation<S extends z.ZodObject>(spec: Spec<S>): Operation {
  const [method = '', path = ''] = spec.route.split(' ')
  return {
    route: spec.route,
    method,
    path,
    actsFor: spec.actsFor ?? false,
    prepare(fields, target) {
      const params = parseParams(spec.params, spec.later ?? [], fields)
      return (stand) => spec.run(stand, { ...target, params })
    },
  }
}

interface Paging {
  readonly limit?: number | undefined
  readonly starting_after?: string | undefined
  readonly ending_before?: string | undefined
  readonly created?: number | CreatedRange | undefined
}
interface CreatedRange {
  readonly gt?: number | undefined
  readonly gte?: number | undefined
  readonly lt?: number | undefined
  readonly lte?: number | undefined
}

/** A v1 list, newest first. `oldestFirst` is in order of creation. */
export function pageOf<T extends { readonly id: string }>(
  url: string,
  oldestFirst: readonly T[],
  params: Paging,
  createdOf: (item: T) => number,
): { object: 'list'; url: string; has_more: boolean; data: T[] } {
  if (params.starting_after && params.ending_before)
    throw refuse('Received both starting_after and ending_before parameters. Please pass in only one.')
  const limit = params.limit ?? 10
  const newestFirst = oldestFirst.toReversed()
  const cursor = params.starting_after ?? params.ending_before
  const at = cursor === undefined ? -1 : newestFirst.findIndex((item) => item.id === cursor)
  if (cursor !== undefined && at < 0)
    throw noSuch('object', cursor, params.starting_after ? 'starting_after' : 'ending_before')
  const side = params.ending_before ? newestFirst.slice(0, at) : newestFirst.slice(at + 1)
  const found = side.filter((item) => isWithin(createdOf(item), params.created))
  const data = params.ending_before ? found.slice(-limit) : found.slice(0, limit)
  return { object: 'list', url, has_more: found.length > data.length, data }
}

/** A v2 list, newest first: pages are addresses to follow. `oldestFirst` is in order of creation. */
export function pageOfV2<T extends { readonly id: string }>(
  path: string,
  oldestFirst: readonly T[],
  params: {
    readonly limit?: number | undefined
    readonly page?: string | undefined
    readonly [name: string]: unknown
  },
): { data: T[]; next_page_url: string | null; previous_page_url: string | null } {
  const { limit = 20, page, ...filters } = params
  const newestFirst = oldestFirst.toReversed()
  const from = page === undefined ? 0 : newestFirst.findIndex((one) => one.id === page)
  if (from < 0) throw refuse('The page is not there any more.', 'invalid_fields', 'page')
  const pageUrl = (first: T | undefined) => {
    if (!first) return null
    const query = new URLSearchParams({ limit: String(limit), page: first.id })
    for (const [name, value] of Object.entries(filters)) addToQuery(query, name, value)
    return `${path}?${query}`
  }
  return {
    data: newestFirst.slice(from, from + limit),
    next_page_url: pageUrl(newestFirst[from + limit]),
    previous_page_url: pageUrl(from > 0 ? newestFirst[Math.max(0, from - limit)] : undefined),
  }
}

function addToQuery(query: URLSearchParams, name: string, value: unknown): void {
  if (value === undefined) return
  if (typeof value !== 'object' || value === null) query.append(name, String(value))
  else for (const [key, inner] of Object.entries(value)) addToQuery(query, `${name}[${key}]`, inner)
}

/** True when a moment fits what a list was asked for, e.g. `created` or `arrival_date`. Epoch seconds. */
export function isWithin(created: number, range: Paging['created']): boolean {
  if (range === undefined) return true
  if (typeof range === 'number') return created === range
  return (
    (range.gt === undefined || created > range.gt) &&
    (range.gte === undefined || created >= range.gte) &&
    (range.lt === undefined || created < range.lt) &&
    (range.lte === undefined || created <= range.lte)
  )
}
