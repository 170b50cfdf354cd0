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
  return (
    new Intl.NumberFormat('en', { style: 'currency', currency: currency.toUpperCase() }).resolvedOptions()
      .maximumFractionDigits ?? 2
  )
}

/** `{ amount: 1250, currency: 'usd' }` becomes `$12.50`. For people's eyes only: never parse it back. */
export function formatMoney(money: Money, locale = 'en-US'): string {
  const digits = minorDigits(money.currency)
  const text = String(money.amount).padStart(digits + 1, '0')
  const decimal = digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`
  return new Intl.NumberFormat(locale, {
    style: 'currency',
    currency: money.currency.toUpperCase(),
  }).format(decimal as `${number}`)
}
