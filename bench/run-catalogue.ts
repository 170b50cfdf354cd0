import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { createSqliteStore } from '../core/adapters/store-sqlite.ts'
import { startSpareShop } from '../sandbox/launch/spare-shop.ts'
import { readFlags } from '../sandbox/read-flags.ts'
import { closeDrop, fillShelf, shelfWord } from '../tests/many-drops.ts'
import { note } from './run-bench.ts'
import { busyMs, residentMb } from './shop.ts'

// `npm run bench:catalogue`: what it costs web to keep and search many drops that are over. One line of JSON for each
// number of drops on stdout. The exit status is 1 when a page was not answered, never for speed.
const flags = readFlags('npm run bench:catalogue [-- --drops 1000,5000,20000]', {
  drops: { type: 'string', default: '1000,5000,20000' },
})

const OPEN = 50
const SEARCHES = 500
/** Web looks at the shelf again after a second. */
const STALE_MS = 1_100
const WEB = 'web/main.ts'

async function timed(url: string): Promise<number> {
  const began = performance.now()
  const response = await fetch(url)
  await response.text()
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  return performance.now() - began
}

/** How long a page takes, and how long web's main thread is busy with it and with what follows within a second. */
async function watched(name: string, url: string): Promise<Record<string, number>> {
  const before = busyMs(WEB) ?? 0
  const ms = await timed(url)
  await wait(STALE_MS)
  return { [`${name}_ms`]: ms, [`${name}_busy_ms`]: (busyMs(WEB) ?? 0) - before }
}

const rank = (sorted: readonly number[], part: number) => sorted[Math.floor(sorted.length * part)] ?? 0
const whole = (figures: Record<string, number>) =>
  Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, Math.round(value * 10) / 10]))

async function measure(drops: number): Promise<Record<string, number>> {
  await using shop = await startSpareShop({ env: { LOG_LEVEL: 'warn' } })
  const { web } = shop.plan.urls
  const store = createSqliteStore({ path: join(shop.dataDir, 'core', 'c500.sqlite') })
  const memory = () => residentMb(WEB) ?? 0
  try {
    note(`${drops} drops that are over ...`)
    const open = await fillShelf(store, { closed: drops, open: OPEN, now: Date.now() })
    await timed(`${web}/about`)
    const idleMb = memory()
    const first = await watched('first', `${web}/drops`)
    const search = await watched('first_search', `${web}/drops?q=first`)
    const nothingNew = await watched('nothing_new', `${web}/drops?q=quiet`)
    const [gone] = open
    if (gone) await closeDrop(store, gone)
    const oneClosed = await watched('one_closed', `${web}/drops?q=closed`)
    const keptMb = memory()
    const before = busyMs(WEB) ?? 0
    const waits: number[] = []
    for (let n = 0; n < SEARCHES; n++) {
      const show = ['all', 'open', 'sold_out'][n % 3] ?? 'all'
      const words = `${shelfWord(n)}+${shelfWord(n * 3 + 10)}+${n % 10}`
      waits.push(await timed(`${web}/drops?q=${words}&show=${show}&order=cheapest&page=${n % 4}`))
    }
    waits.sort((a, b) => a - b)
    return whole({
      drops,
      ...first,
      ...search,
      ...nothingNew,
      ...oneClosed,
      search_p50_ms: rank(waits, 0.5),
      search_p99_ms: rank(waits, 0.99),
      search_busy_ms: ((busyMs(WEB) ?? 0) - before) / SEARCHES,
      idle_mb: idleMb,
      kept_mb: keptMb,
      searched_mb: memory(),
    })
  } finally {
    await store.close()
  }
}

try {
  for (const drops of flags.drops.split(',').map(Number)) {
    process.stdout.write(`${JSON.stringify(await measure(drops))}\n`)
  }
} catch (error) {
  process.exitCode = 1
  note(error instanceof Error ? error.message : String(error))
}
