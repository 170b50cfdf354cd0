import type {
  APIApplicationCommandInteractionDataBasicOption,
  APIAttachment,
  APIEmbed,
  APIInteraction,
} from 'discord-api-types/v10'
import {
  AppError,
  type BuilderView,
  type CaseEntry,
  type CaseView,
  type ChannelView,
  type CoreClient,
  type DashboardView,
  type DisputeView,
  type DraftView,
  type DropView,
  type MoneyReport,
  type MoneyView,
  type OperatorQueue,
  type OrderNotice,
  type OrderView,
  type ProfileView,
  ROUTES,
  type Terms,
} from '#contract'

/** Views and interactions as they really look, for tests of the bot. */
const id = (kind: string, n: number) => `${kind}_${String(n).padStart(26, '0')}`
const usd = (amount: number) => ({ amount, currency: 'usd' })

export const JUNIPER = { userId: '100000000000000101', name: 'Juniper' }
export const OLIVE = { userId: '100000000000000105', name: 'Olive' }
export const POPPY = { userId: '100000000000000103', name: 'Poppy' }
export const NOW = 1_800_000_000_000
export const DROP_ID = id('drp', 1)
export const DRAFT_ID = id('dft', 1)
export const ORDER_ID = id('ord', 1)
export const CASE_ID = id('cas', 1)
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
    settlement: 'on_arrival',
    openedAt: NOW,
    channel: null,
    closesAt: NOW + 3_600_000,
    opensAt: null,
    opensWithStream: false,
    reminders: 0,
    waiting: 0,
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
    left: { fee: usd(240), share: usd(2160) },
    stripeFee: null,
    settlement: 'on_arrival',
    createdAt: NOW,
    holdUntil: NOW + 1_800_000,
    payUrl: over.status === undefined ? 'http://127.0.0.1:8501/pay/token' : null,
    endedBy: null,
    refunded: usd(0),
    refunds: [],
    paidAt: null,
    shipment: null,
    arrivedAt: null,
    releasedAt: null,
    releasesAt: null,
    holdingEndsAt: null,
    frozenBy: null,
    caseId: null,
    receiptUrl: null,
    shipTo: null,
    ...over,
  }
}

export function sampleNotice(over: Partial<OrderNotice> = {}): OrderNotice {
  return {
    about: 'order',
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
    builder: sampleBuilder(),
    drops: [],
    toShip: [],
    onTheWay: [],
    moneyHeld: [],
    moneyReleased: [],
    ...over,
  }
}

export function sampleBuilder(over: Partial<BuilderView> = {}): BuilderView {
  return {
    builder: JUNIPER,
    status: 'approved',
    statusChange: { status: over.status ?? 'approved', at: NOW, by: null, reason: '' },
    terms: sampleTerms(),
    upcomingTerms: [],
    payouts: 'ready',
    requirements: [],
    checklist: [
      { step: 'profile', done: true, sentence: 'You joined as a builder.' },
      { step: 'payment_account', done: true, sentence: 'Your payment account is ready.' },
    ],
    onboardingUrl: null,
    dashboardUrl: 'http://127.0.0.1:8501/join/dashboard/token',
    statementUrl: 'http://127.0.0.1:8501/statement/token',
    channel: null,
    about: '',
    link: null,
    joinedAt: NOW,
    ...over,
  }
}

/** On air and verified, unless told. */
export function sampleChannel(over: Partial<ChannelView> = {}): ChannelView {
  return {
    channelId: '501',
    login: 'juniper_makes',
    displayName: 'Juniper_Makes',
    url: 'https://www.twitch.tv/juniper_makes',
    linkedAt: NOW,
    verified: { at: NOW, until: NOW + 1 },
    live: { since: NOW, title: 'Glazing mugs', game: 'Makers & Crafting' },
    ...over,
  }
}

/** The collective's own, unless told. */
export function sampleTerms(over: Partial<Terms> = {}): Terms {
  return { from: NOW, settlement: 'on_arrival', feeBps: 500, by: null, at: NOW, reason: '', ...over }
}

export function sampleMoney(over: Partial<MoneyView> = {}): MoneyView {
  return {
    builder: sampleBuilder(),
    lines: [],
    cursor: null,
    held: [],
    released: [],
    debt: usd(0),
    ...over,
  }
}

export function sampleRefund(over: Partial<OrderView['refunds'][number]> = {}): OrderView['refunds'][number] {
  return { amount: usd(500), reason: 'builder', note: 'A chip', status: 'asked', at: NOW, ...over }
}

export function sampleEntry(over: Partial<CaseEntry> = {}): CaseEntry {
  return { at: NOW, by: POPPY, role: 'buyer', text: 'It came in two pieces.', pictures: [], ...over }
}

export function sampleCase(over: Partial<CaseView> = {}): CaseView {
  return {
    caseId: CASE_ID,
    order: sampleOrder({ status: 'shipped', frozenBy: 'case', caseId: CASE_ID }),
    status: 'open',
    openedAt: NOW,
    answerBy: NOW + 48 * 3_600_000,
    decidesItself: null,
    entries: [sampleEntry()],
    silence: null,
    decision: null,
    threadId: null,
    ...over,
  }
}

export function sampleQueue(over: Partial<OperatorQueue> = {}): OperatorQueue {
  return {
    applications: [],
    cases: [],
    blocked: [],
    failedRefunds: [],
    disputes: [],
    drifts: [],
    nearHoldingLimit: [],
    moneyHeld: [],
    paused: false,
    ...over,
  }
}

