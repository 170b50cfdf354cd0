import type { BuilderView } from '#contract'
import { link, type Message, rows, say } from './message.ts'

/** Where a builder stands with Stripe. `lead` is the sentence that brought them here. */
export function renderBuilder(view: BuilderView, lead: string | null = null): Message {
  if (view.payouts === 'ready') {
    return say('You are a builder and your payment account is ready. `/c500 drop` starts a drop.', 'mint')
  }
  const text =
    lead ??
    'Welcome to the collective. One thing is left: tell Stripe where your money should go. It takes a few minutes.'
  return say(
    `${text}\nThe link is only for you.`,
    'butter',
    rows(link('Set up payments', view.onboardingUrl)),
  )
}
