import { html } from 'hono/html'

type Piece = ReturnType<typeof html>

/** A builder's month. `month` is its name, e.g. `November 2026`; amounts come in as words. */
export const statement = {
  title: (month: string) => `Statement for ${month}`,
  eyebrow: 'C500 Collective, commission statement',
  number: 'Number',
  until: 'Until',
  asOf: 'As it stands on',
  /** Each with the next sentence after it. */
  forBuilder: (name: Piece) => html`For ${name}, who sold through C500 Collective.`,
  closed: 'The month is closed: this does not change any more.',
  notClosed: 'The month is not closed yet.',
  nothing: (month: string) => `Nothing was sold or given back in ${month}.`,
  lines: 'Sales and refunds of the month',
  booked: 'Booked',
  what: 'What',
  refundOf: (title: Piece) => html`Refund: ${title}`,
  papers: {
    sale: (number: string) => `Receipt ${number}`,
    refund: (number: string) => `Credit note ${number}`,
  },
  gross: 'Gross',
  refunds: 'Refunds',
  fee: 'Fee',
  net: 'Net',
  sales: (count: number) => (count === 1 ? 'Together, 1 sale' : `Together, ${count} sales`),
  transfers: 'Sent to you',
  transfersOf: 'Money sent in the month',
  takenBack: (title: Piece) => html`Taken back: ${title}`,
  amount: 'Amount',
  together: 'Together',
  balances: 'Held for you, less what you owe',
  balance: {
    before: 'When the month began',
    net: 'Net of the month',
    sent: 'Sent to you',
    after: 'When the month ended',
    now: 'Now',
  },
  debt: {
    atEnd: (owed: string) =>
      `${owed} is owed to the collective at the end of the month, after refunds that came too late to be taken back. It is taken off what is sent next.`,
    now: (owed: string) =>
      `${owed} is owed to the collective now, after refunds that came too late to be taken back. It is taken off what is sent next.`,
  },
  months: 'Months',
  tables: {
    heading: 'As tables',
    lead: (month: string) =>
      `Files for a spreadsheet or your bookkeeping, of ${month} or of everything so far.`,
    everything: 'Everything',
    files: {
      orders: 'Orders by the day of payment, as they stand today',
      ledger: 'Ledger by the day of booking',
      payouts: 'Payouts to your bank',
    },
  },
  small:
    'Everything stands on the day it was booked: a sale when it was paid, a refund when it was decided, so what happens later is in a later month. Gross less refunds less fee is net; a refund gives the fee of its part back. Stripe’s own fees are carried by the collective. All dates are in UTC.',
}
