import { AppError, type Input, type Output, type RouteName } from '#contract'
import type { Builder } from '../domain/builder.ts'
import type { Case } from '../domain/case.ts'
import type { Draft } from '../domain/drop.ts'
import type { Order } from '../domain/order.ts'
import { readAudit } from '../usecases/audit.ts'
import {
  joinBuilder,
  openDashboard,
  openOnboarding,
  returnFromOnboarding,
} from '../usecases/builder-account.ts'
import { cancelHold } from '../usecases/cancel-hold.ts'
import { changeAbout } from '../usecases/change-about.ts'
import { confirmArrival } from '../usecases/confirm-arrival.ts'
import { createCheckout } from '../usecases/create-checkout.ts'
import { createDrop, getDraft } from '../usecases/create-drop.ts'
import type { Deps } from '../usecases/deps.ts'
import { describePicture } from '../usecases/describe-picture.ts'
import { exportAsBuilder, exportAsOperator } from '../usecases/exports.ts'
import { askForEvidence, readEvidence } from '../usecases/follow-dispute.ts'
import { addToCase, decideCase, getCase, openCase, roleIn } from '../usecases/handle-case.ts'
import {
  finishTwitchLink,
  openTwitchLink,
  readTwitchLink,
  startTwitchLink,
  unlinkTwitch,
} from '../usecases/link-twitch.ts'
import { beginLogin, finishLogin } from '../usecases/log-in.ts'
import { markShipped } from '../usecases/mark-shipped.ts'
import { callOffDrop, openDropNow } from '../usecases/open-drop.ts'
import { orderByLink, orderForReturn } from '../usecases/order-by-link.ts'
import { orderOfVisitor, ordersOfVisitor } from '../usecases/orders-of-visitor.ts'
import { publishDrop } from '../usecases/publish-drop.ts'
import { readDrop, readDrops, showDrop } from '../usecases/read-drops.ts'
import { identify, readDashboard, readMoney, readProfile, readQueue } from '../usecases/read-people.ts'
import { readReceipt, readStatement } from '../usecases/receipts.ts'
import { checkMoney, mendMoney } from '../usecases/reconcile-report.ts'
import { refundAsOperator, refundOrder, releaseAsOperator } from '../usecases/refund-order.ts'
import { remind } from '../usecases/remind.ts'
import { decideBuilder, pauseSelling, setTerms } from '../usecases/run-collective.ts'
import {
  type Reader,
  termsNow,
  toBuilderView,
  toCaseView,
  toDisputeView,
  toDraftView,
  toOrderView,
} from '../usecases/views.ts'
import { joinWaitlist, leaveWaitlist } from '../usecases/waitlist.ts'

/** What a handler knows of a call besides its input. */
export interface Call {
  /** Unique per intended write; empty for reads. */
  readonly idempotencyKey: string
}

export type Handlers = {
  readonly [N in RouteName]: (input: Input<N>, call: Call) => Promise<Output<N>>
}

