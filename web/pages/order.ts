import { html } from 'hono/html'
import { describeOrder, formatMoney, type OrderStatus, type OrderView } from '#contract'
import { drawing, type Html, renderLayout, type Site } from './layout.ts'
import { markMoment, moment, withMoments } from './moment.ts'

export interface OrderVisit {
  readonly order: OrderView
  /** The link's secret, for the page's own links; empty where the buyer came by logging in. */
  readonly token: string
  /** Which address brought the buyer here. */
  readonly page: 'pay' | 'success' | 'cancel' | 'own'
  /** How many times this page has looked again. */
  readonly look: number
}

interface Told {
  readonly drawing: 'mug' | 'jar' | 'parcel' | 'shelf'
  readonly heading: string
  readonly sentences: readonly Html[]
  readonly button?: { readonly words: string; readonly href: string; readonly quiet?: boolean }
  readonly lookAgain?: { readonly url: string; readonly seconds: number }
}

/** After this many looks (half a minute) a page stops asking by itself. */
const MOST_LOOKS = 15
const LOOK_SECONDS = 2

/** The buyer's order in its true state, whichever address led here. */
export function renderOrder(site: Site, visit: OrderVisit): Html {
  const { order } = visit
  const told = tell(site, visit)
  return renderLayout(site, {
    title: `${told.heading}: ${order.drop.title}`,
    lookAgain: told.lookAgain,
    body: html`
<section class="wrap order">
<div class="panel order__panel"${
      told.lookAgain &&
      html` data-look-again="${told.lookAgain.url}" data-seconds="${told.lookAgain.seconds}"`
    }>
${drawing(site, told.drawing, 168)}
<h1>${told.heading}</h1>
${told.sentences.map((sentence) => html`<p class="lead">${sentence}</p>`)}
${told.lookAgain && html`<p class="waiting" role="status"><span class="waiting__beads" aria-hidden="true"><span></span><span></span><span></span></span>This page refreshes itself.</p>`}
${told.button && html`<p class="actions"><a class="button${told.button.quiet ? ' button--quiet' : ''}" href="${told.button.href}">${told.button.words}</a></p>`}
${renderTrail(order.status)}
<dl class="receipt">
<div><dt>What</dt><dd><a href="/drops/${order.drop.dropId}"><bdi>${order.drop.title}</bdi></a></dd></div>
<div><dt>From</dt><dd><bdi>${order.builder.name}</bdi></dd></div>
<div><dt>Price</dt><dd>${formatMoney(order.total)}</dd></div>
${order.paidAt !== null ? html`<div><dt>Paid</dt><dd>${moment(site, order.paidAt)}</dd></div>` : ''}
${
  order.shipment
    ? html`<div><dt>Sent with</dt><dd><bdi>${order.shipment.carrier}</bdi>${order.shipment.trackingNumber && html`, <bdi>${order.shipment.trackingNumber}</bdi>`}</dd></div>`
    : ''
}
<div><dt>Order</dt><dd class="receipt__id">${order.orderId}</dd></div>
${order.receiptUrl !== null && html`<div><dt>Receipt</dt><dd><a href="${order.receiptUrl}">See your receipt</a></dd></div>`}
</dl>
${visit.page === 'own' && html`<p class="quiet"><a href="/orders">${site.reader.words.orders.all}</a></p>`}
</div>
</section>`,
  })
}

function tell(site: Site, visit: OrderVisit): Told {
  const { order, page } = visit
  const next = withMoments(site, describeOrder(order, 'buyer', markMoment).next)
  switch (order.status) {
    case 'held':
      if (page === 'success') return tellConfirming(site, visit)
      if (page === 'own') return tellHeld(site, order)
      return page === 'pay' ? tellPageInTheMaking(site, visit) : tellTurnedBack(site, visit)
    case 'clearing':
      return {
        drawing: 'mug',
        heading: 'Your bank is sending the money',
        sentences: [next, html`You can close this page.`],
      }
    case 'closing':
      if (page === 'success') return tellConfirming(site, visit)
      return { drawing: 'mug', heading: 'Your hold has ended', sentences: [next], button: seeDrop(order) }
    case 'expired':
      return {
        drawing: 'shelf',
        heading: ENDED[order.endedBy ?? 'clock'],
        sentences: [next],
        button: seeDrop(order),
      }
    case 'paid':
      return {
        drawing: 'jar',
        heading: 'Paid, and it is yours',
        sentences: [next, html`You can close this page. We write to you in Discord when it ships.`],
      }
    case 'shipped':
      return { drawing: 'parcel', heading: 'It is on its way', sentences: [next] }
    case 'arrived':
    case 'released':
    case 'release_blocked':
      return { drawing: 'parcel', heading: 'It arrived', sentences: [next] }
    case 'refunding':
      return { drawing: 'jar', heading: 'Your money is on its way back', sentences: [next] }
    case 'refunded':
      return { drawing: 'jar', heading: 'Your money went back', sentences: [next] }
    default:
      return order.status satisfies never
  }
}

