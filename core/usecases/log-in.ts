import { AppError, type Person } from '#contract'
import { readLogin, readSession, signLogin, signSession } from '../domain/link.ts'
import type { Identity } from '../ports/identity.ts'
import type { Deps } from './deps.ts'
import { newToken, TICKET_MS, ticketKey, useOnce } from './ticket.ts'

const SESSION_MS = 30 * 24 * 60 * 60_000
/** A path of our own web: anything else could lead a person to somebody else's page. */
const OUR_PATH = /^\/(?![/\\])[\w\-./?=&%~]{0,199}$/

type Needs = Pick<Deps, 'change' | 'clock' | 'settings' | 'identity'>

function useIdentity(deps: Pick<Deps, 'identity'>): Identity {
  if (!deps.identity) throw new AppError('login_off')
  return deps.identity
}

/**
 * A browser wants to be known. It is to keep `state` in a cookie of its own and compare it when the person comes back,
 * so that nobody can be logged in as somebody else by a prepared address. Nothing is written: whoever opens this page a
 * million times fills nothing. Throws login_off.
 */
export async function beginLogin(
  deps: Needs,
  input: { readonly next: string },
): Promise<{ readonly url: string; readonly state: string }> {
  const identity = useIdentity(deps)
  const next = OUR_PATH.test(input.next) ? input.next : '/'
  const expiresAt = deps.clock.now() + TICKET_MS
  const state = signLogin(deps.settings.linkSecret, { nonce: newToken(), expiresAt, next })
  return { url: identity.authorizeUrl(state), state }
}

/**
 * The person came back from Discord with a code, or without when they refused there.
 * Throws login_off, link_invalid, login_refused or unavailable.
 */
export async function finishLogin(
  deps: Needs,
  input: { readonly state: string; readonly code: string | null },
): Promise<{
  readonly session: string
  readonly expiresAt: number
  readonly person: Person
  readonly next: string
}> {
  const identity = useIdentity(deps)
  const next = readLogin(deps.settings.linkSecret, input.state, deps.clock.now())
  if (next === null) throw new AppError('link_invalid')
  if (input.code === null) throw new AppError('login_refused')
  const person = await identity.identify(input.code)
  await deps.change({
    reads: [ticketKey(input.state)],
    decide: (sheet) => useOnce(sheet, input.state, 'login', deps.clock.now()),
  })
  const expiresAt = deps.clock.now() + SESSION_MS
  const session = signSession(deps.settings.linkSecret, person.userId, expiresAt)
  return { session, expiresAt, person, next }
}

/** Whose browser this is. Throws login_needed. */
export function visitor(deps: Pick<Deps, 'clock' | 'settings'>, session: string): string {
  const userId = readSession(deps.settings.linkSecret, session, deps.clock.now())
  if (!userId) throw new AppError('login_needed')
  return userId
}
