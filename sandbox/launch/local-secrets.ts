import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import { LaunchError } from './launch-error.ts'

/** Each secret and what it begins with. */
const BEGINNINGS = {
  tokenBot: '',
  tokenWeb: '',
  tokenScheduler: '',
  botPushSecret: '',
  linkSecret: '',
  discordTokenTail: '',
  discordKeySeed: '',
  discordClientSecret: '',
  stripeSecretKey: 'sk_test_',
  stripeWebhookSecret: 'whsec_',
  stripeConnectWebhookSecret: 'whsec_',
  stripeThinWebhookSecret: 'whsec_',
  twitchClientSecret: '',
  twitchEventSubSecret: '',
} as const
type SecretName = keyof typeof BEGINNINGS
/** What the services know each other by when nothing else was configured. */
export type LocalSecrets = Readonly<Record<SecretName, string>>

/**
 * Reads the secrets of earlier starts, so that links and sessions outlive a restart; makes and keeps those that are
 * missing. Only the owner may read the file. Throws LaunchError when the file is not what was written.
 */
export function keepLocalSecrets(path: string): LocalSecrets {
  const kept = readKept(path)
  const entries = Object.entries(BEGINNINGS).map(([name, beginning]) => [
    name,
    kept[name] ?? beginning + randomBytes(24).toString('hex'),
  ])
  // The table's names are the type's names.
  const secrets = Object.fromEntries(entries) as LocalSecrets
  if (entries.some(([name]) => kept[name as SecretName] === undefined)) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(`${path}.new`, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 })
    renameSync(`${path}.new`, path)
  }
  return secrets
}

function readKept(path: string): Readonly<Record<string, string>> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {}
    throw error
  }
  try {
    return z.record(z.string(), z.string()).parse(JSON.parse(text))
  } catch {
    throw new LaunchError([`${path} cannot be read. Delete it and start again; new secrets are made.`])
  }
}
