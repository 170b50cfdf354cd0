import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createFleet, type Fleet } from './fleet.ts'
import { keepLocalSecrets } from './local-secrets.ts'
import { type Env, type LaunchPlan, planLaunch } from './plan.ts'
import { freePorts } from './ports.ts'

const PORT_VARIABLES = [
  'SANDBOX_PORT',
  'WEB_PORT',
  'CORE_PORT',
  'BOT_PORT',
  'LOCAL_DISCORD_PORT',
  'LOCAL_STRIPE_PORT',
  'LOCAL_TWITCH_PORT',
] as const

/** A whole empty shop of its own: separate processes on free ports, data in a folder that goes with it. */
export interface SpareShop extends AsyncDisposable {
  readonly plan: LaunchPlan
  readonly fleet: Fleet
  readonly dataDir: string
  /** The chat page; there always is one, since every vendor is a stand-in. */
  readonly pageUrl: string
}

/** Resolves when every service is ready. `env` may set what a service's environment may set. */
export async function startSpareShop(options: {
  readonly env?: Env
  readonly onLine?: (name: string, line: string) => void
}): Promise<SpareShop> {
  const dataDir = await mkdtemp(join(tmpdir(), 'c500-shop-'))
  const ports = await freePorts(PORT_VARIABLES.length)
  const shell = {
    PATH: process.execPath,
    ...options.env,
    ...Object.fromEntries(PORT_VARIABLES.map((variable, index) => [variable, String(ports[index])])),
  }
  const plan = planLaunch({
    shell,
    files: { core: {}, bot: {}, web: {} },
    secrets: keepLocalSecrets(join(dataDir, 'local-secrets.json')),
    dataDir,
  })
  const fleet = createFleet({
    root: dirname(dirname(import.meta.dirname)),
    onLine: options.onLine ?? (() => {}),
    stopMs: 9_500,
    readyMs: 60_000,
  })
  async function end(): Promise<void> {
    await fleet.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
  try {
    const bringUp = async () => {
      for (const service of plan.services.slice(0, 1)) await fleet.start(service)
      await Promise.all(plan.services.slice(1).map((service) => fleet.start(service)))
      if (plan.register) await fleet.finish(plan.register)
      return null
    }
    const death = await Promise.race([bringUp(), fleet.died])
    if (death) throw new Error(`${death.name} ended (${death.how}):\n${death.lastLines.join('\n')}`)
  } catch (error) {
    await end()
    throw error
  }
  if (!plan.urls.page) throw new Error('a spare shop always has a chat page')
  return { plan, fleet, dataDir, pageUrl: plan.urls.page, [Symbol.asyncDispose]: end }
}
