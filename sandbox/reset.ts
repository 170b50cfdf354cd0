import { dirname, resolve } from 'node:path'
import { LaunchError } from './launch/launch-error.ts'
import { portOf } from './launch/plan.ts'
import { resetData } from './launch/reset-data.ts'
import { readFlags } from './read-flags.ts'

readFlags('npm run reset empties the data folder (./data, or DATA_DIR) at once. It has no options.', {})

const shell = process.env
const dataDir = resolve(dirname(import.meta.dirname), shell.DATA_DIR || 'data')
try {
  const port = portOf(shell, 'CORE_PORT')
  if (port === null) throw new LaunchError(['CORE_PORT must be a port from 1 to 65535.'])
  await resetData({ dataDir, corePort: { variable: 'CORE_PORT', port } })
  process.stdout.write(`${dataDir} is empty. npm start makes a new shop.\n`)
} catch (error) {
  if (!(error instanceof LaunchError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
