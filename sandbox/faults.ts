export const FAULT_KINDS = ['429', '500', 'reset_before', 'reset_after', 'timeout', 'slow'] as const

/**
 * 429 and 500 answer before any work. reset_before drops the connection before the work, reset_after behind it.
 * timeout does the work and never answers. slow waits `delayMs` of real time with the idempotency key taken.
 */
export interface Fault {
  /** `POST /v1/transfers`, `POST /v1/checkout/sessions/:id/expire`, with `*` for anything; every route unless told. */
  readonly route?: string | undefined
  readonly kind: (typeof FAULT_KINDS)[number]
  readonly times: number
  readonly delayMs?: number | undefined
}

export interface Faults {
  add(fault: Fault): void
  clear(): void
  list(): readonly Fault[]
  /** The first fault for this route, one time less; undefined when nothing is to go wrong. */
  take(route: string, request: string): Fault | undefined
}

/** The things that go wrong on purpose, in the order they were asked for. */
export function createFaults(): Faults {
  let faults: Fault[] = []
  return {
    add: (fault) => void faults.push(fault),
    clear() {
      faults = []
    },
    list: () => faults,
    take(route, request) {
      const fault = faults.find((one) => covers(one.route ?? '*', route) || covers(one.route ?? '*', request))
      if (!fault) return undefined
      const left = { ...fault, times: fault.times - 1 }
      faults = faults.flatMap((one) => (one !== fault ? [one] : left.times > 0 ? [left] : []))
      return fault
    },
  }
}

function covers(pattern: string, name: string): boolean {
  const source = pattern
    .split('*')
    .map((part) => RegExp.escape(part))
    .join('.*')
  return new RegExp(`^${source}$`).test(name)
}
