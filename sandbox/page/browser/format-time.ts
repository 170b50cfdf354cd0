const STYLES: Readonly<Record<string, Intl.DateTimeFormatOptions>> = {
  t: { timeStyle: 'short' },
  T: { timeStyle: 'medium' },
  d: { dateStyle: 'short' },
  D: { dateStyle: 'long' },
  f: { dateStyle: 'long', timeStyle: 'short' },
  F: { dateStyle: 'full', timeStyle: 'short' },
}
const STEPS = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const

/** A `<t:seconds:style>` moment as words. `at` and `now` in milliseconds; an unknown style reads as `f`. */
export function formatTime(at: number, style: string, now: number, locale?: string): string {
  if (style === 'R') return formatRelative(at, now, locale)
  return new Intl.DateTimeFormat(locale, STYLES[style] ?? STYLES.f).format(at)
}

function formatRelative(at: number, now: number, locale?: string): string {
  const seconds = Math.round((at - now) / 1000)
  for (const [unit, size] of STEPS) {
    // Almost an hour is an hour: "in 60 minutes" reads like a mistake.
    if (Math.abs(seconds) < size * 0.98) continue
    return new Intl.RelativeTimeFormat(locale).format(Math.round(seconds / size), unit)
  }
  return new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(0, 'second')
}

/** The heading of a message: the clock today, the day with it before that. */
export function formatMessageTime(at: number, now: number, locale?: string): string {
  const clock = new Intl.DateTimeFormat(locale, { timeStyle: 'short' }).format(at)
  const day = new Date(at).toDateString()
  if (day === new Date(now).toDateString()) return clock
  if (day === new Date(now - 86_400_000).toDateString()) return `Yesterday at ${clock}`
  return `${new Intl.DateTimeFormat(locale, { dateStyle: 'short' }).format(at)} ${clock}`
}
