import { readFileSync } from 'node:fs'
import { AppError, type ChannelView } from '#contract'
import {
  type FakeCore,
  makeBuilder,
  makeDrop,
  makeId,
  makeOrder,
  NOW,
  paidTooLate,
  startFakeCore,
} from './fake-core.ts'
import { makeReceipt, makeStatement } from './sample-papers.ts'

const STILL_LIFE = readFileSync(new URL('still-life.webp', import.meta.url)).toString('base64')
const HOUR = 60 * 60_000
const by = (userId: string, name: string) => ({ userId, name })
const moss = by('100000000000000102', 'Moss')
const alder = by('100000000000000105', 'Alder & Daughters')
const mossLive: ChannelView = {
  channelId: '4102',
  login: 'mossmakes',
  displayName: 'MossMakes',
  url: 'https://www.twitch.tv/mossmakes',
  linkedAt: NOW - 900 * HOUR,
  verified: { at: NOW - HOUR, until: NOW + 2_000 * HOUR },
  live: { since: NOW - HOUR, title: 'Glazing the last of the tea bowls', game: 'Makers & Crafting' },
}

const mossTells = {
  about:
    'I pour candles and weave linen in a cottage behind the quarry,\none batch at a time.\n\nEverything waits a month on the shelf before I let it go. <b>Slow</b> is the point.',
  link: 'https://www.mossworks.example/workshop',
}

