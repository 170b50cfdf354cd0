import { z } from 'zod'

/** ISO 4217 code in lower case, as Stripe writes it. */
export const Currency = z.string().regex(/^[a-z]{3}$/)
export type Currency = z.infer<typeof Currency>

/** An amount in the currency's minor unit (cents for usd, whole yen for jpy). Never a fraction. */
export const Minor = z.int().nonnegative()

export const Money = z.object({ amount: Minor, currency: Currency })
export type Money = z.infer<typeof Money>

/**
 * Currencies that Stripe counts in whole units, and in thousandths; all others it counts in hundredths
 * (docs.stripe.com/currencies). Intl tells how people write them today: no fillér of a forint, for one, and 5,000 of them
 * would be charged as 50.
 */
const WHOLE: ReadonlySet<string> = new Set(
  'bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' '),
)
const IN_THOUSANDTHS: ReadonlySet<string> = new Set('bhd jod kwd omr tnd'.split(' '))

/** How many decimal places Stripe's amounts of a currency have: 2 for usd, 0 for jpy. */
export function minorDigits(currency: Currency): number {
  if (WHOLE.has(currency)) return 0
  return IN_THOUSANDTHS.has(currency) ? 3 : 2
}

/** `{ amount: 1250, currency: 'usd' }` becomes `$12.50`. For people's eyes only: never parse it back. */
export function formatMoney(money: Money, locale = 'en-US'): string {
  const digits = minorDigits(money.currency)
  const text = String(money.amount).padStart(digits + 1, '0')
  const decimal = digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`
  return currencyFormat(locale, money.currency).format(decimal as `${number}`)
}

const formats = new Map<string, Intl.NumberFormat>()

/** Making a format takes longer than using it a hundred times. */
function currencyFormat(locale: string, currency: Currency): Intl.NumberFormat {
  const key = `${locale} ${currency}`
  const known = formats.get(key)
  if (known) return known
  const digits = minorDigits(currency)
  const format = new Intl.NumberFormat(locale, {
    style: 'currency',
    currency: currency.toUpperCase(),
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  })
  formats.set(key, format)
  return format
}
