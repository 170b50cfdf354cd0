import type { Builder } from '../domain/builder.ts'
import type { Drop } from '../domain/drop.ts'
import { newOrder, type Order } from '../domain/order.ts'

/** Documents as they really look, for tests of core. */
export const JUNIPER = { userId: '100000000000000101', name: 'Juniper' }
export const OLIVE = { userId: '100000000000000105', name: 'Olive' }
export const POPPY = { userId: '100000000000000103', name: 'Poppy' }

/** Approved, and can be paid. */
export function sampleBuilder(over: Partial<Builder> = {}): Builder {
  return {
    ...JUNIPER,
    status: 'approved',
    statusHistory: [],
    accountId: 'acct_1',
    transfers: true,
    detailsSubmitted: true,
    currentlyDue: [],
    terms: [],
    debt: 0,
    twitch: null,
    about: '',
    link: null,
    joinedAt: 1,
    ...over,
  }
}

/** On sale from 0 to 1,000 ms, three units for 24 dollars each. */
export function sampleDrop(over: Partial<Drop> = {}): Drop {
  return {
    dropId: 'drp_00000000000000000000000001',
    builder: JUNIPER,
    builderId: JUNIPER.userId,
    title: 'Mug',
    story: '',
    price: 2_400,
    currency: 'usd',
    feeBps: 500,
    terms: [],
    destination: null,
    quantity: 3,
    available: 3,
    held: 0,
    sold: 0,
    perPerson: 1,
    closed: false,
    pauses: [],
    waitsFor: null,
    status: 'open',
    openedAt: 0,
    closesAt: 1_000,
    reminders: 0,
    waitlist: { waiting: 0, lastNumber: 0 },
    picture: null,
    card: null,
    ...over,
  }
}

/** Held for Poppy from 0 to 1,000 ms. */
export function sampleOrder(over: Partial<Order> = {}, drop = sampleDrop()): Order {
  const held = { drop, buyer: POPPY, orderId: 'ord_00000000000000000000000001', holdUntil: 1_000 }
  return { ...newOrder(held, 0), ...over }
}
