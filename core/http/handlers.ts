import { AppError, type Input, type Output, type RouteName } from '#contract'
import { joinBuilder, openOnboarding, returnFromOnboarding } from '../usecases/builder-account.ts'
import { cancelHold } from '../usecases/cancel-hold.ts'
import { confirmArrival } from '../usecases/confirm-arrival.ts'
import { createCheckout } from '../usecases/create-checkout.ts'
import { createDrop, getDraft } from '../usecases/create-drop.ts'
import type { Deps } from '../usecases/deps.ts'
import { markShipped } from '../usecases/mark-shipped.ts'
import { orderByLink, orderForReturn } from '../usecases/order-by-link.ts'
import { publishDrop } from '../usecases/publish-drop.ts'
import { readDashboard, readProfile } from '../usecases/read-people.ts'
import { toBuilderView, toDraftView, toDropView, toOrderView } from '../usecases/views.ts'

/** What a handler knows of a call besides its input. */
export interface Call {
  /** Unique per intended write; empty for reads. */
  readonly idempotencyKey: string
}

export type Handlers = {
  readonly [N in RouteName]: (input: Input<N>, call: Call) => Promise<Output<N>>
}

/** One entry per route of the contract: a missing or misshaped one is a type error. */
export function createHandlers(deps: Deps): Handlers {
  const { settings } = deps
  return {
    joinBuilder: async (input) => toBuilderView(await joinBuilder(deps, input), settings),
    openOnboarding: async (input) => ({ url: await openOnboarding(deps, input) }),
    returnFromOnboarding: async (input) => toBuilderView(await returnFromOnboarding(deps, input), settings),

    createDrop: async (input, { idempotencyKey }) =>
      toDraftView(await createDrop(deps, { ...input, idempotencyKey }), settings),
    getDraft: async (input) => toDraftView(await getDraft(deps, input), settings),
    publishDrop: async (input) => toDropView(await publishDrop(deps, input)),
    async getDrop({ dropId }) {
      const drop = await deps.store.get('inventory', dropId)
      if (!drop) throw new AppError('drop_not_found')
      return toDropView(drop.value)
    },
    async listDrops({ status, limit, cursor }) {
      const page = await deps.store.find('inventory', {
        where: { status },
        orderBy: 'openedAt',
        direction: 'desc',
        limit,
        cursor,
      })
      return { drops: page.documents.map(({ value }) => toDropView(value)), cursor: page.cursor }
    },

    async createCheckout(input, { idempotencyKey }) {
      const { order, already } = await createCheckout(deps, { ...input, idempotencyKey })
      return { order: toOrderView(order, 'buyer', settings), already }
    },
    cancelHold: async (input) => toOrderView(await cancelHold(deps, input), 'buyer', settings),
    markShipped: async (input) => toOrderView(await markShipped(deps, input), 'builder', settings),
    confirmArrival: async (input) => toOrderView(await confirmArrival(deps, input), 'buyer', settings),
    async getOrder({ userId, orderId }) {
      const order = (await deps.store.get('orders', orderId))?.value
      if (!order) throw new AppError('order_not_found')
      if (order.buyerId === userId) return toOrderView(order, 'buyer', settings)
      if (order.builderId === userId) return toOrderView(order, 'builder', settings)
      throw new AppError('not_yours')
    },
    async openPayment(input) {
      const order = await orderByLink(deps, input)
      const url = order.status === 'held' ? (order.checkout?.url ?? null) : null
      return { order: toOrderView(order, 'buyer', settings), url }
    },
    orderForReturn: async (input) => toOrderView(await orderForReturn(deps, input), 'buyer', settings),

    profile: (input) => readProfile(deps, input),
    dashboard: (input) => readDashboard(deps, input),

    async getPicture({ pictureId, size }) {
      const bytes = await deps.media.read(pictureId, size)
      if (!bytes) throw new AppError('not_found', 'There is no such picture.')
      return { base64: Buffer.from(bytes).toString('base64') }
    },
  }
}
