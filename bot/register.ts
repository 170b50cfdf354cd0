import { parseArgs } from 'node:util'
import { parseConfig } from './config.ts'
import { registerBot } from './register-bot.ts'

// `npm run bot:register`: a step of a deployment, and never of a start, because over HTTP a start keeps a person
// waiting, and because an old version that starts once more must not bring its old commands back.
try {
  const { values } = parseArgs({ options: { endpoint: { type: 'string' } } })
  // biome-ignore lint/style/noProcessEnv: an entry point
  const config = parseConfig(process.env)
  const { wroteCommands, endpoint } = await registerBot(config, values.endpoint ?? null)
  process.stdout.write(
    `The commands are ${wroteCommands ? 'written' : 'in place already'}. ` +
      `Discord sends interactions ${endpoint === null ? 'over the gateway' : `to ${endpoint}`}.\n`,
  )
  if (config.transport.kind === 'http' && endpoint === null) {
    process.stdout.write(
      'Tell it where this bot is: -- --endpoint https://<its public address>/interactions\n',
    )
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 1
}
