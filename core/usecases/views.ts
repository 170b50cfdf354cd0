import {
  AppError,
  type BuilderView,
  type CaseView,
  type ChannelView,
  type DisputeView,
  type DraftView,
  type DropView,
  type Money,
  type OrderView,
  type Terms,
} from '#contract'
import {
  type Builder,
  checklist,
  type DecidedTerms,
  payoutState,
  termsAt,
  upcomingTerms,
} from '../domain/builder.ts'
import type { Case } from '../domain/case.ts'
import { type Channel, isVerified } from '../domain/channel.ts'
import { checkForm, type Draft, type Drop } from '../domain/drop.ts'
import type { Evidence } from '../domain/evidence.ts'
import { signLink } from '../domain/link.ts'
import { splitFee } from '../domain/money.ts'
import { frozenBy, givenBack, type Order, remaining } from '../domain/order.ts'
import { describeRequirement } from '../domain/requirements.ts'
import type { Settings } from './deps.ts'
import { holdingEndsAt, releasesAt } from './watch-order.ts'

/** Who a view is made for: each sees what concerns them and no more. */
export type Reader = 'buyer' | 'builder'

export function toOrderView(order: Order, reader: Reader, settings: Settings): OrderView {
  const money = (amount: number): Money => ({ amount, currency: order.currency })
  const addressNeeded = order.status === 'paid' || order.status === 'shipped'
  const payable = reader === 'buyer' && order.status === 'held'
  const link = () => signLink(settings.linkSecret, 'order', order.orderId)
  const stripeFee = order.payment?.stripeFee ?? null
  const left = remaining(order)
  return {
    orderId: order.orderId,
    status: order.status,
    drop: { dropId: order.dropId, title: order.title, picture: order.picture },
    buyer: order.buyer,
    builder: order.builder,
    total: money(order.total),
    fee: money(order.fee),
    share: money(order.share),
    left: { fee: money(left.fee), share: money(left.share) },
    stripeFee: stripeFee === null ? null : money(stripeFee),
    settlement: order.settlement,
    createdAt: order.createdAt,
    holdUntil: order.holdUntil,
    payUrl: payable ? `${settings.webUrl}/pay/${link()}` : null,
    endedBy: order.endedBy,
    refunded: money(givenBack(order)),
    refunds: order.refunds.map(({ amount, reason, note, status, at }) => ({
      amount: money(amount),
      reason,
      note,
      status,
      at,
    })),
    paidAt: order.payment?.at ?? null,
    shipment: order.shipment,
    arrivedAt: order.arrivedAt,
    releasedAt: order.releasedAt,
    releasesAt: releasesAt(order, settings),
    holdingEndsAt: holdingEndsAt(order, settings),
    frozenBy: frozenBy(order),
    caseId: order.caseId,
    receiptUrl: reader === 'buyer' && order.receipt ? `${settings.webUrl}/receipt/${link()}` : null,
    shipTo: reader === 'builder' && addressNeeded ? (order.payment?.shipTo ?? null) : null,
  }
}

export function toCaseView(found: Case, order: Order, reader: Reader, settings: Settings): CaseView {
  const { caseId, status, openedAt, answerBy, decidesItself, entries, silence, decision, threadId } = found
  return {
    caseId,
    order: toOrderView(order, reader, settings),
    status,
    openedAt,
    answerBy,
    decidesItself,
    entries: [...entries],
    silence,
    decision: decision && {
      decision: decision.decision,
      amount: { amount: decision.amount, currency: order.currency },
      reason: decision.reason,
      at: decision.at,
    },
    threadId,
  }
}

/** `channel`: its builder's, as it is now. `now` is UTC ms. */
export function toDropView(drop: Drop, channel: ChannelView | null, now: number): DropView {
  return {
    dropId: drop.dropId,
    title: drop.title,
    story: drop.story,
    price: { amount: drop.price, currency: drop.currency },
    quantity: drop.quantity,
    available: drop.available,
    held: drop.held,
    sold: drop.sold,
    perPerson: drop.perPerson,
    status: drop.status,
    settlement: termsAt(drop.terms, now)?.settlement ?? 'on_arrival',
    openedAt: drop.openedAt,
    closesAt: drop.closesAt,
    opensAt: drop.waitsFor === null ? null : drop.openedAt,
    opensWithStream: drop.waitsFor === 'stream',
    reminders: drop.reminders,
    waiting: drop.waitlist.waiting,
    builder: drop.builder,
    channel,
    picture: drop.picture,
    card: drop.card,
  }
}

