import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync } from 'node:fs'
import { cpus } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { readFlags } from '../sandbox/read-flags.ts'
import { type InsertPace, measureInserts } from './inserts.ts'
import { createLoadClient, medianRound, type Pace } from './load.ts'
import { note, runBench } from './run-bench.ts'
import { type PageName, type PageSample, prepareScenario, type SaleRound } from './scenario.ts'
import { type Service, type Shop, startShop } from './shop.ts'

const ROUNDS = 3
const CONNECTIONS = 64
const MANY_CONNECTIONS = 256
const WARM_UP_UNITS = 2_000
/** The whole bench; a machine this slow has nothing to say. */
const LONGEST_MS = 118_000

interface Measured {
  readonly sales: { readonly few: readonly SaleRound[]; readonly many: readonly SaleRound[] }
  readonly echo: readonly Pace[]
  readonly webhooks: readonly Pace[]
  readonly pages: Readonly<Record<PageName, PageRounds>>
  readonly inserts: InsertPace
  readonly coldStartMs: Shop['coldStartMs']
  readonly firstInteractionMs: Shop['firstInteractionMs']
  readonly idleMb: Readonly<Record<Service, number | null>>
  readonly loadedMb: Readonly<Record<Service, number | null>>
  /** Sentences about what must not happen at any speed. */
  readonly problems: readonly string[]
}

interface PageRounds {
  readonly web: readonly Pace[]
  /** A bare server with the same bytes. */
  readonly bare: readonly Pace[]
  readonly weight: PageSample['weight']
}

const PAGES = ['landing', 'drop'] as const satisfies readonly PageName[]

async function measure(dataDir: string, profileDir: string | null): Promise<Measured> {
  await using stack = new AsyncDisposableStack()
  note('Starting core, bot and web, three times each, and the bot over HTTP ...')
  const shop = await startShop({ dataDir, shell: process.env, profileDir })
  stack.use(shop)
  const load = stack.use(createLoadClient())
  const echoPort = await startChild(stack, 'echo.ts', null)
  const idleMb = shop.memoryMb()
  const scenario = await prepareScenario(shop, load)

  const shown = await scenario.openWindow()
  const barePort = await startChild(stack, 'bare-pages.ts', Object.values(shown))
  const visitInTurn = async (name: PageName): Promise<PageRounds> => {
    const page = shown[name]
    const web: Pace[] = []
    const bare: Pace[] = []
    for (let round = 1; round <= ROUNDS; round++) {
      web.push(tell(`${name} page, round ${round}`, await scenario.visit(page, CONNECTIONS)))
      bare.push(tell(`the same bytes, round ${round}`, await scenario.visit(page, CONNECTIONS, barePort)))
    }
    return { web, bare, weight: page.weight }
  }
  const pages = { landing: await visitInTurn('landing'), drop: await visitInTurn('drop') }

  const few: SaleRound[] = []
  const many: SaleRound[] = []
  const echo: Pace[] = []
  const warmUp = tell('warm-up', await scenario.sellOut(CONNECTIONS, WARM_UP_UNITS))
  for (let round = 1; round <= ROUNDS; round++) {
    few.push(tell(`${CONNECTIONS} connections, round ${round}`, await scenario.sellOut(CONNECTIONS)))
    many.push(
      tell(`${MANY_CONNECTIONS} connections, round ${round}`, await scenario.sellOut(MANY_CONNECTIONS)),
    )
    echo.push(tell(`echo, round ${round}`, await scenario.echo(echoPort, CONNECTIONS)))
  }

  const webhooks: Pace[] = []
  for (const { orderIds } of few) {
    const round = `webhooks, round ${webhooks.length + 1}`
    webhooks.push(tell(round, await scenario.hearStripe(orderIds, CONNECTIONS)))
  }
  const loadedMb = shop.memoryMb()

  note('Stopping the services ...')
  await shop.stop()
  note('Bare inserts ...')
  const inserts = measureInserts({ coreFile: shop.coreFile, dir: dataDir, group: CONNECTIONS })

  const unanswered = [
    ...Object.values(pages).flatMap(({ web, bare }) => [...web, ...bare]),
    ...echo,
    ...webhooks,
  ].flatMap(({ others }) => Object.entries(others))
  return {
    sales: { few, many },
    echo,
    webhooks,
    pages,
    inserts,
    coldStartMs: shop.coldStartMs,
    firstInteractionMs: shop.firstInteractionMs,
    idleMb,
    loadedMb,
    problems: [
      ...[warmUp, ...few, ...many].flatMap(({ problems }) => problems),
      ...unanswered.map(([status, times]) => `Status ${status} came ${times} times where 200 was due.`),
    ],
  }
}

