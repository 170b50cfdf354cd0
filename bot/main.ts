import { parseConfig } from './config.ts'
import { startBot } from './start.ts'

try {
  await using bot = await startBot(parseConfig(process.env))
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>()
  process.once('SIGINT', () => stop())
  process.once('SIGTERM', () => stop())
  await stopped
  await bot.close()
} catch (error) {
  // The log needs a configuration; this is the one message that can come before it.
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
