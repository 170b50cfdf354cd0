import { CaseId, type OperatorCall, OrderId } from '#contract'
import { operatorsConcern } from '../domain/case.ts'
import type { Effect } from '../domain/effect.ts'
import type { Order } from '../domain/order.ts'
import type { Deps } from './deps.ts'
import { toBuilderView, toOrderView } from './views.ts'

type Reads = Pick<Deps, 'store' | 'clock' | 'settings'>

/** So many of the oldest orders that wait for the same are looked at. */
const OTHERS_LOOKED_AT = 25

/**
 * Tell the operators that an order, a case or a builder waits for them, as that stands now. What has stopped waiting is
 * not told, and what cannot be told still waits in their queue. Where one cause makes many orders wait, the oldest speaks
 * for all.
 */
export async function callOperators(
  deps: Reads & Pick<Deps, 'messenger'>,
  { subject }: Effect,
): Promise<null> {
  const call = await toCall(deps, subject)
  if (call) await deps.messenger.push('callOperators', call)
  return null
}

async function toCall(deps: Reads, subject: string): Promise<OperatorCall | null> {
  if (OrderId.safeParse(subject).success) {
    const order = (await deps.store.get('orders', subject))?.value
    if (!order?.attention || (await isSpokenFor(deps, order))) return null
    const { attention, dispute } = order
    const view = toOrderView(order, 'builder', deps.settings)
    const answerBy = attention === 'dispute' ? (dispute?.dueBy ?? null) : null
    return { callId: `${subject}:${attention}`, about: 'order', attention, order: view, answerBy }
  }
  if (CaseId.safeParse(subject).success) {
    const found = (await deps.store.get('cases', subject))?.value
    const concern = found ? operatorsConcern(found) : null
    return concern ? { callId: `${subject}:${concern}`, about: 'case', caseId: subject } : null
  }
  const builder = (await deps.store.get('builders', subject))?.value
  if (builder?.status !== 'applied') return null
  const view = toBuilderView(builder, deps.settings, deps.clock.now())
  return { callId: `${subject}:applied`, about: 'application', builder: view }
}

/** A lost account blocks every share of its builder, and a fault in our books may touch many orders. */
async function isSpokenFor({ store }: Reads, { orderId, builderId, attention }: Order): Promise<boolean> {
  if (attention !== 'drift' && attention !== 'release_blocked') return false
  const { documents } = await store.find('orders', {
    where: { attention },
    orderBy: 'createdAt',
    direction: 'asc',
    limit: OTHERS_LOOKED_AT,
  })
  const first = documents.find(({ value }) => attention === 'drift' || value.builderId === builderId)
  return first !== undefined && first.id !== orderId
}
