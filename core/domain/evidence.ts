import type { Case } from './case.ts'
import type { Order } from './order.ts'
import { cutTo } from './text.ts'

/** What a bank is shown in a dispute, by the names Stripe gives its evidence fields. Pictures go along as one file. */
export interface Evidence {
  readonly customer_name: string
  readonly product_description: string
  readonly shipping_address?: string
  readonly shipping_carrier?: string
  readonly shipping_tracking_number?: string
  /** YYYY-MM-DD, UTC. */
  readonly shipping_date?: string
  /** The order's whole story, and everything said and decided in its case. */
  readonly uncategorized_text: string
}

/** The ids of the pictures of a case, in the order of its story, which numbers them. */
export function evidencePictures(found: Case | null): readonly string[] {
  return (found?.entries ?? []).flatMap(({ pictures }) => pictures.map(({ pictureId }) => pictureId))
}

/** Stripe takes 20,000 characters; the end of a long story matters least. */
const STORY_MAX = 19_000

/** The evidence of an order as its own record and its case tell it, with a word of the operator's on top. */
export function prepareEvidence(order: Order, found: Case | null, note: string): Evidence {
  const { payment, shipment } = order
  const story = [
    note,
    `Order ${order.orderId}: ${order.title}, sold by ${order.builder.name} to ${order.buyer.name}.`,
    ...order.history.map(({ at, event }) => `${stamp(at)} ${event.replaceAll('_', ' ')}`),
    ...caseStory(found),
  ]
  return {
    customer_name: order.buyer.name,
    product_description: order.title,
    ...(payment?.shipTo && { shipping_address: payment.shipTo }),
    ...(shipment && {
      shipping_carrier: shipment.carrier,
      shipping_date: stamp(shipment.shippedAt).slice(0, 10),
    }),
    ...(shipment?.trackingNumber && { shipping_tracking_number: shipment.trackingNumber }),
    uncategorized_text: cutTo(story.filter(Boolean).join('\n'), STORY_MAX),
  }
}

function caseStory(found: Case | null): string[] {
  if (!found) return []
  let counted = 0
  const said = found.entries.map(({ at, by, role, text, pictures }) => {
    const numbers = pictures.map(() => ++counted)
    const shown = numbers.length > 0 ? ` (in the file: ${numbers.map((n) => `picture ${n}`).join(', ')})` : ''
    return `${stamp(at)} ${role} ${by.name}: ${text}${shown}`
  })
  const { decision } = found
  const decided = decision ? [`${stamp(decision.at)} decided: ${decision.decision}. ${decision.reason}`] : []
  const order = counted > 0 ? ' The file has its pictures, row by row from left to right.' : ''
  return [`What was said in the case.${order}`, ...said, ...decided]
}

const stamp = (at: number) => new Date(at).toISOString().slice(0, 16).replace('T', ' ')
