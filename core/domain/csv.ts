import { type Currency, minorDigits } from '#contract'

export type Cell = string | number | null

/** What spreadsheets take for a formula when a cell begins with it, in the shapes they know it. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/
const NUMBER = /^-?\d+(\.\d+)?$/

/**
 * A table as RFC 4180 has it: comma, quotes where needed, CRLF after every row. Text that a spreadsheet would run gets an
 * apostrophe in front; a plain number is none, so that negative amounts stay amounts.
 */
export function toCsv(columns: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [columns, ...rows].map((row) => `${row.map(writeCell).join(',')}\r\n`).join('')
}

/** An amount in minor units as a decimal number: 1205 of usd is `12.05`, of jpy `1205`. Exact, also below zero. */
export function decimal(amount: number, currency: Currency): string {
  const digits = minorDigits(currency)
  const text = String(Math.abs(amount)).padStart(digits + 1, '0')
  const sign = amount < 0 ? '-' : ''
  return digits === 0 ? sign + text : `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`
}

function writeCell(cell: Cell): string {
  const text = String(cell ?? '')
  const safe = FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
