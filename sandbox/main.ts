import { parseConfig } from './config.ts'
import { startSandbox } from './start.ts'

const sandbox = await startSandbox(parseConfig(process.env))
const { promise: stopped, resolve: stop } = Promise.withResolvers<void>()
process.once('SIGINT', () => stop())
process.once('SIGTERM', () => stop())
for (const name of ['discord', 'stripe', 'twitch', 'page'] as const) {
  const url = sandbox[name]?.url
  if (url) console.log(JSON.stringify({ level: 30, time: Date.now(), msg: `local ${name} listens`, url }))
}
await stopped
await sandbox.close()
