import { z } from 'zod'

/** ISO 4217 code in lower case, as Stripe writes it. */
export const Currency = z.string().regex(/^[a-z]{3}$/)
export type Currency = z.infer<typeof Currency>

/** An amount in the currency's minor unit (cents for usd, whole yen for jpy). Never a fraction. */
export const Minor = z.int().nonnegative()

export const Money = z.object({ amount: Minor, currency: Currency })
export type Money = z.infer<typeof Money>

/** How many decimal places a currency has: 2 for usd, 0 for jpy. */
export function minorDigits(currency: Currency): number {
  return currencyFormat('en', currency).resolvedOptions().maximumFractionDigits ?? 2
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
  const format =
    formats.get(key) ?? new Intl.NumberFormat(locale, { style: 'currency', currency: currency.toUpperCase() })
  formats.set(key, format)
  return format
}