/** One entry per route of the contract: a missing or misshaped one is a type error. */
export function createHandlers(deps: Deps, jobs: Pick<Handlers, 'runJobs'>): Handlers {
  const { settings } = deps
  const caseView = async (found: Case, reader: Reader) =>
    toCaseView(found, await getOrder(deps, found.orderId), reader, settings)
  const builderView = (builder: Builder) => toBuilderView(builder, settings, deps.clock.now())
  const draftView = async (draft: Draft) => {
    const builder = (await deps.store.get('builders', draft.builder.userId))?.value
    const feeBps = builder ? termsNow(builder, settings, deps.clock.now()).feeBps : settings.feeBps
    return toDraftView(draft, feeBps, settings)
  }
  return {
    joinBuilder: async (input) => builderView(await joinBuilder(deps, input)),
    openOnboarding: async (input) => ({ url: await openOnboarding(deps, input) }),
    openDashboard: async (input) => ({ url: await openDashboard(deps, input) }),
    returnFromOnboarding: async (input) => builderView(await returnFromOnboarding(deps, input)),
    changeAbout: async (input, { idempotencyKey }) =>
      builderView(await changeAbout(deps, { ...input, idempotencyKey })),

    createDrop: async (input, { idempotencyKey }) =>
      draftView(await createDrop(deps, { ...input, idempotencyKey })),
    getDraft: async (input) => draftView(await getDraft(deps, input)),
    describePicture: async (input, { idempotencyKey }) =>
      draftView(await describePicture(deps, { ...input, idempotencyKey })),
    publishDrop: async (input) => showDrop(deps, await publishDrop(deps, input)),
    openDropNow: async (input) => showDrop(deps, await openDropNow(deps, input)),
    callOffDrop: async (input) => showDrop(deps, await callOffDrop(deps, input)),
    async remind(input) {
      const { drop, on } = await remind(deps, input)
      return { drop: await showDrop(deps, drop), on }
    },
    async joinWaitlist({ on, ...input }) {
      const { drop, place } = await (on ? joinWaitlist : leaveWaitlist)(deps, input)
      return { drop: await showDrop(deps, drop), place }
    },
    getDrop: ({ dropId }) => readDrop(deps, dropId),
    listDrops: ({ status, limit, cursor }) =>
      readDrops(deps, {
        where: { status },
        orderBy: 'openedAt',
        direction: status === 'scheduled' ? 'asc' : 'desc',
        limit,
        cursor,
      }),

    async createCheckout(input, { idempotencyKey }) {
      const { order, already } = await createCheckout(deps, { ...input, idempotencyKey })
      return { order: toOrderView(order, 'buyer', settings), already }
    },
    cancelHold: async (input) => toOrderView(await cancelHold(deps, input), 'buyer', settings),
    markShipped: async (input) => toOrderView(await markShipped(deps, input), 'builder', settings),
    confirmArrival: async (input) => toOrderView(await confirmArrival(deps, input), 'buyer', settings),
    async getOrder({ userId, orderId }) {
      const order = await getOrder(deps, orderId)
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

    beginLogin: (input) => beginLogin(deps, input),
    finishLogin: (input) => finishLogin(deps, input),
    ordersOfVisitor: (input) => ordersOfVisitor(deps, input),
    orderOfVisitor: (input) => orderOfVisitor(deps, input),
    startTwitchLink: (input) => startTwitchLink(deps, input),
    readTwitchLink: (input) => readTwitchLink(deps, input),
    openTwitchLink: (input) => openTwitchLink(deps, input),
    finishTwitchLink: (input) => finishTwitchLink(deps, input),
    unlinkTwitch: async (input) => builderView(await unlinkTwitch(deps, input)),
    identify: ({ userId }) => identify(deps, userId),

    profile: (input) => readProfile(deps, input),
    dashboard: (input) => readDashboard(deps, input),

    money: (input) => readMoney(deps, input),
    refundOrder: async (input, { idempotencyKey }) =>
      toOrderView(await refundOrder(deps, { ...input, idempotencyKey }), 'builder', settings),
    receipt: (input) => readReceipt(deps, input),
    statement: (input) => readStatement(deps, input),
    exportCsv: (input) => exportAsBuilder(deps, input),

    openCase: async (input, { idempotencyKey }) =>
      caseView(await openCase(deps, { ...input, idempotencyKey }), 'buyer'),
    addToCase: async (input, { idempotencyKey }) => {
      const found = await addToCase(deps, { ...input, idempotencyKey })
      return caseView(found, found.builder.userId === input.person.userId ? 'builder' : 'buyer')
    },
    async getCase({ userId, operator, caseId }) {
      const found = await getCase(deps, caseId)
      const role = userId === null ? 'operator' : roleIn(found, userId, operator)
      return caseView(found, role === 'buyer' ? 'buyer' : 'builder')
    },

    operatorQueue: () => readQueue(deps),
    getOrderAsOperator: async ({ orderId }) =>
      toOrderView(await getOrder(deps, orderId), 'builder', settings),
    decideBuilder: async (input, { idempotencyKey }) =>
      builderView(await decideBuilder(deps, { ...input, idempotencyKey })),
    setTerms: async (input, { idempotencyKey }) =>
      builderView(await setTerms(deps, { ...input, idempotencyKey })),
    refundAsOperator: async (input, { idempotencyKey }) =>
      toOrderView(await refundAsOperator(deps, { ...input, idempotencyKey }), 'builder', settings),
    releaseAsOperator: async (input, { idempotencyKey }) =>
      toOrderView(await releaseAsOperator(deps, { ...input, idempotencyKey }), 'builder', settings),
    decideCase: async (input) => caseView(await decideCase(deps, input), 'builder'),
    pauseSelling: (input, { idempotencyKey }) => pauseSelling(deps, { ...input, idempotencyKey }),
    exportAsOperator: (input) => exportAsOperator(deps, input),
    checkMoney: () => checkMoney(deps),
    mendMoney: (input) => mendMoney(deps, input),
    async getDispute({ orderId }) {
      const { order, evidence, pictures } = await readEvidence(deps, orderId)
      return toDisputeView(order, { evidence, pictures }, settings)
    },
    async submitEvidence(input) {
      await askForEvidence(deps, input)
      const { order, evidence, pictures } = await readEvidence(deps, input.orderId)
      return toDisputeView(order, { evidence, pictures }, settings)
    },
    auditLog: ({ limit }) => readAudit(deps, limit),

    runJobs: jobs.runJobs,

    async getPicture({ pictureId, size, format }) {
      const bytes = await deps.media.read(pictureId, size, format)
      if (!bytes) throw new AppError('not_found', 'There is no such picture.')
      return { base64: Buffer.from(bytes).toString('base64') }
    },
  }
}

async function getOrder(deps: Pick<Deps, 'store'>, orderId: string): Promise<Order> {
  const order = (await deps.store.get('orders', orderId))?.value
  if (!order) throw new AppError('order_not_found')
  return order
}
