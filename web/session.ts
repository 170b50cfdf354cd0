import { timingSafeEqual } from 'node:crypto'
import type { Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import type { WebDeps } from './web-deps.ts'

const SESSION = 'c500_session'
/** As long as a visit to somebody else's consent page may take; core's ticket lasts no longer. */
const VISIT_SECONDS = 10 * 60

/** A visit to a consent page elsewhere: the browser that begins it must be the one that comes back. */
export type Visit = 'login' | 'twitch'
const RETURN_PATH = { login: '/login/return', twitch: '/link/twitch/return' } as const

type Site = Pick<WebDeps, 'origin'>

/** The session of this browser as core knows it, good or not; null when it has none. */
export function readSession(c: Context): string | null {
  return getCookie(c, SESSION) ?? null
}

/** Both are UTC milliseconds. */
export function keepSession(c: Context, site: Site, session: string, expiresAt: number, now: number): void {
  setCookie(c, SESSION, session, {
    ...manners(site),
    path: '/',
    maxAge: Math.floor((expiresAt - now) / 1_000),
  })
}

export function forgetSession(c: Context, site: Site): void {
  deleteCookie(c, SESSION, { ...manners(site), path: '/' })
}

/** Remember the visit's state in this browser, and nowhere else. */
export function beginVisit(c: Context, site: Site, visit: Visit, state: string): void {
  setCookie(c, nameOf(visit), state, { ...manners(site), path: RETURN_PATH[visit], maxAge: VISIT_SECONDS })
}

/**
 * Whether the visit that comes back with `state` began in this browser: otherwise a prepared address could log a person
 * in as somebody else, or link somebody else's channel. It comes back once.
 */
export function endVisit(c: Context, site: Site, visit: Visit, state: string): boolean {
  const kept = Buffer.from(getCookie(c, nameOf(visit)) ?? '')
  const given = Buffer.from(state)
  const same = kept.length > 0 && kept.length === given.length && timingSafeEqual(kept, given)
  if (same) deleteCookie(c, nameOf(visit), { ...manners(site), path: RETURN_PATH[visit] })
  return same
}

/** Whether a form was sent from one of our own pages: every browser says where a POST comes from. */
export function isOurForm(c: Context, site: Site): boolean {
  return c.req.header('origin') === site.origin
}

const nameOf = (visit: Visit) => `c500_${visit}`

function manners(site: Site) {
  return { httpOnly: true, sameSite: 'Lax', secure: site.origin.startsWith('https:') } as const
}
