import { GoogleAuth, type IdTokenClient, OAuth2Client } from 'google-auth-library'
import { AppError, type Credentials, type Recognise } from '#contract'

const ISSUERS = ['https://accounts.google.com', 'accounts.google.com']
/** How long Google's metadata server and its list of keys may take. */
const TIMEOUT_MS = 5_000

/**
 * An ID token that Google signs for this process's own service account, for one audience. In both headers: where
 * Cloud Run itself guards the door it looks at `X-Serverless-Authorization` alone, takes the signature out of that one,
 * and leaves `Authorization` as it is for the service behind the door
 * (cloud.google.com/run/docs/authenticating/service-to-service).
 */
export function googleCredentials(audience: string): Credentials {
  const auth = new GoogleAuth({ clientOptions: { transporterOptions: { timeout: TIMEOUT_MS } } })
  let client: Promise<IdTokenClient> | undefined
  const token = together(async () => {
    client ??= auth.getIdTokenClient(audience)
    const headers = await (await client).getRequestHeaders().catch((error: unknown) => {
      client = undefined
      throw error
    })
    return headers.get('authorization') ?? ''
  })
  return async () => {
    const authorization = await token()
    return { authorization, 'x-serverless-authorization': authorization }
  }
}

/**
 * Callers by their service accounts: a token must be signed by Google, not be expired, be meant for `audience`, and
 * carry the verified address of one of `accounts`.
 */
export function recogniseGoogle<C extends string>(options: {
  /** Our own address as our callers write it. */
  readonly audience: string
  readonly accounts: Readonly<Partial<Record<C, string>>>
  /** Where Google's public keys are; Google's own address unless a stand-in is used. */
  readonly keysUrl?: string
}): Recognise<C> {
  const { audience, keysUrl } = options
  const callers = new Map(
    (Object.entries(options.accounts) as [C, string][]).map(([caller, email]) => [email, caller]),
  )
  const google = new OAuth2Client({
    transporterOptions: { timeout: TIMEOUT_MS },
    ...(keysUrl ? { endpoints: { oauth2FederatedSignonPemCertsUrl: keysUrl } } : {}),
  })
  const keys = together(() => google.getFederatedSignonCertsAsync())

  return async ({ header }) => {
    const token = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/.exec(header('authorization') ?? '')?.[1]
    if (!token) return null
    const { certs } = await keys().catch((cause: unknown) => {
      throw new AppError('unavailable', "Google's keys cannot be had right now.", { cause })
    })
    try {
      const ticket = await google.verifySignedJwtWithCertsAsync(token, certs, audience, ISSUERS)
      const { email, email_verified: verified } = ticket.getPayload() ?? {}
      return (verified === true && email !== undefined && callers.get(email)) || null
    } catch {
      // The library's words repeat the token, so they are not told to anybody.
      return null
    }
  }
}

/** Whoever asks while somebody is already asking gets the same answer. */
function together<T>(ask: () => Promise<T>): () => Promise<T> {
  let asking: Promise<T> | undefined
  return () => {
    asking ??= ask().finally(() => {
      asking = undefined
    })
    return asking
  }
}
