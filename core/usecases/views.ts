import type { BuilderView, DraftView, DropView, Money, OrderView } from '#contract'
import { type Builder, payoutState } from '../domain/builder.ts'
import { checkForm, type Draft, type Drop } from '../domain/drop.ts'
import { signLink } from '../domain/link.ts'
import { splitFee } from '../domain/money.ts'
import type { Order } from '../domain/order.ts'
import type { Settings } from './deps.ts'

/** Who a view is made for: each sees what concerns them and no more. */
export type Reader = 'buyer' | 'builder'

export function toOrderView(order: Order, reader: Reader, settings: Settings): OrderView {
  const money = (amount: number): Money => ({ amount, currency: order.currency })
  const addressNeeded = order.status === 'paid' || order.status === 'shipped'
  const payable = reader === 'buyer' && order.status === 'held'
  return {
    orderId: order.orderId,
    status: order.status,
    drop: { dropId: order.dropId, title: order.title, picture: order.picture },
    buyer: order.buyer,
    builder: order.builder,
    total: money(order.total),
    fee: money(order.fee),
    share: money(order.share),
    createdAt: order.createdAt,
    holdUntil: order.holdUntil,
    payUrl: payable
      ? `${settings.webUrl}/pay/${signLink(settings.linkSecret, 'order', order.orderId)}`
      : null,
    endedBy: order.endedBy,
    refundReason: order.refundReason,
    paidAt: order.payment?.at ?? null,
    shipment: order.shipment,
    arrivedAt: order.arrivedAt,
    releasedAt: order.releasedAt,
    shipTo: reader === 'builder' && addressNeeded ? (order.payment?.shipTo ?? null) : null,
  }
}

export function toDropView(drop: Drop): DropView {
  const { builderId: _, price, currency, feeBps: __, ...shown } = drop
  return { ...shown, price: { amount: price, currency } }
}

export function toDraftView(draft: Draft, settings: Pick<Settings, 'currency' | 'feeBps'>): DraftView {
  const checked = checkForm(draft.form, settings.currency)
  const problems = checked.ok ? [] : [...checked.problems]
  if (draft.pictureProblem) problems.push({ field: 'picture', sentence: draft.pictureProblem })
  const { draftId, form, picture } = draft
  if (!checked.ok || problems.length > 0) return { draftId, form, picture, problems, preview: null }
  const { fee, share } = splitFee(checked.price, settings.feeBps)
  const money = (amount: number): Money => ({ amount, currency: settings.currency })
  return {
    draftId,
    form,
    picture,
    problems,
    preview: {
      title: checked.title,
      story: checked.story,
      price: money(checked.price),
      quantity: checked.quantity,
      fee: money(fee),
      share: money(share),
    },
  }
}

export function toBuilderView(builder: Builder, settings: Settings): BuilderView {
  const payouts = payoutState(builder)
  const link = signLink(settings.linkSecret, 'builder', builder.userId)
  return {
    builder: { userId: builder.userId, name: builder.name },
    payouts,
    onboardingUrl: payouts === 'ready' ? null : `${settings.webUrl}/connect/start/${link}`,
    joinedAt: builder.joinedAt,
  }
}
