import sharp from 'sharp'
import { AppError } from '#contract'
import { type FakeCore, makeBuilder, makeDrop, makeId, makeOrder, NOW, startFakeCore } from './fake-core.ts'

const HOUR = 60 * 60_000
const by = (userId: string, name: string) => ({ userId, name })
const moss = by('100000000000000102', 'Moss')
const alder = by('100000000000000105', 'Alder & Daughters')

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
  ]
  const orders = {
    held: makeOrder(),
    making: makeOrder(),
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
    refunding: makeOrder({ status: 'refunding', refundReason: 'paid_too_late', paidAt: NOW }),
    refunded: makeOrder({ status: 'refunded', refundReason: 'paid_too_late', paidAt: NOW }),
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
    async getPicture({ pictureId, size }) {
      const n = drops.findIndex((_, i) => makeId('pic', i + 1) === pictureId)
      if (n < 0) throw new AppError('not_found')
      return { base64: (await paint(n, size === 'card' ? 640 : 1600)).toString('base64') }
    },
    openPayment: ({ token }) => ({
      order: orderOf(token),
      url: token === 'held' ? 'https://checkout.stripe.example/c/pay/cs_1' : null,
    }),
    orderForReturn: ({ token }) => orderOf(token),
    returnFromOnboarding({ token }) {
      if (token === 'ready') return makeBuilder()
      if (token === 'incomplete') return makeBuilder({ payouts: 'incomplete' })
      throw new AppError('link_invalid')
    },
  })
}

const SCENES = [
  ['#ead7c4', '#8fb7a3', '#f6efe6', '#c98f6b'],
  ['#f3e3b8', '#d9a441', '#fff4d6', '#8a5a2b'],
  ['#d8c3c9', '#a8325e', '#c9784f', '#5d3a2e'],
  ['#cfdfe6', '#7fa3b8', '#eef4f6', '#54707f'],
  ['#e0cdb2', '#7a5234', '#a87448', '#4a3228'],
  ['#dcd3ea', '#f4f0e8', '#cfc6da', '#776a92'],
] as const

/** Something to look at in place of a photograph: a still life in soft light. */
function paint(n: number, width: number): Promise<Buffer> {
  const [wall, main, light, dark] = SCENES[n % SCENES.length] ?? SCENES[0]
  return sharp(
    Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 600">
<defs><linearGradient id="w" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="${light}"/><stop offset="1" stop-color="${wall}"/></linearGradient>
<radialGradient id="o" cx=".35" cy=".3" r=".9"><stop offset="0" stop-color="${light}"/><stop offset=".45" stop-color="${main}"/><stop offset="1" stop-color="${dark}"/></radialGradient></defs>
<rect width="800" height="600" fill="url(#w)"/><path d="M0 430h800v170H0z" fill="${dark}" opacity=".28"/>
<ellipse cx="430" cy="470" rx="200" ry="26" fill="${dark}" opacity=".35"/>
<path d="M270 220c70-12 190-12 260 0 10 90 0 180-40 240-50 16-130 16-180 0-40-60-50-150-40-240z" fill="url(#o)"/>
<ellipse cx="400" cy="220" rx="130" ry="20" fill="${dark}" opacity=".55"/>
<path d="M528 260c60-14 92 20 84 70-8 54-50 76-104 66" fill="none" stroke="${dark}" stroke-width="22" opacity=".7"/></svg>`),
  )
    .resize(width)
    .webp({ quality: 80 })
    .toBuffer()
}
