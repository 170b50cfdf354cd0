import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parseEnv } from 'node:util'
import { LaunchError } from './launch/launch-error.ts'
import { keepLocalSecrets } from './launch/local-secrets.ts'
import { type Env, planLaunch } from './launch/plan.ts'

const root = dirname(import.meta.dirname)

/**
 * The environment in which core runs here: as `npm start` plans it where that has been used, else as core's own
 * `.env` and the shell say. Throws LaunchError when no shop has ever run here.
 */
function coreEnv(shell: Env): Env {
  const dataDir = resolve(root, shell.DATA_DIR || 'data')
  const secretsPath = join(dataDir, 'local-secrets.json')
  const [core, bot, web] = [readEnv('core'), readEnv('bot'), readEnv('web')]
  if (existsSync(secretsPath)) {
    const plan = planLaunch({
      shell,
      files: { core, bot, web },
      secrets: keepLocalSecrets(secretsPath),
      dataDir,
    })
    const service = plan.services.find(({ name }) => name === 'core')
    if (service) return service.env
  }
  const own = { ...core, ...shell }
  if (own.STRIPE_SECRET_KEY) return own
  throw new LaunchError(['There is no shop here yet. Start one with npm start, or fill in core/.env.'])
}

function readEnv(service: string): Env {
  const path = join(root, service, '.env')
  return existsSync(path) ? parseEnv(readFileSync(path, 'utf8')) : {}
}

try {
  const script = join(root, 'core/money-doctor.ts')
  const args = ['--disable-warning=ExperimentalWarning', script, ...process.argv.slice(2)]
  // biome-ignore lint/style/noProcessEnv: an entry point
  const env = { ...coreEnv(process.env) }
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit', env })
  child.on('exit', (code) => {
    process.exitCode = code ?? 2
  })
} catch (error) {
  process.exitCode = 2
  process.stderr.write(`${error instanceof LaunchError ? error.message : (error as Error).stack}\n`)
}
