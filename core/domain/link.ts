import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto'

/** What a link may be used for. A token for one purpose is worth nothing for another. */
export type LinkPurpose = 'order' | 'builder' | 'session' | 'login'

/** An unguessable token for a web address: `<id>.<signature>`. Whoever holds it may do what the purpose allows. */
export function signLink(secret: KeyObject, purpose: LinkPurpose, id: string): string {
  return `${id}.${signature(secret, purpose, id)}`
}

/** The id inside a token, or null when the token is not ours. */
export function readLink(secret: KeyObject, purpose: LinkPurpose, token: string): string | null {
  const dot = token.lastIndexOf('.')
  if (dot <= 0) return null
  const id = token.slice(0, dot)
  const given = Buffer.from(token.slice(dot + 1))
  const expected = Buffer.from(signature(secret, purpose, id))
  return given.length === expected.length && timingSafeEqual(given, expected) ? id : null
}

/** What a browser shows to be known as this person until `expiresAt` (UTC ms). */
export function signSession(secret: KeyObject, userId: string, expiresAt: number): string {
  return signLink(secret, 'session', `${userId}.${expiresAt}`)
}

/** Whose session it is, or null when it is not ours or over. `now` is UTC ms. */
export function readSession(secret: KeyObject, token: string, now: number): string | null {
  const [userId, expiresAt] = readLink(secret, 'session', token)?.split('.') ?? []
  return userId !== undefined && now < Number(expiresAt) ? userId : null
}

/** A visit to a consent page, until `expiresAt` (UTC ms), and where the person wanted to go. `nonce` has no dot. */
export function signLogin(
  secret: KeyObject,
  visit: { readonly nonce: string; readonly expiresAt: number; readonly next: string },
): string {
  return signLink(secret, 'login', `${visit.nonce}.${visit.expiresAt}.${visit.next}`)
}

/** Where that visit goes on, or null when it is not ours or over. `now` is UTC ms. */
export function readLogin(secret: KeyObject, state: string, now: number): string | null {
  const [, expiresAt, ...next] = readLink(secret, 'login', state)?.split('.') ?? []
  return now < Number(expiresAt) ? next.join('.') : null
}

function signature(secret: KeyObject, purpose: LinkPurpose, id: string): string {
  // 128 bits are plenty against guessing, and keep the address short.
  return createHmac('sha256', secret)
    .update(`${purpose}:${id}`)
    .digest()
    .subarray(0, 16)
    .toString('base64url')
}
