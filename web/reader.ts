import { formatCount, formatMoney, type Money } from '#contract'
import { en, type Words } from './strings/en.ts'

/** Who a page is written for: the words of one language, money and dates by the customs of one country. */
export interface Reader {
  /** BCP 47, e.g. `en-DE`: English words, German customs. Pages that differ by reader differ by this. */
  readonly locale: string
  readonly words: Words
  money(money: Money): string
  /** `10,000`, or `10.000`. */
  count(count: number): string
  /** `Fri 4 Dec, 18:00 UTC`. All moments are UTC milliseconds, here and below. */
  moment(at: number): string
  /** `4 December 2026`, by UTC: what is printed must not change with the reader's clock. */
  day(at: number): string
  /** `4 Dec`, where the year is said elsewhere. */
  shortDay(at: number): string
  /** `2026-12` becomes `December 2026`. */
  month(month: string): string
}

/** The reader behind an Accept-Language header. */
export type ReaderOf = (acceptLanguage: string | undefined) => Reader

/** The languages there are words for. Another one is another file beside strings/en.ts. */
const LANGUAGES: Readonly<Record<string, Words>> = { en }
const USUAL = { language: 'en', region: 'US' } as const

const readers = new Map<string, Reader>()
/** Browsers of one kind send the same header; odd ones must not fill the memory. */
const byHeader = new Map<string, Reader>()
const MOST_HEADERS = 500

/** The reader behind an Accept-Language header. What is missing or odd in it becomes American English. */
export function readerOf(acceptLanguage: string | undefined): Reader {
  const header = (acceptLanguage ?? '').slice(0, 200)
  const known = byHeader.get(header)
  if (known) return known
  const { language, region } = choose(header)
  const locale = `${language}-${region}`
  const reader = readers.get(locale) ?? createReader(locale, LANGUAGES[language] ?? en)
  readers.set(locale, reader)
  if (byHeader.size >= MOST_HEADERS) byHeader.clear()
  byHeader.set(header, reader)
  return reader
}

/** The first language we have words for, and the country of the first one asked for. */
function choose(header: string): { readonly language: string; readonly region: string } {
  const wanted = header
    .split(',')
    .map((part) => {
      const [tag = '', ...parameters] = part.split(';').map((text) => text.trim())
      const weight = parameters.find((text) => text.startsWith('q='))?.slice(2)
      return { locale: parseLocale(tag), weight: weight === undefined ? 1 : Number(weight) || 0 }
    })
    .filter(({ weight }) => weight > 0)
    .toSorted((a, b) => b.weight - a.weight)
    .flatMap(({ locale }) => (locale ? [locale] : []))
  const region = wanted[0]?.maximize().region ?? ''
  return {
    language: wanted.find(({ language }) => Object.hasOwn(LANGUAGES, language))?.language ?? USUAL.language,
    region: /^[A-Z]{2}$/.test(region) ? region : USUAL.region,
  }
}

function parseLocale(tag: string): Intl.Locale | null {
  try {
    return new Intl.Locale(tag)
  } catch {
    return null
  }
}

function createReader(locale: string, words: Words): Reader {
  const format = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(locale, { ...options, timeZone: 'UTC' })
  const moment = format({
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: 'numeric',
    minute: '2-digit',
  })
  const day = format({ day: 'numeric', month: 'long', year: 'numeric' })
  const shortDay = format({ day: 'numeric', month: 'short' })
  const month = format({ month: 'long', year: 'numeric' })
  return {
    locale,
    words,
    money: (money) => formatMoney(money, locale),
    count: (count) => formatCount(count, locale),
    moment: (at) => `${moment.format(at)} UTC`,
    day: (at) => day.format(at),
    shortDay: (at) => shortDay.format(at),
    month: (name) => month.format(new Date(`${name}-01T00:00:00Z`)),
  }
}
