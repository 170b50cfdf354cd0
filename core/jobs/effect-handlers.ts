import type { EffectKind } from '../domain/effect.ts'
import { sweepAccount } from '../usecases/builder-account.ts'
import { callOperators } from '../usecases/call-operators.ts'
import { carryOutRefunds } from '../usecases/carry-out-refunds.ts'
import type { Deps } from '../usecases/deps.ts'
import { drawCard } from '../usecases/draw-card.ts'
import { endDrop } from '../usecases/end-drop.ts'
import { followBuilder } from '../usecases/follow-builder.ts'
import { followDispute, sendEvidence } from '../usecases/follow-dispute.ts'
import { drawLive, followLive, lookAtStream } from '../usecases/follow-live.ts'
import { drawCase, tendCase } from '../usecases/handle-case.ts'
import { learnFee } from '../usecases/learn-fee.ts'
import { openDueDrop, openWithStream } from '../usecases/open-drop.ts'
import { numberReceipts } from '../usecases/receipts.ts'
import { reconcile } from '../usecases/reconcile.ts'
import { releaseShare } from '../usecases/release-share.ts'
import { callReminders } from '../usecases/remind.ts'
import { tell } from '../usecases/tell.ts'
import { tendCheckout } from '../usecases/tend-checkout.ts'
import { tendTwitch } from '../usecases/tend-twitch.ts'
import { endWaitlist, offerUnits } from '../usecases/waitlist.ts'
import { watchOrder } from '../usecases/watch-order.ts'
import type { EffectHandler } from './outbox.ts'

/** Which use case carries out which wish. `onFrozen` hears of orders about which our books and Stripe disagree. */
export function effectHandlers(
  deps: Deps,
  { onFrozen }: { readonly onFrozen: (orders: number) => void },
): Readonly<Record<EffectKind, EffectHandler>> {
  return {
    checkout: (effect) => tendCheckout(deps, effect.subject, effect),
    stripe_fee: (effect) => learnFee(deps, effect.subject),
    receipt: (effect) => numberReceipts(deps, effect.subject),
    transfer: (effect) => releaseShare(deps, effect.subject),
    refund: (effect) => carryOutRefunds(deps, effect.subject),
    account: (effect) => sweepAccount(deps, effect.subject),
    follow_builder: (effect) => followBuilder(deps, effect.subject),
    open_drop: (effect) => openDueDrop(deps, effect.subject),
    open_with_stream: (effect) => openWithStream(deps, effect.subject),
    close_drop: (effect) => endDrop(deps, effect.subject),
    watch: (effect) => watchOrder(deps, effect.subject),
    dispute: (effect) => followDispute(deps, effect.subject),
    evidence: (effect) => sendEvidence(deps, effect.subject),
    draw_case: (effect) => drawCase(deps, effect.subject),
    tend_case: (effect) => tendCase(deps, effect.subject),
    draw_card: (effect) => drawCard(deps, effect.subject),
    twitch: () => tendTwitch(deps),
    look_at_stream: (effect) => lookAtStream(deps, effect.subject),
    draw_live: (effect) => drawLive(deps, effect.subject),
    follow_live: (effect) => followLive(deps, effect.subject),
    reconcile: () => reconcile(deps, onFrozen),
    notify: (effect) => tell(deps, effect),
    call_operators: (effect) => callOperators(deps, effect),
    call_reminders: (effect) => callReminders(deps, effect.subject),
    remind: (effect) => tell(deps, effect),
    offer_unit: (effect) => offerUnits(deps, effect.subject),
    end_waitlist: (effect) => endWaitlist(deps, effect.subject),
    async encode_picture({ subject }) {
      await deps.media.encodeMore(subject)
      return null
    },
  }
}
