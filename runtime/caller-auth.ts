import { hash, timingSafeEqual } from 'node:crypto'
import { type Credentials, type Recognise, SIGNATURE_HEADER, signPush, verifyPush } from '#contract'

/** The secrets that are good now: one, or two while one takes over from the other. */
export type Secrets = readonly [string, ...string[]]

export const bothSecrets = (current: string, previous: string | undefined): Secrets =>
  previous === undefined ? [current] : [current, previous]

/**
 * Callers by the bearer token of each. Compares digests, all of them, so that neither content nor length of a token
 * can be learned from the time it takes.
 */
export function recogniseBearer<C extends string>(
  tokens: Readonly<Partial<Record<C, Secrets>>>,
): Recognise<C> {
  const digest = (text: string) => hash('sha256', text, 'buffer')
  const known = (Object.entries(tokens) as [C, Secrets][]).flatMap(([caller, secrets]) =>
    secrets.map((token) => ({ caller, digest: digest(`Bearer ${token}`) })),
  )
  return async ({ header }) => {
    const given = digest(header('authorization') ?? '')
    let found: C | null = null
    for (const { caller, digest: expected } of known) if (timingSafeEqual(given, expected)) found = caller
    return found
  }
}

/** Core's news to the bot, signed over the body and the time. `now` is UTC milliseconds. */
export const signature =
  (secret: string, now: () => number): Credentials =>
  async (body) => ({ [SIGNATURE_HEADER]: signPush(secret, body, now()) })

export const recogniseSignature =
  (secrets: Secrets, now: () => number): Recognise<'core'> =>
  async ({ header, body }) => {
    const given = header(SIGNATURE_HEADER)
    if (!given) return null
    const signed = await body()
    return secrets.some((secret) => verifyPush(secret, signed, given, now())) ? 'core' : null
  }
