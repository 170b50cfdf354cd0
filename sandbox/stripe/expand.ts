import { viewTransaction } from './balance.ts'
import { refuse } from './errors.ts'
import type { Stand } from './stand.ts'

const MAX_DEPTH = 4

/**
 * Replace ids by the objects they name, along paths such as `payment_intent.latest_charge.balance_transaction`, or
 * `data.` and a path in lists. Returns a copy. Throws StripeError 400 for what cannot be expanded.
 */
export function expand(stand: Stand, answer: object, paths: readonly string[]): object {
  if (paths.length === 0) return answer
  const copy = structuredClone(answer) as Node
  for (const path of paths) {
    const parts = path.split('.')
    if (parts.length > MAX_DEPTH + (parts[0] === 'data' ? 1 : 0))
      throw refuse(`You cannot expand more than ${MAX_DEPTH} levels of a property.`, undefined, 'expand')
    walk(stand, copy, parts, path)
  }
  return copy
}

type Node = Record<string, unknown>

function walk(stand: Stand, node: Node, parts: readonly string[], path: string): void {
  const [name = '', ...rest] = parts
  const value = node[name] ?? included(stand, node, name)
  if (Array.isArray(value)) {
    for (const item of value) if (isNode(item)) walk(stand, item, rest, path)
    return
  }
  // Nothing there yet, such as the payment of an unpaid session: the property stays null.
  if (value === null) return
  const found = typeof value === 'string' ? structuredClone(lookUp(stand, value)) : value
  if (!isNode(found)) throw refuse(`This property cannot be expanded (${path}).`, undefined, 'expand')
  node[name] = found
  if (rest.length > 0) walk(stand, found, rest, path)
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null
}

/** Lists that are left out unless asked for. */
function included(stand: Stand, node: Node, name: string): unknown {
  const id = String(node.id)
  if (node.object === 'checkout.session' && name === 'line_items') {
    const data = stand.tables.sessions.get(id)?.lineItems ?? []
    return structuredClone({
      object: 'list',
      data,
      has_more: false,
      url: `/v1/checkout/sessions/${id}/line_items`,
    })
  }
  if (node.object === 'charge' && name === 'refunds') {
    const all = stand.tables.refunds
      .values()
      .filter((refund) => refund.charge === id)
      .toReversed()
    return {
      object: 'list',
      data: structuredClone(all.slice(0, 10)),
      has_more: all.length > 10,
      url: `/v1/charges/${id}/refunds`,
    }
  }
  return node[name]
}

function lookUp(stand: Stand, id: string): object | undefined {
  const { tables } = stand
  return (
    tables.intents.get(id) ??
    tables.charges.get(id)?.charge ??
    viewTransaction(stand, id) ??
    tables.transfers.get(id) ??
    tables.reversals.get(id) ??
    tables.disputes.get(id) ??
    tables.payouts.get(id)?.payout ??
    tables.fees.get(id) ??
    tables.feeRefunds.get(id) ??
    tables.refunds.get(id) ??
    tables.accounts.get(id) ??
    tables.sessions.get(id)?.session
  )
}
