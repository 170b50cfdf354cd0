import { html } from 'hono/html'
import { ORDER_WORDS } from '#contract'

type Piece = ReturnType<typeof html>

/** The page of one order, whichever address led there. */
export const order = {
  /** Where it stands and what comes next, as the buyer reads it in Discord too. */
  standing: ORDER_WORDS.buyer,
  headings: {
    clearing: 'Your bank is sending the money',
    closing: 'Your hold has ended',
    paid: 'Paid, and it is yours',
    shipped: 'It is on its way',
    arrived: 'It arrived',
    refunding: 'Your money is on its way back',
    refunded: 'Your money went back',
  },
  ended: {
    buyer: 'You let it go',
    clock: 'Your hold has ended',
    drop_closed: 'The drop closed',
    payment_failed: 'The payment did not come',
  },
  close: 'You can close this page.',
  closePaid: 'You can close this page. We write to you in Discord when it ships.',
  confirming: {
    heading: 'Confirming your payment',
    sentence: 'Stripe is telling us about it. This takes a few seconds, seldom longer.',
  },
  unconfirmed: {
    heading: 'Not confirmed yet',
    sentence:
      'Stripe has not confirmed a payment so far. If you paid, nothing is lost: we write to you in Discord as soon as it is confirmed, and you can close this page.',
    notPaid: (until: Piece) => html`Not paid yet? It is held for you until ${until}.`,
    again: 'Look again',
  },
  making: {
    heading: 'Your pay page is being made',
    sentence: (until: Piece) =>
      html`It is held for you until ${until}. There is nothing to do: you are taken to the pay page as soon as it is there.`,
  },
  held: {
    heading: 'One is held for you',
    sentence: (until: Piece) =>
      html`Pay before ${until} and it is yours. Changed your mind? Press Let it go in Discord, or do nothing: the hold ends by itself.`,
    pay: 'Go to the pay page',
  },
  turnedBack: {
    heading: 'Nothing was charged',
    stays: (until: Piece) => html`It stays held for you until ${until}.`,
    sentence:
      'Changed your mind? Press Let it go in Discord and somebody else can have it. Or do nothing: the hold ends by itself.',
    pay: 'Back to the pay page',
  },
  refreshes: 'This page refreshes itself.',
  seeDrop: 'See the drop',
  trail: ['Held', 'Paid', 'On its way', 'Arrived'],
  facts: {
    what: 'What',
    from: 'From',
    price: 'Price',
    paid: 'Paid',
    sentWith: 'Sent with',
    order: 'Order',
    receipt: 'Receipt',
    seeReceipt: 'See your receipt',
  },
}
