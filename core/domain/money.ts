import { type Currency, formatMoney, minorDigits } from '#contract'

/** Stripe's bounds for one charge (docs.stripe.com/currencies), in minor units: about half a dollar, and eight digits. */
const SMALLEST_CHARGE = 50
/** Where half a dollar is more of them. */
const SMALLEST: Readonly<Partial<Record<Currency, number>>> = {
  aed: 200,
  czk: 1_500,
  dkk: 250,
  hkd: 400,
  huf: 17_500,
  mxn: 1_000,
  myr: 200,
  nok: 300,
  pln: 200,
  ron: 200,
  sek: 300,
  thb: 1_000,
}
const LARGEST_CHARGE = 99_999_999

/** One basis point is a hundredth of a percent. */
export const BASIS_POINTS = 10_000

/**
 * Divide a total between platform and builder. Minor units in, minor units out, `fee + share === total` always;
 * the fraction of a minor unit goes to the builder.
 */
export function splitFee(total: number, feeBps: number): { readonly fee: number; readonly share: number } {
  // BigInt because total * bps may pass 2^53 for the largest amounts.
  const fee = Number((BigInt(total) * BigInt(feeBps)) / BigInt(BASIS_POINTS))
  return { fee, share: total - fee }
}

/** A number with the sign or the code of a currency before or behind it. */
const SIGNED = /^(?:(\p{Sc}|[a-z]{3}(?![a-z]))\s*)?(.*?)(?:\s*(\p{Sc}|(?<![a-z])[a-z]{3}))?$/isu

/** The sign that people write: `$` for usd, and for cad. */
function signOf(currency: Currency): string | undefined {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency, currencyDisplay: 'narrowSymbol' })
  return format.formatToParts(0).find(({ type }) => type === 'currency')?.value
}

/** Of which amounts must be multiples, in minor units: Stripe takes no fractions of some, and no single thousandths. */
function stepOf(currency: Currency): number {
  if (currency === 'isk' || currency === 'ugx') return 100
  return minorDigits(currency) === 3 ? 10 : 1
}

export type ParsedPrice =
  | { readonly ok: true; readonly amount: number }
  | { readonly ok: false; readonly sentence: string }

/**
 * What a person typed as a price, in minor units of `currency`. Understands `12`, `12.50`, `12,50`, `$1,200.00`
 * and `1.200,00 €`; refuses what could be read two ways, and the sign of another currency.
 */
export function parsePrice(text: string, currency: Currency): ParsedPrice {
  const parsed = parseAmount(text, currency)
  const smallest = SMALLEST[currency] ?? SMALLEST_CHARGE
  if (parsed.ok && parsed.amount < smallest) {
    const shown = formatMoney({ amount: smallest, currency })
    return { ok: false, sentence: `The smallest price that can be charged is ${shown}.` }
  }
  return parsed
}

/** As parsePrice, without the smallest price: for parts of a payment. */
export function parseAmount(text: string, currency: Currency): ParsedPrice {
  const digits = minorDigits(currency)
  const example = formatMoney({ amount: 24 * 10 ** digits, currency }).replace(/[^\d.,]/g, '')
  const refuse = (sentence: string): ParsedPrice => ({ ok: false, sentence })
  const unclear = () => refuse(`The price should be a plain number such as ${example}.`)

  const [, before, named = '', after] = SIGNED.exec(text.trim()) ?? []
  const isOurs = (sign: string | undefined) =>
    sign === undefined || sign === signOf(currency) || sign.toLowerCase() === currency
  if (named && !(isOurs(before) && isOurs(after))) {
    return refuse(
      `Prices here are in ${currency.toUpperCase()}: please write a plain number such as ${example}.`,
    )
  }
  if (/^-/.test(named)) return refuse('The price must be more than nothing.')
  // Whole part with or without thousands marks, then at most one decimal part.
  const match = /^(\d+|\d{1,3}(?:,\d{3})+|\d{1,3}(?:\.\d{3})+|\d{1,3}(?: \d{3})+)(?:([.,])(\d+))?$/.exec(
    named,
  )
  if (!match?.[1]) return unclear()
  const [, whole, mark, fraction = ''] = match
  if (mark && whole.includes(mark)) return unclear()
  // `1.200` and `1,200` alone: a thousand and two hundred to some, one and a fifth to others.
  if (/^[1-9]\d{0,2}[.,]\d{3}$/.test(named)) {
    return refuse(
      `Is ${named} a thousand or a fraction? Please write ${named.replace(/[.,]/, '')}, or a number such as ${example}.`,
    )
  }
  if (fraction.length > digits) {
    return refuse(
      digits === 0
        ? `${currency.toUpperCase()} has no smaller unit: please write a whole number.`
        : `The price can have at most ${digits} decimal places, such as ${example}.`,
    )
  }
  const amount = Number(whole.replace(/[., ]/g, '') + fraction.padEnd(digits, '0'))
  if (amount > LARGEST_CHARGE) {
    return refuse(
      `The largest price that can be charged is ${formatMoney({ amount: LARGEST_CHARGE, currency })}.`,
    )
  }
  const step = stepOf(currency)
  if (amount % step !== 0) {
    return refuse(`An amount must be a multiple of ${formatMoney({ amount: step, currency })}.`)
  }
  return { ok: true, amount }
}
