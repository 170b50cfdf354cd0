import type {
  APIApplicationCommandInteractionDataBasicOption,
  APIAttachment,
  APIInteraction,
} from 'discord-api-types/v10'
import {
  AppError,
  type CoreClient,
  type DashboardView,
  type DraftView,
  type DropView,
  type Notice,
  type OrderView,
  type ProfileView,
  ROUTES,
} from '#contract'

/** Views and interactions as they really look, for tests of the bot. */
const id = (kind: string, n: number) => `${kind}_${String(n).padStart(26, '0')}`
const usd = (amount: number) => ({ amount, currency: 'usd' })

export const JUNIPER = { userId: '100000000000000101', name: 'Juniper' }
export const POPPY = { userId: '100000000000000103', name: 'Poppy' }
export const NOW = 1_800_000_000_000
export const DROP_ID = id('drp', 1)
export const DRAFT_ID = id('dft', 1)
export const ORDER_ID = id('ord', 1)
export const PICTURE = { pictureId: id('pic', 1), width: 800, height: 600, alt: 'A mug' }
/** The smallest WebP there is; one pixel. */
export const WEBP_BASE64 = 'UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA=='

export function sampleOrderId(n: number): string {
  return id('ord', n)
}

export function sampleDrop(over: Partial<DropView> = {}): DropView {
  return {
    dropId: DROP_ID,
    title: 'Moss mug',
    story: 'Thrown on a rainy day.',
    price: usd(2400),
    quantity: 3,
    available: 3,
    held: 0,
    sold: 0,
    perPerson: 1,
    status: 'open',
    openedAt: NOW,
    closesAt: NOW + 3_600_000,
    builder: JUNIPER,
    picture: null,
    card: null,
    ...over,
  }
}

export function sampleDraft(over: Partial<DraftView> = {}): DraftView {
  return {
    draftId: DRAFT_ID,
    form: {
      title: 'Moss mug',
      story: 'Thrown on a rainy day.',
      price: '24',
      quantity: '3',
      closesInHours: 72,
      perPerson: 1,
    },
    picture: null,
    problems: [],
    preview: {
      title: 'Moss mug',
      story: 'Thrown on a rainy day.',
      price: usd(2400),
      quantity: 3,
      share: usd(2160),
      fee: usd(240),
    },
    ...over,
  }
}

export function sampleOrder(over: Partial<OrderView> = {}): OrderView {
  return {
    orderId: ORDER_ID,
    status: 'held',
    drop: { dropId: DROP_ID, title: 'Moss mug', picture: null },
    buyer: POPPY,
    builder: JUNIPER,
    total: usd(2400),
    fee: usd(240),
    share: usd(2160),
    createdAt: NOW,
    holdUntil: NOW + 1_800_000,
    payUrl: over.status === undefined ? 'http://127.0.0.1:8501/pay/token' : null,
    endedBy: null,
    refundReason: null,
    paidAt: null,
    shipment: null,
    arrivedAt: null,
    releasedAt: null,
    shipTo: null,
    ...over,
  }
}

export function sampleNotice(over: Partial<Notice> = {}): Notice {
  return {
    noticeId: 'notice-1',
    userId: POPPY.userId,
    kind: 'buyer_paid',
    order: sampleOrder({ status: 'paid' }),
    at: NOW,
    ...over,
  }
}

export function sampleProfile(over: Partial<ProfileView> = {}): ProfileView {
  return { person: POPPY, orders: [], missed: [], builder: null, ...over }
}

export function sampleDashboard(over: Partial<DashboardView> = {}): DashboardView {
  return {
    builder: { builder: JUNIPER, payouts: 'ready', onboardingUrl: null, joinedAt: NOW },
    drops: [],
    toShip: [],
    onTheWay: [],
    moneyHeld: [],
    moneyReleased: [],
    ...over,
  }
}

/** A core that knows only the given answers; any other question is refused as `internal`. */
export function fakeCore(answers: Partial<CoreClient>): CoreClient {
  const refusals = Object.keys(ROUTES).map((name) => [
    name,
    () => Promise.reject(new AppError('internal', `${name} was not expected`)),
  ])
  // Every route is there, so the object is a whole client.
  return { ...(Object.fromEntries(refusals) as CoreClient), ...answers }
}

let count = 0

function asked(userId: string, rest: object): APIInteraction {
  count += 1
  const user = { id: userId, username: 'poppy', global_name: 'Poppy', discriminator: '0', avatar: null }
  // Only what the bot reads; Discord sends much more.
  return {
    id: String(200_000_000_000_000_000n + BigInt(count)),
    application_id: '100000000000000002',
    token: `secret-token-${count}`,
    version: 1,
    member: { user, nick: null },
    ...rest,
  } as unknown as APIInteraction
}

export function command(
  name: string,
  options: readonly Partial<APIApplicationCommandInteractionDataBasicOption>[] = [],
  type: 2 | 4 = 2,
): APIInteraction {
  return asked(POPPY.userId, {
    type,
    data: { id: '1', type: 1, name: 'c500', options: [{ type: 1, name, options }] },
  })
}

/** A press of a button, or a choice in a select when there are `values`. */
export function press(
  customId: string,
  from: { readonly private?: boolean; readonly values?: readonly string[]; readonly as?: string } = {},
): APIInteraction {
  return asked(from.as ?? POPPY.userId, {
    type: 3,
    data: {
      component_type: from.values ? 3 : 2,
      custom_id: customId,
      ...(from.values && { values: from.values }),
    },
    message: { id: '300000000000000001', flags: from.private ? 64 : 0 },
  })
}

export function submit(
  customId: string,
  values: Readonly<Record<string, string>>,
  from: { readonly private?: boolean; readonly file?: Partial<APIAttachment> } = {},
): APIInteraction {
  const texts = Object.entries(values).map(([custom_id, value]) => ({
    type: 18,
    component: { type: 4, custom_id, value },
  }))
  const upload = { type: 18, component: { type: 19, custom_id: 'picture', values: from.file ? ['9'] : [] } }
  return asked(POPPY.userId, {
    type: 5,
    data: {
      custom_id: customId,
      components: [...texts, upload],
      ...(from.file ? { resolved: { attachments: { 9: from.file } } } : {}),
    },
    ...(from.private ? { message: { id: '300000000000000001', flags: 64 } } : {}),
  })
}
