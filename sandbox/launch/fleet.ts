import { type ChildProcess, spawn } from 'node:child_process'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { HOST, type ServicePlan, type TaskPlan } from './plan.ts'

const ASK_EVERY_MS = 50
const LAST_LINES = 20
/** What a slow service leaves to each of those that stop after it. */
const KEPT_FOR_OTHERS_MS = 500

/** A service that ended although nobody stopped it. */
export interface Death {
  readonly name: string
  /** e.g. `exit code 1` or `SIGKILL` */
  readonly how: string
  readonly lastLines: readonly string[]
}

export interface Fleet {
  /** Starts one process and resolves once it is ready. Rejects after `readyMs`, and when the fleet is stopped. */
  start(plan: ServicePlan): Promise<void>
  /** Runs one process to its end. Rejects with its last lines when it fails. */
  finish(task: TaskPlan): Promise<void>
  /** The first service that died. */
  readonly died: Promise<Death>
  /** Ends all, the last started first; each may finish what it has in hand. Takes `stopMs` at most. */
  stop(): Promise<void>
  kill(): void
}

interface Member {
  readonly child: ChildProcess
  readonly ended: Promise<Death>
}

/** Runs services as separate processes of their own process groups, so that only the fleet decides who ends when. */
export function createFleet(options: {
  /** The project's folder. */
  readonly root: string
  readonly onLine: (name: string, line: string) => void
  readonly stopMs: number
  readonly readyMs: number
}): Fleet {
  const members: Member[] = []
  const stopping = new AbortController()
  const { promise: died, resolve: reportDeath } = Promise.withResolvers<Death>()

  function run(plan: ServicePlan | TaskPlan): Member {
    const watch = join(import.meta.dirname, 'stop-with-parent.ts')
    // Node calls its own type stripping experimental, once per process and at length.
    const nodeOptions = ['--disable-warning=ExperimentalWarning', '--import', watch]
    const child = spawn(
      process.execPath,
      [...nodeOptions, plan.script, ...('args' in plan ? plan.args : [])],
      {
        cwd: options.root,
        env: plan.env,
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        // Ctrl-C in a terminal goes to a whole process group: all services at once, in no order.
        detached: true,
      },
    )
    const lastLines: string[] = []
    for (const input of [child.stdout, child.stderr]) {
      if (!input) continue
      createInterface({ input }).on('line', (line) => {
        lastLines.push(line)
        if (lastLines.length > LAST_LINES) lastLines.shift()
        options.onLine(plan.name, line)
      })
    }
    const ended = new Promise<Death>((resolve) => {
      const end = (how: string) => resolve({ name: plan.name, how, lastLines })
      child.once('error', (error) => end(error.message))
      child.once('close', (code, signal) => end(signal ?? `exit code ${code}`))
    })
    const member = { child, ended }
    members.push(member)
    return member
  }

  return {
    died,

    async start(plan) {
      stopping.signal.throwIfAborted()
      void run(plan).ended.then((death) => {
        if (!stopping.signal.aborted) reportDeath(death)
      })
      const deadline = AbortSignal.timeout(options.readyMs)
      while (!(await isReady(plan))) {
        stopping.signal.throwIfAborted()
        if (deadline.aborted) throw new Error(`${plan.name} is not ready after ${options.readyMs / 1_000} s`)
        await wait(ASK_EVERY_MS)
      }
    },

    async finish(task) {
      stopping.signal.throwIfAborted()
      const { how, lastLines } = await run(task).ended
      stopping.signal.throwIfAborted()
      if (how !== 'exit code 0') throw new Error(`${task.name} failed (${how}):\n${lastLines.join('\n')}`)
    },

    async stop() {
      stopping.abort(new Error('the fleet is stopping'))
      const deadline = performance.now() + options.stopMs
      for (const [index, { child, ended }] of [...members.entries()].toReversed()) {
        child.kill('SIGTERM')
        const left = deadline - performance.now() - index * KEPT_FOR_OTHERS_MS
        const late = setTimeout(() => child.kill('SIGKILL'), Math.max(0, left))
        await ended
        clearTimeout(late)
      }
    },

    kill() {
      stopping.abort(new Error('the fleet is stopping'))
      for (const { child } of members) child.kill('SIGKILL')
    },
  }
}

async function isReady(plan: ServicePlan): Promise<boolean> {
  if (plan.readyUrl === null) return (await Promise.all(plan.ports.map(accepts))).every(Boolean)
  try {
    const response = await fetch(plan.readyUrl, { signal: AbortSignal.timeout(2_000) })
    await response.body?.cancel()
    return response.ok
  } catch {
    return false
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: HOST })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