/** `feeBps` is what would hold for an order of it now. */
export function toDraftView(draft: Draft, feeBps: number, settings: Pick<Settings, 'currency'>): DraftView {
  const checked = checkForm(draft.form, settings.currency)
  const problems = checked.ok ? [] : [...checked.problems]
  if (draft.pictureProblem) problems.push({ field: 'picture', sentence: draft.pictureProblem })
  const { draftId, form, picture } = draft
  if (!checked.ok || problems.length > 0) return { draftId, form, picture, problems, preview: null }
  const { fee, share } = splitFee(checked.price, feeBps)
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

/** Null for none, and where Twitch is done without. `now` is UTC ms. */
export function toChannelView(
  channel: Channel | null,
  settings: Pick<Settings, 'twitch'>,
  now: number,
): ChannelView | null {
  if (!channel || !settings.twitch) return null
  const { channelId, login, displayName, linkedAt, verifiedAt, live } = channel
  return {
    channelId,
    login,
    displayName,
    url: `https://www.twitch.tv/${encodeURIComponent(login)}`,
    linkedAt,
    verified:
      verifiedAt !== null && isVerified(channel, now, settings.twitch)
        ? { at: verifiedAt, until: verifiedAt + settings.twitch.badgeMs }
        : null,
    live: live && { since: live.since, title: live.title, game: live.game },
  }
}

/** A decision as people see it: the collective's own rate is named. */
export function toTerms({ feeBps, ...decided }: DecidedTerms, settings: Pick<Settings, 'feeBps'>): Terms {
  return { ...decided, feeBps: feeBps ?? settings.feeBps }
}

/** What holds for a builder at `now`. */
export function termsNow(builder: Builder, settings: Pick<Settings, 'feeBps'>, now: number): Terms {
  const decided = termsAt(builder.terms, now)
  if (decided) return toTerms(decided, settings)
  return {
    from: builder.joinedAt,
    settlement: 'on_arrival',
    feeBps: settings.feeBps,
    by: null,
    at: builder.joinedAt,
    reason: '',
  }
}

/** `now` is UTC ms. */
export function toBuilderView(builder: Builder, settings: Settings, now: number): BuilderView {
  const link = signLink(settings.linkSecret, 'builder', builder.userId)
  const { webUrl } = settings
  return {
    builder: { userId: builder.userId, name: builder.name },
    status: builder.status,
    statusChange: builder.statusHistory.at(-1) ?? {
      status: builder.status,
      at: builder.joinedAt,
      by: null,
      reason: '',
    },
    terms: termsNow(builder, settings, now),
    upcomingTerms: upcomingTerms(builder.terms, now).map((terms) => toTerms(terms, settings)),
    payouts: payoutState(builder),
    requirements: [...new Set(builder.currentlyDue.map(describeRequirement))],
    checklist: checklist(builder, settings.twitch !== null),
    onboardingUrl:
      payoutState(builder) === 'ready' && builder.currentlyDue.length === 0
        ? null
        : `${webUrl}/connect/start/${link}`,
    dashboardUrl: builder.detailsSubmitted ? `${webUrl}/connect/dashboard/${link}` : null,
    statementUrl: `${webUrl}/statement/${link}`,
    channel: toChannelView(builder.twitch, settings, now),
    about: builder.about,
    link: builder.link,
    joinedAt: builder.joinedAt,
  }
}

/** Throws when no bank has asked about the order. */
export function toDisputeView(
  order: Order,
  shown: { readonly evidence: Evidence; readonly pictures: number },
  settings: Settings,
): DisputeView {
  if (!order.dispute) throw new AppError('conflict', 'No bank has asked about this order.')
  const { status, amount, fee, reason, dueBy, evidence: asked } = order.dispute
  const money = (minor: number): Money => ({ amount: minor, currency: order.currency })
  return {
    order: toOrderView(order, 'builder', settings),
    status,
    amount: money(amount),
    fee: money(fee),
    reason,
    dueBy,
    evidence: [
      ...Object.entries(shown.evidence).map(([field, text]) => ({ field, text })),
      ...(shown.pictures > 0
        ? [
            {
              field: 'uncategorized_file',
              text: `The pictures of the case (${shown.pictures}), on one sheet.`,
            },
          ]
        : []),
    ],
    submitted: asked && { by: asked.by, at: asked.at, sentAt: asked.sentAt },
  }
}
