import { runService } from '../runtime/run-service.ts'
import { parseConfig } from './config.ts'
import { startCore } from './start.ts'

await runService(process, () => startCore(parseConfig(process.env)))