const ENDED = {
  buyer: 'You let it go',
  clock: 'Your hold has ended',
  drop_closed: 'The drop closed',
  payment_failed: 'The payment did not come',
} as const satisfies Record<NonNullable<OrderView['endedBy']>, string>

function seeDrop(order: OrderView) {
  return { words: 'See the drop', href: `/drops/${order.drop.dropId}`, quiet: true }
}

function tellConfirming(site: Site, { order, token, look }: OrderVisit): Told {
  const again = `/success?order=${encodeURIComponent(token)}`
  if (look < MOST_LOOKS) {
    return {
      drawing: 'mug',
      heading: 'Confirming your payment',
      sentences: [html`Stripe is telling us about it. This takes a few seconds, seldom longer.`],
      lookAgain: { url: `${again}&look=${look + 1}`, seconds: LOOK_SECONDS },
    }
  }
  return {
    drawing: 'mug',
    heading: 'Not confirmed yet',
    sentences: [
      html`Stripe has not confirmed a payment so far. If you paid, nothing is lost: we write to you in Discord as soon as it is confirmed, and you can close this page.`,
      ...(order.status === 'held'
        ? [html`Not paid yet? It is held for you until ${moment(site, order.holdUntil)}.`]
        : []),
    ],
    button: { words: 'Look again', href: again, quiet: true },
  }
}

function tellPageInTheMaking(site: Site, { order, token, look }: OrderVisit): Told {
  return {
    drawing: 'mug',
    heading: 'Your pay page is being made',
    sentences: [
      html`It is held for you until ${moment(site, order.holdUntil)}. There is nothing to do: you are taken to the pay page as soon as it is there.`,
    ],
    lookAgain: {
      url: `/pay/${encodeURIComponent(token)}?look=${look + 1}`,
      // A page that takes this long waits in a longer queue: no need to hurry it.
      seconds: look < MOST_LOOKS ? LOOK_SECONDS : 5 * LOOK_SECONDS,
    },
  }
}

function tellHeld(site: Site, { holdUntil, payUrl }: OrderView): Told {
  return {
    drawing: 'mug',
    heading: 'One is held for you',
    sentences: [
      html`Pay before ${moment(site, holdUntil)} and it is yours. Changed your mind? Press Let it go in Discord, or do nothing: the hold ends by itself.`,
    ],
    ...(payUrl !== null && { button: { words: 'Go to the pay page', href: payUrl } }),
  }
}

function tellTurnedBack(site: Site, { order, token }: OrderVisit): Told {
  return {
    drawing: 'mug',
    heading: 'Nothing was charged',
    sentences: [
      html`It stays held for you until ${moment(site, order.holdUntil)}.`,
      html`Changed your mind? Press Let it go in Discord and somebody else can have it. Or do nothing: the hold ends by itself.`,
    ],
    button: { words: 'Back to the pay page', href: `/pay/${encodeURIComponent(token)}` },
  }
}

const TRAIL = ['Held', 'Paid', 'On its way', 'Arrived'] as const
const STANDS_AT: Partial<Record<OrderStatus, number>> = {
  held: 0,
  clearing: 0,
  paid: 1,
  shipped: 2,
  arrived: 3,
  released: 3,
  release_blocked: 3,
}

/** The four stations of an order; none for an order that ended another way. */
function renderTrail(status: OrderStatus): Html | '' {
  const at = STANDS_AT[status]
  if (at === undefined) return ''
  return html`<ol class="trail">${TRAIL.map(
    (words, i) =>
      html`<li class="${i <= at ? 'trail__done' : ''}"${i === at && html` aria-current="step"`}>${words}</li>`,
  )}</ol>`
}
