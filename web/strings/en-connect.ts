import { html } from 'hono/html'

type Piece = ReturnType<typeof html>

/** A builder's doors to Stripe. */
export const connect = {
  start: {
    title: 'Your payment account, C500 Collective',
    heading: 'Set up how you are paid',
    lead: 'Stripe asks who you are and where your money should go. It stays with them: we never see your papers or your bank details.',
    go: 'Continue to Stripe',
    note: 'It takes about five minutes. You can stop and go on later with the same link.',
  },
  dashboard: {
    title: 'Your Stripe dashboard, C500 Collective',
    heading: 'Your money at Stripe',
    lead: 'Balance, payouts to your bank and your details are in your own Stripe dashboard.',
    go: 'Open my dashboard',
  },
  ready: {
    title: 'You are ready, C500 Collective',
    heading: 'You are ready to sell',
    lead: (name: Piece) =>
      html`Stripe can pay you, ${name}. Go back to Discord and publish your drop with <code>/c500 drop</code>.`,
  },
  notYet: {
    title: 'Nearly there, C500 Collective',
    heading: 'Nearly there',
    lead: 'Stripe still needs something from you, or is still checking what you sent. If you left early, go on where you stopped.',
    asks: 'Stripe asks for:',
    go: 'Go on with Stripe',
    note: 'Sent everything already? Checking can take a few minutes. Load this page again to see how it stands.',
  },
}
