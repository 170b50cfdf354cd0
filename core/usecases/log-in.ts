import { AppError, type Person } from '#contract'
import { readSession, signSession } from '../domain/link.ts'
import type { Identity } from '../ports/identity.ts'
import type { Deps } from './deps.ts'
import { newToken, putTicket, takeTicket, ticketKey } from './ticket.ts'

const SESSION_MS = 30 * 24 * 60 * 60_000
/** A path of our own web: anything else could lead a person to somebody else's page. */
const OUR_PATH = /^\/(?![/\\])[\w\-./?=&%~]*$/

type Needs = Pick<Deps, 'change' | 'clock' | 'settings' | 'identity'>

function useIdentity(deps: Pick<Deps, 'identity'>): Identity {
  if (!deps.identity) throw new AppError('login_off')
  return deps.identity
}

/**
 * A browser wants to be known. It is to keep `state` in a cookie of its own and compare it when the person comes back,
 * so that nobody can be logged in as somebody else by a prepared address. Throws login_off.
 */
export async function beginLogin(
  deps: Needs,
  input: { readonly next: string },
): Promise<{ readonly url: string; readonly state: string }> {
  const identity = useIdentity(deps)
  const state = newToken()
  const next = OUR_PATH.test(input.next) ? input.next : '/'
  await deps.change({
    reads: [ticketKey(state)],
    decide: (sheet) => putTicket(sheet, state, { purpose: 'login', userId: null, next }, deps.clock.now()),
  })
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
  const { next } = await deps.change({
    reads: [ticketKey(input.state)],
    decide: (sheet) => takeTicket(sheet, input.state, 'login', deps.clock.now()),
  })
  if (input.code === null) throw new AppError('login_refused')
  const person = await identity.identify(input.code)
  const expiresAt = deps.clock.now() + SESSION_MS
  const session = signSession(deps.settings.linkSecret, person.userId, expiresAt)
  return { session, expiresAt, person, next: next ?? '/' }
}

/** Whose browser this is. Throws login_needed. */
export function visitor(deps: Pick<Deps, 'clock' | 'settings'>, session: string): string {
  const userId = readSession(deps.settings.linkSecret, session, deps.clock.now())
  if (!userId) throw new AppError('login_needed')
  return userId
}
