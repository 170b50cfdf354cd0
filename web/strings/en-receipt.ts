import { html } from 'hono/html'

type Piece = ReturnType<typeof html>

/** The buyer's receipt. Days and amounts come in as words. */
export const receipt = {
  title: (number: string) => `Receipt ${number}`,
  eyebrow: 'C500 Collective',
  heading: 'Receipt',
  number: 'Number',
  date: 'Date',
  parties: (builder: Piece, buyer: Piece) => html`Sold by ${builder} through C500 Collective<br>to ${buyer}`,
  what: 'What',
  amount: 'Amount',
  paidOn: (day: string) => `Paid ${day}`,
  refundOn: (day: string) => `Refund, ${day}`,
  /** Each with the reason after it. */
  refund: {
    creditNote: (number: string) => `Credit note ${number}.`,
    onItsWay: 'On its way back to you.',
    failed: 'The bank sent it back; an operator finds another way to you.',
  },
  total: 'Total',
  totalLeft: 'Total after refunds',
  paid: 'Paid',
  throughStripe: 'through Stripe',
  reference: 'Payment reference',
  order: 'Order',
  whereMoneyIs: 'Where the money is',
  passedOn: (total: string, builder: string) => `${total} was passed on to ${builder} with the payment.`,
  wasHeld: (amount: string, since: string, until: string) =>
    `${amount} was held from ${since} until ${until}.`,
  isHeld: (amount: string, since: string) => `${amount} is held since ${since} until it arrives.`,
  isHeldAtMost: (amount: string, since: string, end: string) =>
    `${amount} is held since ${since} until it arrives, and not longer than ${end}.`,
  leftOf: (left: string, amount: string) => `${left} of ${amount}`,
  utc: 'All dates are in UTC.',
  none: {
    title: 'No receipt yet, C500 Collective',
    heading: 'There is no receipt yet',
    lead: 'It is written when Stripe has confirmed the payment, which takes a few seconds. Load this page again to see it.',
  },
}
