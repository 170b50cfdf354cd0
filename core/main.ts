import { parseConfig } from './config.ts'
import { startCore } from './start.ts'

try {
  const core = await startCore(parseConfig(process.env))
  const stop = () => void core.close().then(() => process.exit(0))
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
} catch (error) {
  // The log needs a configuration; this is the one message that comes before it.
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}
