import { connect, createServer, type Socket } from 'node:net'
import { HOST } from '../sandbox/launch/plan.ts'

/** One address in front of several instances. */
export interface FrontDoor extends AsyncDisposable {
  open(port: number): void
  /** No new connection goes there, and those that do are cut. */
  shut(port: number): void
}

/** As a load balancer does it: each connection goes to the next instance in turn, of those that are open. */
export async function createFrontDoor(port: number): Promise<FrontDoor> {
  const openPorts: number[] = []
  /** Callers' connections by the instance they lead to. */
  const callers = new Map<Socket, number>()
  let turn = 0
  const server = createServer({ noDelay: true }, (caller) => {
    const to = openPorts[turn++ % openPorts.length]
    if (to === undefined) {
      caller.destroy()
      return
    }
    const instance = connect({ port: to, host: HOST, noDelay: true })
    callers.set(caller, to)
    caller.pipe(instance).pipe(caller)
    for (const [one, other] of [
      [caller, instance],
      [instance, caller],
    ] as const) {
      one.once('error', () => other.destroy())
      one.once('close', () => other.destroy())
    }
    caller.once('close', () => callers.delete(caller))
  })
  function cut(isMeant: (port: number) => boolean): void {
    for (const [caller, to] of callers) if (isMeant(to)) caller.destroy()
  }
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, HOST, resolve)
  })
  return {
    open(to) {
      openPorts.push(to)
    },
    shut(to) {
      const at = openPorts.indexOf(to)
      if (at >= 0) openPorts.splice(at, 1)
      cut((one) => one === to)
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      cut(() => true)
      await closed
    },
  }
}
