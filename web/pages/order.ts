import { html } from 'hono/html'
import { describeOrder, type OrderStatus, type OrderView } from '#contract'
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
  const { order: words, orders } = site.reader.words
  const { facts } = words
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
${told.lookAgain && html`<p class="waiting" role="status"><span class="waiting__beads" aria-hidden="true"><span></span><span></span><span></span></span>${words.refreshes}</p>`}
${told.button && html`<p class="actions"><a class="button${told.button.quiet ? ' button--quiet' : ''}" href="${told.button.href}">${told.button.words}</a></p>`}
${renderTrail(site, order.status)}
<dl class="receipt">
<div><dt>${facts.what}</dt><dd><a href="/drops/${order.drop.dropId}"><bdi>${order.drop.title}</bdi></a></dd></div>
<div><dt>${facts.from}</dt><dd><bdi>${order.builder.name}</bdi></dd></div>
<div><dt>${facts.price}</dt><dd>${site.reader.money(order.total)}</dd></div>
${order.paidAt !== null ? html`<div><dt>${facts.paid}</dt><dd>${moment(site, order.paidAt)}</dd></div>` : ''}
${
  order.shipment
    ? html`<div><dt>${facts.sentWith}</dt><dd><bdi>${order.shipment.carrier}</bdi>${order.shipment.trackingNumber && html`, <bdi>${order.shipment.trackingNumber}</bdi>`}</dd></div>`
    : ''
}
<div><dt>${facts.order}</dt><dd class="receipt__id">${order.orderId}</dd></div>
${order.receiptUrl !== null && html`<div><dt>${facts.receipt}</dt><dd><a href="${order.receiptUrl}">${facts.seeReceipt}</a></dd></div>`}
</dl>
${visit.page === 'own' && html`<p class="quiet"><a href="/orders">${orders.all}</a></p>`}
</div>
</section>`,
  })
}

function tell(site: Site, visit: OrderVisit): Told {
  const { order, page } = visit
  const words = site.reader.words.order
  const { headings } = words
  const next = withMoments(site, describeOrder(order, words.standing, markMoment, site.reader.money).next)
  switch (order.status) {
    case 'held':
      if (page === 'success') return tellConfirming(site, visit)
      if (page === 'own') return tellHeld(site, order)
      return page === 'pay' ? tellPageInTheMaking(site, visit) : tellTurnedBack(site, visit)
    case 'clearing':
      return {
        drawing: 'mug',
        heading: headings.clearing,
        sentences: [next, html`${words.close}`],
      }
    case 'closing':
      if (page === 'success') return tellConfirming(site, visit)
      return { drawing: 'mug', heading: headings.closing, sentences: [next], button: seeDrop(site, order) }
    case 'expired':
      return {
        drawing: 'shelf',
        heading: words.ended[order.endedBy ?? 'clock'],
        sentences: [next],
        button: seeDrop(site, order),
      }
    case 'paid':
      return {
        drawing: 'jar',
        heading: headings.paid,
        sentences: [next, html`${words.closePaid}`],
      }
    case 'shipped':
      return { drawing: 'parcel', heading: headings.shipped, sentences: [next] }
    case 'arrived':
    case 'released':
    case 'release_blocked':
      return { drawing: 'parcel', heading: headings.arrived, sentences: [next] }
    case 'refunding':
      return { drawing: 'jar', heading: headings.refunding, sentences: [next] }
    case 'refunded':
      return { drawing: 'jar', heading: headings.refunded, sentences: [next] }
    default:
      return order.status satisfies never
  }
}

function seeDrop(site: Site, order: OrderView) {
  return { words: site.reader.words.order.seeDrop, href: `/drops/${order.drop.dropId}`, quiet: true }
}

function tellConfirming(site: Site, { order, token, look }: OrderVisit): Told {
  const { confirming, unconfirmed } = site.reader.words.order
  const again = `/success?order=${encodeURIComponent(token)}`
  if (look < MOST_LOOKS) {
    return {
      drawing: 'mug',
      heading: confirming.heading,
      sentences: [html`${confirming.sentence}`],
      lookAgain: { url: `${again}&look=${look + 1}`, seconds: LOOK_SECONDS },
    }
  }
  return {
    drawing: 'mug',
    heading: unconfirmed.heading,
    sentences: [
      html`${unconfirmed.sentence}`,
      ...(order.status === 'held' ? [unconfirmed.notPaid(moment(site, order.holdUntil))] : []),
    ],
    button: { words: unconfirmed.again, href: again, quiet: true },
  }
}

function tellPageInTheMaking(site: Site, { order, token, look }: OrderVisit): Told {
  const { making } = site.reader.words.order
  return {
    drawing: 'mug',
    heading: making.heading,
    sentences: [making.sentence(moment(site, order.holdUntil))],
    lookAgain: {
      url: `/pay/${encodeURIComponent(token)}?look=${look + 1}`,
      // A page that takes this long waits in a longer queue: no need to hurry it.
      seconds: look < MOST_LOOKS ? LOOK_SECONDS : 5 * LOOK_SECONDS,
    },
  }
}

function tellHeld(site: Site, { holdUntil, payUrl }: OrderView): Told {
  const { held } = site.reader.words.order
  return {
    drawing: 'mug',
    heading: held.heading,
    sentences: [held.sentence(moment(site, holdUntil))],
    ...(payUrl !== null && { button: { words: held.pay, href: payUrl } }),
  }
}

function tellTurnedBack(site: Site, { order, token }: OrderVisit): Told {
  const { turnedBack } = site.reader.words.order
  return {
    drawing: 'mug',
    heading: turnedBack.heading,
    sentences: [turnedBack.stays(moment(site, order.holdUntil)), html`${turnedBack.sentence}`],
    button: { words: turnedBack.pay, href: `/pay/${encodeURIComponent(token)}` },
  }
}

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
function renderTrail(site: Site, status: OrderStatus): Html | '' {
  const at = STANDS_AT[status]
  if (at === undefined) return ''
  return html`<ol class="trail">${site.reader.words.order.trail.map(
    (words, i) =>
      html`<li class="${i <= at ? 'trail__done' : ''}"${i === at && html` aria-current="step"`}>${words}</li>`,
  )}</ol>`
}
