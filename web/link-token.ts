import type { Context } from 'hono'
import { z } from 'zod'
import { AppError } from '#contract'

const LinkToken = z.string().regex(/^[\w.~-]{1,200}$/)
const Look = z.coerce.number().int().min(0).max(9_999).catch(0)

/** A link's secret out of an address. Throws AppError 'link_invalid' for what cannot be one. */
export function parseLinkToken(value: string | undefined): string {
  const token = LinkToken.safeParse(value)
  if (!token.success) throw new AppError('link_invalid')
  return token.data
}

/** How many times a waiting page has looked again, from its own address; 0 for anything odd. */
export function parseLook(c: Context): number {
  return Look.parse(c.req.query('look'))
}
