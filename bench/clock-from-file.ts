import { readFileSync } from 'node:fs'

// Loaded into a service before its own code: the code unchanged, on a machine whose clock shows a later time. How much
// later stands in a file, in milliseconds, and may grow while the service runs.

const LOOK_EVERY_MS = 50

const file = new URL(import.meta.url).searchParams.get('file') ?? ''
const real = Date.now
let aheadMs = 0
function look(): void {
  // Empty for the moment in which it is written.
  aheadMs = Math.max(aheadMs, Number(readFileSync(file, 'utf8')))
}

look()
const now = () => real() + aheadMs
// Both ways to ask for the time, since a library may compare the one with the other.
globalThis.Date = new Proxy(Date, {
  construct: (target, args, self) => Reflect.construct(target, args.length === 0 ? [now()] : args, self),
})
Date.now = now
setInterval(look, LOOK_EVERY_MS).unref()