function tell<T extends Pace>(what: string, pace: T): T {
  const { perSecond, p50Ms, p99Ms, maxMs } = pace
  const waits = [p50Ms, p99Ms, maxMs].map((ms) => ms.toFixed(1)).join(' / ')
  note(`${what}: ${Math.round(perSecond)} per second; p50 / p99 / max ${waits} ms`)
  return pace
}

/** A server in a process of its own, which says at which port it listens. */
async function startChild(stack: AsyncDisposableStack, script: string, task: object | null): Promise<number> {
  const child = fork(join(import.meta.dirname, script), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    // As the services run: some kernels share the processor out by process group.
    detached: true,
  })
  stack.defer(async () => {
    const ended = once(child, 'exit')
    child.disconnect()
    await ended
  })
  if (task) child.send(task)
  const [address] = (await once(child, 'message')) as [{ readonly port: number }]
  return address.port
}

/** One object: the figures that are compared over time, and the rounds they come from. */
function toJson(measured: Measured): object {
  const { sales, inserts, coldStartMs, firstInteractionMs, idleMb, loadedMb } = measured
  const sale = medianRound(sales.few)
  const webhooks = medianRound(measured.webhooks)
  const rounds = (paces: readonly Pace[]) =>
    paces.map(({ perSecond, p50Ms, p99Ms, maxMs }) => ({
      per_second: Math.round(perSecond),
      p50_ms: tenth(p50Ms),
      p99_ms: tenth(p99Ms),
      max_ms: tenth(maxMs),
    }))
  return {
    reservations_per_second: Math.round(sale.perSecond),
    reservation_p50_ms: tenth(sale.p50Ms),
    reservation_p99_ms: tenth(sale.p99Ms),
    echo_per_second: Math.round(medianRound(measured.echo).perSecond),
    webhook_events_per_second: Math.round(webhooks.perSecond),
    webhook_p99_ms: tenth(webhooks.p99Ms),
    ...Object.fromEntries(PAGES.flatMap((name) => pageFigures(name, measured.pages[name]))),
    insert_one_row_per_second: Math.round(inserts.oneRow),
    insert_reservations_per_second: Math.round(inserts.reservations),
    cold_start_ms: each(coldStartMs, Math.round),
    first_interaction_ms: {
      plain: Math.round(firstInteractionMs.plain),
      compile_cache: Math.round(firstInteractionMs.cached),
    },
    rss_mb: each(loadedMb, Math.round),
    rss_idle_mb: each(idleMb, Math.round),
    exactly_sold: measured.problems.length === 0,
    rounds: {
      [`reservations_${CONNECTIONS}_connections`]: rounds(sales.few),
      [`reservations_${MANY_CONNECTIONS}_connections`]: rounds(sales.many),
      echo: rounds(measured.echo),
      webhooks: rounds(measured.webhooks),
      ...Object.fromEntries(
        PAGES.flatMap((name) => [
          [name, rounds(measured.pages[name].web)],
          [`${name}_bare`, rounds(measured.pages[name].bare)],
        ]),
      ),
    },
    machine: { cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, node: process.version },
  }
}

function pageFigures(name: PageName, { web, bare, weight }: PageRounds): [string, number][] {
  const pace = medianRound(web)
  return [
    [`${name}_per_second`, Math.round(pace.perSecond)],
    [`${name}_p99_ms`, tenth(pace.p99Ms)],
    [`${name}_bare_per_second`, Math.round(medianRound(bare).perSecond)],
    [`${name}_html_bytes`, weight.html],
    [`${name}_css_bytes`, weight.css],
  ]
}