export function sampleMismatch(
  over: Partial<MoneyReport['mismatches'][number]> = {},
): MoneyReport['mismatches'][number] {
  return {
    code: 'payment_not_here',
    orderId: ORDER_ID,
    sentence: 'Stripe says that Moss mug was paid $24.00.',
    likelyCause: 'A webhook was lost.',
    repair: 'Mending looks at Stripe again and books what it says.',
    mendable: true,
    ...over,
  }
}

export function sampleMoneyReport(over: Partial<MoneyReport> = {}): MoneyReport {
  return { at: NOW, orders: 12, moving: 0, total: 0, mismatches: [], balances: [], mended: 0, ...over }
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

export const GUILD_ID = '100000000000000001'
const MANAGE_GUILD = '32'
const ADMINISTRATOR = '8'
const MEMBER = '2147485696'

/** Who does something, and where. Poppy in the guild unless told; `as: 'operator'` is Olive, who may manage it. */
interface From {
  readonly as?: string
  /** Only what the person may do there; the guild's own members may do little. */
  readonly permissions?: string
  readonly guildId?: string | null
}

export const AS_OPERATOR = { as: OLIVE.userId, permissions: MANAGE_GUILD } as const
/** Everybody who looks like an operator and is none. */
export const NO_OPERATORS: readonly (From & { readonly who: string })[] = [
  { who: 'a buyer', permissions: MEMBER },
  { who: 'an operator of another server', ...AS_OPERATOR, guildId: '100000000000000999' },
  { who: 'an administrator of another server', permissions: ADMINISTRATOR, guildId: '100000000000000999' },
  { who: 'an operator in direct messages', as: OLIVE.userId, guildId: null },
]

let count = 0

function asked(from: From, rest: object): APIInteraction {
  count += 1
  const person = from.as === OLIVE.userId ? OLIVE : POPPY
  const user = {
    id: from.as ?? POPPY.userId,
    username: person.name.toLowerCase(),
    global_name: person.name,
    discriminator: '0',
    avatar: null,
  }
  const guildId = from.guildId === undefined ? GUILD_ID : from.guildId
  // Only what the bot reads; Discord sends much more.
  return {
    id: String(200_000_000_000_000_000n + BigInt(count)),
    application_id: '100000000000000002',
    token: `secret-token-${count}`,
    version: 1,
    ...(guildId === null
      ? { user }
      : { guild_id: guildId, member: { user, nick: null, permissions: from.permissions ?? MEMBER } }),
    ...rest,
  } as unknown as APIInteraction
}

type Option = Partial<APIApplicationCommandInteractionDataBasicOption>

export function command(name: string, options: readonly Option[] = [], type: 2 | 4 = 2): APIInteraction {
  return asked({}, { type, data: { id: '1', type: 1, name: 'c500', options: [{ type: 1, name, options }] } })
}

/** `path` is a subcommand, or a group and its subcommand with a space between. */
export function operatorCommand(
  path: string,
  options: readonly Option[] = [],
  from: From = AS_OPERATOR,
  type: 2 | 4 = 2,
): APIInteraction {
  const [first = '', second] = path.split(' ')
  const nested = second
    ? { type: 2, name: first, options: [{ type: 1, name: second, options }] }
    : { type: 1, name: first, options }
  return asked(from, { type, data: { id: '2', type: 1, name: 'c500-operator', options: [nested] } })
}

/** A press of a button, or a choice in a select when there are `values`. */
export function press(
  customId: string,
  from: From & {
    readonly private?: boolean
    readonly values?: readonly string[]
    /** Of the message it stands on. */
    readonly embeds?: readonly APIEmbed[]
  } = {},
): APIInteraction {
  return asked(from, {
    type: 3,
    data: {
      component_type: from.values ? 3 : 2,
      custom_id: customId,
      ...(from.values && { values: from.values }),
    },
    message: { id: '300000000000000001', flags: from.private ? 64 : 0, embeds: from.embeds ?? [] },
  })
}

/** A form that was sent. A value that is a list was chosen in a menu; `files` were put into the upload `upload`. */
export function submit(
  customId: string,
  values: Readonly<Record<string, string | readonly string[]>>,
  from: From & {
    readonly private?: boolean
    readonly upload?: string
    readonly files?: readonly Partial<APIAttachment>[]
  } = {},
): APIInteraction {
  const inputs = Object.entries(values).map(([custom_id, value]) => ({
    type: 18,
    component:
      typeof value === 'string' ? { type: 4, custom_id, value } : { type: 3, custom_id, values: value },
  }))
  const files = Object.fromEntries((from.files ?? []).map((file, at) => [String(900 + at), file]))
  const upload = {
    type: 18,
    component: { type: 19, custom_id: from.upload ?? 'picture', values: Object.keys(files) },
  }
  return asked(from, {
    type: 5,
    data: { custom_id: customId, components: [...inputs, upload], resolved: { attachments: files } },
    ...(from.private ? { message: { id: '300000000000000001', flags: 64 } } : {}),
  })
}

export function sampleDispute(over: Partial<DisputeView> = {}): DisputeView {
  return {
    order: sampleOrder({ status: 'shipped', frozenBy: 'dispute' }),
    status: 'open',
    amount: { amount: 2_400, currency: 'usd' },
    fee: { amount: 1_500, currency: 'usd' },
    reason: 'product_not_received',
    dueBy: NOW + 1_000,
    evidence: [{ field: 'shipping_carrier', text: 'Royal Mail' }],
    submitted: null,
    ...over,
  }
}
