import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto'

/** The fixed beginning of an Ed25519 private key in PKCS #8 (RFC 8410); the 32 bytes of the seed follow. */
const PKCS8_BEGINNING = Buffer.from('302e020100300506032b657004220420', 'hex')
const KEY_BYTES = 32

/** The key pair with which the local Discord signs what it posts to an app. */
export interface DiscordKey {
  /** 64 hexadecimal digits, as the developer portal shows it. */
  readonly publicKey: string
  /** The headers of a signed request. `now` is UTC milliseconds. */
  headers(body: string, now: number): Record<string, string>
}

/** The same seed, of any length, makes the same key. */
export function createDiscordKey(seed: string): DiscordKey {
  const bytes = createHash('sha256').update(seed).digest()
  const key = createPrivateKey({
    key: Buffer.concat([PKCS8_BEGINNING, bytes]),
    format: 'der',
    type: 'pkcs8',
  })
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' })
  return {
    publicKey: spki.subarray(-KEY_BYTES).toString('hex'),
    headers(body, now) {
      const timestamp = String(Math.floor(now / 1_000))
      return {
        'content-type': 'application/json',
        'user-agent': 'Discord-Interactions/1.0 (+https://discord.com)',
        'x-signature-ed25519': sign(null, Buffer.from(timestamp + body), key).toString('hex'),
        'x-signature-timestamp': timestamp,
      }
    },
  }
}
