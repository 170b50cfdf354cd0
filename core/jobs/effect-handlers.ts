import type { EffectKind } from '../domain/effect.ts'
import { refreshAccount } from '../usecases/builder-account.ts'
import { closeDrop } from '../usecases/close-drop.ts'
import type { Deps } from '../usecases/deps.ts'
import { drawCard } from '../usecases/draw-card.ts'
import { learnFee } from '../usecases/learn-fee.ts'
import { refundPayment } from '../usecases/refund-payment.ts'
import { releaseShare } from '../usecases/release-share.ts'
import { tell } from '../usecases/tell.ts'
import { tendCheckout } from '../usecases/tend-checkout.ts'
import type { EffectHandler } from './outbox.ts'

/** Which use case carries out which wish. */
export function effectHandlers(deps: Deps): Readonly<Record<EffectKind, EffectHandler>> {
  return {
    checkout: (effect) => tendCheckout(deps, effect.subject),
    stripe_fee: (effect) => learnFee(deps, effect.subject),
    transfer: (effect) => releaseShare(deps, effect.subject, isFirstRun(effect)),
    refund: (effect) => refundPayment(deps, effect.subject, isFirstRun(effect)),
    account: async (effect) => {
      await refreshAccount(deps, effect.subject)
      return null
    },
    close_drop: (effect) => closeDrop(deps, effect.subject),
    draw_card: (effect) => drawCard(deps, effect.subject),
    notify: (effect) => tell(deps, effect),
  }
}

/** Only the very first run may skip asking Stripe whether it was done before. */
function isFirstRun(effect: { readonly attempts: number; readonly revision: number }): boolean {
  return effect.attempts === 1 && effect.revision === 1
}
