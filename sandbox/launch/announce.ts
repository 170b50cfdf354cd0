import { styleText } from 'node:util'
import type { Death } from './fleet.ts'
import type { LaunchPlan } from './plan.ts'
import type { SeedWish } from './seed-mark.ts'

/** What a person wants to know once everything runs: where it is, which vendor is real, what to try first. */
export function renderAnnouncement(plan: LaunchPlan, startedInMs: number): string {
  const { urls, local } = plan
  const rows: [name: string, address: string, note: string][] = [
    ...(urls.page
      ? [['Chat', urls.page, 'be everybody: builder, buyer, operator'] as [string, string, string]]
      : []),
    ['Shop', urls.web, 'what a visitor sees'],
    ['core', urls.core, 'orders and money; answers its own services only'],
    ['bot', urls.bot, urls.interactions ? "hears core's news, and Discord over HTTP" : "hears core's news"],
    ['Discord', urls.discord, local.discord ? 'local stand-in' : 'the real one'],
    ['Stripe', urls.stripe, local.stripe ? 'local stand-in, no real money' : 'the real one'],
    ['Twitch', urls.twitch, local.twitch ? 'local stand-in' : 'the real one'],
  ]
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const table = rows.map(([name, address, note]) =>
    [
      `  ${styleText('bold', name.padEnd(widths[0] ?? 0))}`,
      styleText('cyan', address.padEnd(widths[1] ?? 0)),
      styleText('dim', note),
    ].join('  '),
  )
  const first = urls.page
    ? [
        `Open ${styleText(['bold', 'cyan'], urls.page)} and try:`,
        '  1. As Juniper, type /c500 drop, fill the form and press Publish.',
        '  2. As Poppy, press Buy now in #drops and pay with card 4242 4242 4242 4242.',
        '  3. As Juniper, /c500 dashboard and Mark shipped. As Poppy, It arrived. The money moves.',
      ]
    : ['Type /c500 in your Discord server.']
  const seconds = (startedInMs / 1_000).toFixed(1)
  return [
    '',
    styleText('bold', `C500 Collective is ready (${seconds} s).`),
    '',
    ...table,
    '',
    ...first,
    '',
    styleText('dim', 'Ctrl-C stops everything. npm run reset empties the data.'),
    '',
    '',
  ].join('\n')
}

/**
 * What to do after a service ended by itself and all others were stopped. `seedWish` is what the next start does with a shop
 * of play money; null is a real one, which nobody is told to empty.
 */
export function renderWayOn({ name, how }: Pick<Death, 'name' | 'how'>, seedWish: SeedWish | null): string {
  const why =
    how === 'SIGKILL'
      ? `Something killed ${name} from outside: a kill -9, or a machine without memory left.`
      : `Its last lines above say why ${name} ended.`
  const next =
    seedWish === 'again'
      ? 'empties the shop, which was not full yet, and fills it anew'
      : 'goes on where it stopped; what was held, paid and promised is in the data folder'
  return [
    '',
    `Everything is stopped, because the shop cannot run without ${name}. ${why}`,
    `  ${styleText('bold', 'npm start')}      ${next}`,
    ...(seedWish
      ? [`  ${styleText('bold', 'npm run reset')}  empties the shop, if it ends like this every time`]
      : []),
    '',
    '',
  ].join('\n')
}
