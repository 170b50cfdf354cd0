import { generateKeyPairSync, sign } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'

const ISSUER = 'https://accounts.google.com'
const KEY_ID = 'local-key-1'

interface Claims {
  readonly iss?: string
  readonly aud?: string
  readonly email?: string
  readonly email_verified?: boolean
  /** Seconds since 1970. */
  readonly iat?: number
  readonly exp?: number
}

/** Google's list of public keys and the metadata server of a Cloud Run instance, on loopback. */
export interface LocalGoogle extends AsyncDisposable {
  readonly keysUrl: string
  /** For GCE_METADATA_HOST. */
  readonly metadataHost: string
  /** The service account that the instance runs as. */
  readonly account: string
  /** How often an identity token was asked for. */
  readonly tokensGiven: number
  /** Signed by Google's key, unless `key` says otherwise; what is not claimed is as it should be. */
  sign(claims: Claims, key?: 'google' | 'stranger'): string
}

export async function startLocalGoogle(account: string): Promise<LocalGoogle> {
  const google = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 })
  let tokensGiven = 0

  function signToken(claims: Claims, key: 'google' | 'stranger' = 'google'): string {
    const now = Math.floor(Date.now() / 1_000)
    const all = { iss: ISSUER, email: account, email_verified: true, iat: now, exp: now + 3_600, ...claims }
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const signed = `${part({ alg: 'RS256', kid: KEY_ID, typ: 'JWT' })}.${part(all)}`
    const { privateKey } = key === 'google' ? google : stranger
    return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), privateKey).toString('base64url')}`
  }

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://google')
    response.setHeader('metadata-flavor', 'Google')
    if (url.pathname === '/keys') {
      response.setHeader('cache-control', 'public, max-age=3600')
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ [KEY_ID]: google.publicKey.export({ type: 'spki', format: 'pem' }) }))
    } else if (request.headers['metadata-flavor'] !== 'Google') {
      response.writeHead(403).end()
    } else if (url.pathname.endsWith('/service-accounts/default/identity')) {
      tokensGiven++
      // Without `format=full` the real one leaves the address out.
      const full = url.searchParams.get('format') === 'full'
      const aud = url.searchParams.get('audience') ?? ''
      response.end(signToken({ aud, ...(full ? {} : { email: '', email_verified: false }) }))
    } else {
      response.end('c500-local')
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const host = `127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
  return {
    keysUrl: `http://${host}/keys`,
    metadataHost: host,
    account,
    get tokensGiven() {
      return tokensGiven
    },
    sign: signToken,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}
