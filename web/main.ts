import { ConfigError, parseConfig } from './config.ts'
import { startWeb } from './start.ts'

try {
  await using web = await startWeb(parseConfig(process.env))
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>()
  process.once('SIGINT', () => stop())
  process.once('SIGTERM', () => stop())
  await stopped
  await web.close()
} catch (error) {
  if (!(error instanceof ConfigError)) throw error
  console.error(error.message)
  process.exitCode = 1
}
