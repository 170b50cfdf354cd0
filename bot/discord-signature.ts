import { createPublicKey, type KeyObject, verify } from 'node:crypto'

/** The fixed beginning of an Ed25519 public key in SPKI (RFC 8410); the 32 bytes of the key follow. */
const SPKI_BEGINNING = Buffer.from('302a300506032b6570032100', 'hex')
/** As for core's pushes: enough for clocks that differ, too little for a request that somebody kept. */
const TOLERANCE_MS = 5 * 60_000

/** An application's public key as Discord's developer portal shows it: 64 hexadecimal digits. */
export function parsePublicKey(hex: string): KeyObject {
  const key = Buffer.concat([SPKI_BEGINNING, Buffer.from(hex, 'hex')])
  return createPublicKey({ key, format: 'der', type: 'spki' })
}

/**
 * Whether Discord sent this: Ed25519 over the timestamp (UTC seconds) and the raw body, and not older or newer than
 * five minutes. Source: Discord's "Interactions overview", validating security request headers; the window is ours.
 */
export function isFromDiscord(
  key: KeyObject,
  request: {
    /** `X-Signature-Ed25519` */
    readonly signature: string | undefined
    /** `X-Signature-Timestamp` */
    readonly timestamp: string | undefined
    readonly body: Uint8Array
  },
  now: number,
): boolean {
  const { signature = '', timestamp = '', body } = request
  if (!/^[0-9a-f]{128}$/i.test(signature) || !/^\d{1,12}$/.test(timestamp)) return false
  if (Math.abs(now - Number(timestamp) * 1_000) > TOLERANCE_MS) return false
  return verify(null, Buffer.concat([Buffer.from(timestamp), body]), key, Buffer.from(signature, 'hex'))
}