function toTable(measured: Measured): string {
  const { sales, inserts, coldStartMs, firstInteractionMs, idleMb, loadedMb } = measured
  const echo = medianRound(measured.echo)
  const line = (what: string, pace: Pace) => [
    what,
    whole(pace.perSecond),
    pace.p50Ms.toFixed(1),
    pace.p99Ms.toFixed(1),
    `${Math.round((pace.perSecond / echo.perSecond) * 100)} %`,
  ]
  const speed = [
    ['', 'per second', 'p50 ms', 'p99 ms', 'of echo'],
    line(`reservations, ${CONNECTIONS} connections`, medianRound(sales.few)),
    line(`reservations, ${MANY_CONNECTIONS} connections`, medianRound(sales.many)),
    line('webhook events', medianRound(measured.webhooks)),
    line('ceiling: bare node:http echo', echo),
    [`ceiling: inserts of an order, ${CONNECTIONS} per commit`, whole(inserts.oneRow), '', '', ''],
    ['ceiling: inserts of all its rows, likewise', whole(inserts.reservations), '', '', ''],
  ]
  const pages = [
    ['', 'per second', 'p50 ms', 'p99 ms', 'of bare', 'KB HTML', 'KB CSS'],
    ...PAGES.flatMap((name) => {
      const { web, bare, weight } = measured.pages[name]
      const [ours, ceiling] = [medianRound(web), medianRound(bare)]
      const facts = ({ perSecond, p50Ms, p99Ms }: Pace) => [
        whole(perSecond),
        p50Ms.toFixed(1),
        p99Ms.toFixed(1),
      ]
      const share = `${Math.round((ours.perSecond / ceiling.perSecond) * 100)} %`
      const kb = (bytes: number) => (bytes / 1_000).toFixed(1)
      return [
        [`${name} page`, ...facts(ours), share, kb(weight.html), kb(weight.css)],
        ['ceiling: bare node:http, same bytes', ...facts(ceiling), '', '', ''],
      ]
    }),
  ]
  const megabytes = (mb: number | null) => (mb === null ? 'unknown' : String(Math.round(mb)))
  const services = [
    ['', 'cold start ms', 'MB idle', 'MB after load'],
    ...(['core', 'bot', 'web'] as const).map((name) => [
      name,
      String(Math.round(coldStartMs[name])),
      megabytes(idleMb[name]),
      megabytes(loadedMb[name]),
    ]),
    ['bot over HTTP, woken by an interaction', String(Math.round(firstInteractionMs.plain)), '', ''],
    ['the same with a compile cache', String(Math.round(firstInteractionMs.cached)), '', ''],
  ]
  return `\n${aligned(speed)}\n\n${aligned(pages)}\n\n${aligned(services)}\n`
}

/** The first column to the left, numbers to the right. */
function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const pad = (cell: string, column: number) =>
    column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)
  return rows.map((row) => row.map(pad).join('  ').trimEnd()).join('\n')
}

function each(
  values: Readonly<Record<Service, number | null>>,
  round: (value: number) => number,
): Record<string, number | null> {
  return Object.fromEntries(Object.entries(values).map(([k, v]) => [k, v === null ? null : round(v)]))
}

const tenth = (value: number) => Math.round(value * 10) / 10
const whole = (value: number) => Math.round(value).toLocaleString('en-US')

const args = readFlags('npm run bench [-- --json] [--profile FOLDER]', {
  json: { type: 'boolean', default: false },
  profile: { type: 'string' },
})
// Beside the shop's own data, because the bench is about this disk: a temporary folder may be memory.
const parent = resolve(dirname(import.meta.dirname), 'data')
mkdirSync(parent, { recursive: true })
const profileDir = args.profile === undefined ? null : resolve(args.profile)
await runBench({
  folder: mkdtempSync(join(parent, 'bench-')),
  longestMs: LONGEST_MS,
  measure: (dataDir) => measure(dataDir, profileDir),
  show: (measured) => (args.json ? JSON.stringify(toJson(measured)) : toTable(measured)),
})