/** A shop with a drop in every state, and an order in every state under the link `<status>`. */
export function startShopWindow(): Promise<FakeCore> {
  const drops = [
    makeDrop(1),
    makeDrop(2, {
      title: 'Beeswax candles, pair',
      story: 'Poured on a Sunday, cured for a month.',
      price: { amount: 1850, currency: 'usd' },
      quantity: 8,
      available: 5,
      held: 1,
      sold: 2,
      builder: moss,
      channel: mossLive,
    }),
    makeDrop(3, {
      title: 'Wool blanket in the colours of an October hedge, woven on a floor loom',
      price: { amount: 18_000, currency: 'usd' },
      quantity: 1,
      available: 0,
      held: 1,
      builder: alder,
    }),
    makeDrop(4, {
      title: 'Linen tea towel',
      price: { amount: 2400, currency: 'usd' },
      quantity: 40,
      available: 31,
      held: 2,
      sold: 7,
      builder: moss,
      picture: null,
    }),
    makeDrop(5, { title: 'Walnut spoon', available: 0, held: 0, sold: 3, status: 'closed' }),
    makeDrop(6, {
      title: 'Moon jar, small',
      quantity: 2,
      available: 0,
      held: 0,
      sold: 2,
      status: 'closed',
      builder: moss,
    }),
    makeDrop(7, {
      title: 'Felted slippers',
      available: 3,
      held: 0,
      status: 'closed',
      closesAt: NOW - HOUR,
    }),
    makeDrop(8, {
      title: 'Raku tea bowl, straight from the kiln',
      status: 'scheduled',
      openedAt: NOW + 5 * HOUR,
      opensAt: NOW + 5 * HOUR,
      opensWithStream: true,
      reminders: 12,
      available: 3,
      held: 0,
      builder: moss,
      channel: mossLive,
    }),
    makeDrop(9, {
      title: 'Seed packets, printed by hand',
      status: 'scheduled',
      openedAt: NOW + 50 * HOUR,
      opensAt: NOW + 50 * HOUR,
      available: 3,
      held: 0,
      picture: null,
    }),
    makeDrop(10, {
      title: 'Hazel basket',
      status: 'closed',
      opensAt: NOW + HOUR,
      available: 3,
      held: 0,
      builder: alder,
    }),
    makeDrop(11, { title: 'Ash stool', status: 'paused', available: 3, held: 0, settlement: 'at_payment' }),
  ]
  const orders = {
    held: makeOrder(),
    making: makeOrder(),
    clearing: makeOrder({ status: 'clearing' }),
    closing: makeOrder({ status: 'closing' }),
    expired: makeOrder({ status: 'expired', endedBy: 'clock' }),
    letgo: makeOrder({ status: 'expired', endedBy: 'buyer' }),
    paid: makeOrder({ status: 'paid', paidAt: NOW }),
    shipped: makeOrder({
      status: 'shipped',
      paidAt: NOW,
      shipment: { carrier: 'Royal Mail', trackingNumber: 'AB 1234 5678 9GB', shippedAt: NOW + HOUR },
    }),
    arrived: makeOrder({ status: 'arrived', paidAt: NOW }),
    released: makeOrder({ status: 'released', paidAt: NOW }),
    release_blocked: makeOrder({ status: 'release_blocked', paidAt: NOW }),
    refunding: makeOrder(paidTooLate('refunding', makeOrder().total)),
    refunded: makeOrder(paidTooLate('refunded', makeOrder().total)),
  }
  const orderOf = (token: string) => {
    const order = Object.hasOwn(orders, token) ? orders[token as keyof typeof orders] : undefined
    if (!order) throw new AppError('link_invalid')
    return order
  }
  return startFakeCore({
    listDrops: ({ status, limit }) => ({
      drops: drops.filter((drop) => drop.status === status).slice(0, limit),
      cursor: null,
    }),
    getDrop({ dropId }) {
      const drop = drops.find((one) => one.dropId === dropId)
      if (!drop) throw new AppError('drop_not_found')
      return drop
    },
    getPicture({ pictureId }) {
      if (!drops.some((drop) => drop.picture?.pictureId === pictureId)) throw new AppError('not_found')
      return { base64: STILL_LIFE }
    },
    identify({ userId }) {
      const known = drops.find((drop) => drop.builder.userId === userId)
      if (!known) return { builder: null, channel: null }
      const status = userId === alder.userId ? 'suspended' : 'approved'
      return {
        builder: {
          person: known.builder,
          status,
          joinedAt: NOW - 900 * HOUR,
          isSetUp: true,
          ...(userId === moss.userId ? mossTells : { about: '', link: null }),
        },
        channel: userId === moss.userId ? mossLive : null,
      }
    },
    ordersOfVisitor({ session, cursor }) {
      if (session === 'nobody') return { orders: [], cursor: null }
      if (session !== 'poppy') throw new AppError('login_needed')
      const all = Object.values(orders).map((order, i) => ({ ...order, orderId: makeId('ord', i) }))
      return cursor ? { orders: all.slice(6), cursor: null } : { orders: all.slice(0, 6), cursor: 'six' }
    },
    orderOfVisitor({ session, orderId }) {
      if (session !== 'poppy') throw new AppError('login_needed')
      const order = Object.values(orders).find((_, i) => makeId('ord', i) === orderId)
      if (!order) throw new AppError('order_not_found')
      return order.status === 'held' ? { ...order, payUrl: 'https://shop.example/pay/held' } : order
    },
    openPayment: ({ token }) => ({
      order: orderOf(token),
      url: token === 'held' ? 'https://checkout.stripe.example/c/pay/cs_1' : null,
    }),
    orderForReturn: ({ token }) => orderOf(token),
    receipt({ token }) {
      if (token === 'held') throw new AppError('not_paid')
      if (token === 'shipped') return makeReceipt()
      if (token === 'paid') return makeReceipt({ order: orderOf('paid'), refunds: [], held: null })
      throw new AppError('link_invalid')
    },
    statement({ token, month }) {
      if (token === 'ready') return makeStatement({ month })
      if (token !== 'new') throw new AppError('link_invalid')
      const nothing = { lines: [], transfers: [], totals: [], debt: [], earlier: null, later: null }
      return makeStatement({ month, complete: false, ...nothing })
    },
    exportCsv({ token, kind, month }) {
      if (token !== 'ready') throw new AppError('link_invalid')
      return { filename: `c500-${kind}${month ? `-${month}` : ''}.csv`, csv: 'at,amount\r\n' }
    },
    readTwitchLink({ token }) {
      if (token !== 'owner' && token !== 'other' && token !== 'nobody') throw new AppError('link_invalid')
      return { builder: moss, visitor: token, channel: token === 'owner' ? mossLive : null }
    },
    finishTwitchLink: () => mossLive,
    returnFromOnboarding({ token }) {
      if (token === 'ready') return makeBuilder()
      if (token === 'incomplete')
        return makeBuilder({ payouts: 'incomplete', requirements: ['Your date of birth'] })
      throw new AppError('link_invalid')
    },
  })
}
