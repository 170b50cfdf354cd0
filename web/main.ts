import { runService } from '../runtime/run-service.ts'
import { parseConfig } from './config.ts'
import { startWeb } from './start.ts'

await runService(process, () => startWeb(parseConfig(process.env)))
