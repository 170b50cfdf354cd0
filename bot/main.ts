import { runService } from '../runtime/run-service.ts'
import { parseConfig } from './config.ts'
import { startBot } from './start.ts'

await runService(process, () => startBot(parseConfig(process.env)))
