import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type APIInteraction, ComponentType, InteractionResponseType } from 'discord-api-types/v10'
import { pino } from 'pino'
import {
  AppError,
  type CallOptions,
  type CoreClient,
  type DraftView,
  type DropView,
  ERROR_CODES,
} from '#contract'
import { handle } from './handle.ts'
import type { FollowUps, Reply } from './interactions/visit.ts'
import { type MessageWithFiles, toBody } from './replies/message.ts'
import { assertModalWithinLimits } from './testing/limits.ts'
import {
  AS_OPERATOR,
  CASE_ID,
  command,
  DRAFT_ID,
  DROP_ID,
  fakeCore,
  GUILD_ID,
  JUNIPER,
  NOW,
  OLIVE,
  ORDER_ID,
  PICTURE,
  POPPY,
  press,
  sampleBuilder,
  sampleCase,
  sampleChannel,
  sampleDashboard,
  sampleDraft,
  sampleDrop,
  sampleMoney,
  sampleOrder,
  sampleOrderId,
  sampleProfile,
  submit,
  WEBP_BASE64,
} from './testing/samples.ts'
import { SENTENCE } from './words.ts'

const HOUR = 3_600_000
const LATER = { when: 'later', inHours: 3 } as const
const WAITING = sampleDrop({ status: 'scheduled', opensAt: NOW + 3 * HOUR, opensWithStream: true })
const FORM = { title: 'Moss mug', story: 'Rainy **day**', price: '24', quantity: '3' }

function ask(
  interaction: APIInteraction,
  answers: Partial<CoreClient>,
  options: { budgetMs?: number; log?: string[] } = {},
) {
  const config = {
    answerBudgetMs: options.budgetMs ?? 5_000,
    dropsChannelId: '100000000000000010',
    guildId: GUILD_ID,
    webUrl: 'http://127.0.0.1:8501',
  }
  const log = pino({ level: 'warn' }, { write: (line: string) => void options.log?.push(line) })
  return handle(interaction, { core: fakeCore(answers), config, log, now: () => NOW })
}

/** Everything said after the first answer, in order. */
async function afterwards(reply: Reply) {
  const said: { how: keyof FollowUps; message: MessageWithFiles }[] = []
  await reply.after?.({
    editAnswer: async (message) => void said.push({ how: 'editAnswer', message }),
    followUp: async (message) => void said.push({ how: 'followUp', message }),
  })
  return said
}

function assertPrivate(reply: Reply, ...patterns: RegExp[]) {
  const { first } = reply
  assert.ok(first.type === InteractionResponseType.ChannelMessageWithSource)
  assert.equal(first.data.flags, 64)
  assert.deepEqual(first.data.allowed_mentions, { parse: [] })
  for (const pattern of patterns) assert.match(JSON.stringify(first.data), pattern)
}

function assertUpdate(reply: Reply, ...patterns: RegExp[]) {
  const { first } = reply
  assert.ok(first.type === InteractionResponseType.UpdateMessage)
  assert.deepEqual(first.data?.attachments, [])
  assert.deepEqual(first.data.allowed_mentions, { parse: [] })
  for (const pattern of patterns) assert.match(JSON.stringify(first.data), pattern)
}

function modalOf(reply: Reply) {
  assert.ok(reply.first.type === InteractionResponseType.Modal)
  assertModalWithinLimits(reply.first.data)
  return reply.first.data
}

test('/c500 drop opens the form at once, without asking core, and keeps its options', async () => {
  const modal = modalOf(await ask(command('drop'), {}))
  assert.equal(modal.custom_id, 'v1:drop:new:72:1')
  const options = [
    { name: 'closes_in_hours', type: 4 as const, value: 5 },
    { name: 'per_person', type: 4 as const, value: 2 },
  ]
  assert.equal(modalOf(await ask(command('drop', options), {})).custom_id, 'v1:drop:new:5:2')
})

test('/c500 drop keeps when it opens: later, or with a stream and at the latest then', async () => {
  const opens = (value: number) => ({ name: 'opens_in_hours', type: 10 as const, value })
  const stream = { name: 'with_stream', type: 5 as const, value: true }
  const idOf = async (options: Parameters<typeof command>[1]) =>
    modalOf(await ask(command('drop', options), {})).custom_id
  assert.equal(await idOf([opens(1.5)]), 'v1:drop:new:72:1:later_1.5')
  assert.equal(await idOf([opens(6), stream]), 'v1:drop:new:72:1:stream_6')
  assert.equal(await idOf([stream]), 'v1:drop:new:72:1:stream_72')
  assert.equal(await idOf([{ ...stream, value: false }]), 'v1:drop:new:72:1')

  const forms: unknown[] = []
  const createDrop = async (input: { form: { opens?: unknown } }) => {
    forms.push(input.form.opens)
    return sampleDraft({ form: { ...FORM, closesInHours: 72, perPerson: 1, opens: LATER } })
  }
  const reply = await ask(submit('v1:drop:new:72:1:stream_6', FORM), { createDrop })
  const [said] = await afterwards(reply)
  assert.deepEqual(forms, [{ when: 'with_stream', inHoursAtTheLatest: 6 }])
  assert.match(JSON.stringify(said?.message), new RegExp(`<t:${Math.floor((NOW + 3 * HOUR) / 1000)}:R>`))
  const mended = await ask(press(`v1:fix:${DRAFT_ID}`), {
    getDraft: async () => sampleDraft({ form: { ...FORM, closesInHours: 72, perPerson: 1, opens: LATER } }),
  })
  assert.match(modalOf(mended).custom_id, /:later_3$/)
})

test('a drop that waits for a stream which cannot come is not lost: another way is offered', async () => {
  const publishDrop = async () => {
    throw new AppError('channel_missing')
  }
  const reply = await ask(press(`v1:publish:${DRAFT_ID}:stream`), { publishDrop })
  assertPrivate(reply, /link-twitch/, /draft is kept/, new RegExp(`v1:publish:${DRAFT_ID}:at_once`))
  const asked: unknown[] = []
  const atOnce = await ask(press(`v1:publish:${DRAFT_ID}:at_once`), {
    publishDrop: async (input) => {
      asked.push(input)
      return sampleDrop()
    },
  })
  assertPrivate(atOnce, /is live in/)
  assert.deepEqual(asked, [{ userId: POPPY.userId, draftId: DRAFT_ID, atOnce: true }])
})

test('a drop published for a stream says when it opens, or that its builder is on air', async () => {
  const publish = (drop: DropView) =>
    ask(press(`v1:publish:${DRAFT_ID}:stream`), { publishDrop: async () => drop })
  assertPrivate(await publish(WAITING), /announced/, /Juniper goes live, at the latest/)
  assertPrivate(await publish(sampleDrop()), /on air already, so it opened at once/)
})

test('Remind me answers privately, and can be taken back', async () => {
  const asked: unknown[] = []
  const remind = async (input: { on: boolean }) => {
    asked.push(input)
    return { drop: WAITING, on: input.on }
  }
  assertPrivate(
    await ask(press(`v1:remind:${DROP_ID}`), { remind }),
    /I tell you when/,
    new RegExp(`v1:forget:${DROP_ID}`),
  )
  assertPrivate(
    await ask(press(`v1:forget:${DROP_ID}`), { remind }),
    /keep quiet/,
    new RegExp(`v1:remind:${DROP_ID}`),
  )
  assert.deepEqual(asked, [
    { person: POPPY, dropId: DROP_ID, on: true },
    { person: POPPY, dropId: DROP_ID, on: false },
  ])
  const late = await ask(press(`v1:remind:${DROP_ID}`), {
    remind: async () => ({ drop: sampleDrop(), on: false }),
  })
  assertPrivate(late, /open already/, new RegExp(`v1:buy:${DROP_ID}`))
})

test('Get in line answers privately with the place, and can be taken back; a refused Buy now leads there', async () => {
  const asked: unknown[] = []
  const joinWaitlist = async (input: { on: boolean }) => {
    asked.push(input)
    return { drop: sampleDrop({ available: 0, held: 3 }), place: input.on ? 4 : null }
  }
  assertPrivate(
    await ask(press(`v1:getinline:${DROP_ID}`), { joinWaitlist }),
    /number 4 in line/,
    new RegExp(`v1:leaveline:${DROP_ID}`),
  )
  assertPrivate(
    await ask(press(`v1:leaveline:${DROP_ID}`), { joinWaitlist }),
    /not in line/,
    new RegExp(`v1:getinline:${DROP_ID}`),
  )
  assert.deepEqual(asked, [
    { person: POPPY, dropId: DROP_ID, on: true },
    { person: POPPY, dropId: DROP_ID, on: false },
  ])
  const createCheckout = () => Promise.reject(new AppError('all_held'))
  // In a rush most people hear this: core is asked nothing more.
  assertPrivate(
    await ask(press(`v1:buy:${DROP_ID}`), { createCheckout }),
    /All held right now/,
    new RegExp(`v1:getinline:${DROP_ID}`),
  )
})

test('who wants to buy too early is told when it opens', async () => {
  const reply = await ask(press(`v1:buy:${DROP_ID}`), {
    createCheckout: async () => {
      throw new AppError('not_open_yet')
    },
    getDrop: async () => WAITING,
  })
  assertPrivate(
    reply,
    /not open yet/,
    new RegExp(`<t:${Math.floor((NOW + 3 * HOUR) / 1000)}:f>`),
    /v1:remind:/,
  )
})

test('a builder sees how a waiting drop stands, opens it, or calls it off', async () => {
  const getDrop = async () => ({ ...WAITING, reminders: 12 })
  const steps = new RegExp(`v1:opennow:${DROP_ID}.*v1:calloff:${DROP_ID}`)
  assertPrivate(await ask(press(`v1:opening:${DROP_ID}`), { getDrop }), /12 people/, steps)
  const openDropNow = async () => sampleDrop()
  assertPrivate(await ask(press(`v1:opennow:${DROP_ID}`), { openDropNow }), /is open/)
  const callOffDrop = async () => ({ ...WAITING, status: 'closed' as const })
  assertPrivate(await ask(press(`v1:calloff:${DROP_ID}`), { callOffDrop }), /called off/)
})

test('a sent form is acknowledged at once and becomes a preview with its picture', async () => {
  const calls: { input: unknown; options?: CallOptions }[] = []
  const interaction = submit('v1:drop:new:5:2', FORM, {
    files: [{ url: 'https://cdn.example/a.png', filename: 'a.png', size: 9 }],
  })
  const reply = await ask(interaction, {
    createDrop: async (input, options = {}) => {
      calls.push({ input, options })
      return sampleDraft({ picture: PICTURE })
    },
    getPicture: async () => ({ base64: WEBP_BASE64 }),
  })
  assert.deepEqual(reply.first, { type: 5, data: { flags: 64 } })
  const [said] = await afterwards(reply)
  assert.deepEqual(calls[0]?.input, {
    builder: POPPY,
    draftId: null,
    form: { ...FORM, closesInHours: 5, perPerson: 2 },
    picture: { url: 'https://cdn.example/a.png', filename: 'a.png', size: 9 },
  })
  assert.equal(calls[0]?.options?.idempotencyKey, interaction.id)
  assert.equal(calls[0]?.options?.timeoutMs, 60_000)
  assert.equal(said?.message.pictures?.[0]?.alt, 'A mug')
  const shown = JSON.stringify(said?.message)
  assert.match(shown, /attachment:\/\/drop\.webp/)
  assert.match(shown, /\$21\.60/)
  assert.match(shown, /v1:publish:dft_.*v1:fix:dft_/)
})

test('a form with problems gets one message with every sentence and the way back', async () => {
  const problems = [
    { field: 'price' as const, sentence: 'A price looks like 24.00.' },
    { field: 'title' as const, sentence: 'A title needs a few letters.' },
  ]
  const reply = await ask(submit('v1:drop:new:72:1', FORM), {
    createDrop: async () => sampleDraft({ problems, preview: null }),
  })
  const [said] = await afterwards(reply)
  assert.match(JSON.stringify(said?.message), /24\.00.*few letters.*v1:fix:dft_/)
})

test('a mended form rewrites the message it came from', async () => {
  const reply = await ask(submit(`v1:drop:${DRAFT_ID}:72:1`, FORM, { private: true }), {
    createDrop: async (input) => {
      assert.equal(input.draftId, DRAFT_ID)
      return sampleDraft()
    },
  })
  assert.deepEqual(reply.first, { type: 6 })
  assert.deepEqual(
    (await afterwards(reply)).map((said) => said.how),
    ['editAnswer'],
  )
})

test('a form that core could not take shows what was written', async () => {
  const reply = await ask(submit('v1:drop:new:72:1', FORM), {
    createDrop: () => Promise.reject(new AppError('unavailable')),
  })
  const [said] = await afterwards(reply)
  assert.match(JSON.stringify(said?.message), /catching its breath.*Rainy.*Moss mug/)
})

test('a person who is no builder yet gets their own link', async () => {
  for (const code of ['builder_not_found', 'builder_not_ready'] as const) {
    const joinBuilder = async () =>
      sampleBuilder({ payouts: 'none', onboardingUrl: 'http://127.0.0.1:8501/join/abc' })
    const created = await ask(submit('v1:drop:new:72:1', FORM), {
      createDrop: () => Promise.reject(new AppError(code)),
      joinBuilder,
    })
    assert.match(JSON.stringify(await afterwards(created)), /join\/abc/)
    const published = await ask(press(`v1:publish:${DRAFT_ID}`, { private: true }), {
      publishDrop: () => Promise.reject(new AppError(code)),
      joinBuilder,
    })
    assertPrivate(published, /join\/abc/)
  }
})

test('Fix it opens the form as it was typed and says that the picture is kept', async () => {
  const form = { ...sampleDraft().form, price: 'abc', closesInHours: 9, perPerson: 3 }
  const modal = modalOf(
    await ask(press(`v1:fix:${DRAFT_ID}`), {
      getDraft: async () => sampleDraft({ form, picture: PICTURE, preview: null }),
    }),
  )
  assert.equal(modal.custom_id, `v1:drop:${DRAFT_ID}:9:3`)
  assert.match(JSON.stringify(modal), /"value":"abc".*Leave empty to keep the picture/)
})

test('Describe the picture opens a form with the words so far, and shows the preview with the new ones', async () => {
  const words = 'A green mug on a shelf'
  const open = (picture: DraftView['picture']) =>
    ask(press(`v1:describe:${DRAFT_ID}`, { private: true }), {
      getDraft: async () => sampleDraft({ picture }),
    })
  const form = modalOf(await open({ ...PICTURE, alt: words, described: true }))
  assert.equal(form.custom_id, `v1:describe:${DRAFT_ID}:${PICTURE.pictureId}`)
  assert.match(JSON.stringify(form), new RegExp(`"value":"${words}"`))
  assert.doesNotMatch(JSON.stringify(modalOf(await open(PICTURE))), /"value"/, 'the title is no description')
  assertPrivate(await open(null), /picture of this draft has changed/)

  const asked: unknown[] = []
  const interaction = submit(form.custom_id, { description: words }, { private: true })
  const reply = await ask(interaction, {
    describePicture: async (input, options) => {
      asked.push(input, options?.idempotencyKey)
      return sampleDraft({ picture: { ...PICTURE, alt: words, described: true } })
    },
    getPicture: async () => ({ base64: WEBP_BASE64 }),
  })
  assert.deepEqual(reply.first, { type: 6 })
  const [said] = await afterwards(reply)
  const { pictureId } = PICTURE
  assert.deepEqual(asked, [
    { userId: POPPY.userId, draftId: DRAFT_ID, pictureId, description: words },
    interaction.id,
  ])
  assert.equal(said?.how, 'editAnswer')
  assert.equal(said.message.pictures?.[0]?.alt, words)
  assert.match(JSON.stringify(said.message), new RegExp(`cannot see it","value":"${words}".*v1:publish`))
})

test('a description that core did not take is not lost', async () => {
  for (const code of ['text_too_long', 'picture_gone', 'unavailable'] as const) {
    const sent = submit(`v1:describe:${DRAFT_ID}:${PICTURE.pictureId}`, { description: 'A green mug' })
    const reply = await ask(sent, { describePicture: () => Promise.reject(new AppError(code)) })
    const [said] = await afterwards(reply)
    assert.match(JSON.stringify(said?.message), /A green mug.*v1:describe:dft_/, code)
  }
})

test('Publish turns the preview into the news that it is live', async () => {
  const reply = await ask(press(`v1:publish:${DRAFT_ID}`, { private: true }), {
    publishDrop: async () => sampleDrop(),
  })
  assertUpdate(reply, /is live in <#100000000000000010>/)
})

test('Buy now answers privately until when it is held, with a way to pay and a way out', async () => {
  const interaction = press(`v1:buy:${DROP_ID}`)
  const reply = await ask(interaction, {
    createCheckout: async (input, options) => {
      assert.deepEqual(input, { buyer: POPPY, dropId: DROP_ID })
      assert.equal(options?.idempotencyKey, interaction.id)
      return { order: sampleOrder(), already: false }
    },
  })
  assertPrivate(
    reply,
    /Held for you until <t:1800001800:t>/,
    /\$24\.00/,
    /"url":"http:[^"]*token"/,
    /v1:letgo:ord_/,
  )
})

test('when core is slow the click is acknowledged first and answered later', async () => {
  const slow = Promise.withResolvers<{ order: ReturnType<typeof sampleOrder>; already: boolean }>()
  const reply = await ask(press(`v1:buy:${DROP_ID}`), { createCheckout: () => slow.promise }, { budgetMs: 1 })
  assert.deepEqual(reply.first, { type: 5, data: { flags: 64 } })
  slow.resolve({ order: sampleOrder(), already: true })
  const [said] = await afterwards(reply)
  assert.equal(said?.how, 'editAnswer')
  assert.match(JSON.stringify(said.message), /You already hold one.*Held for you until/)
})

test('a late refusal of a change leaves the pressed message alone', async () => {
  const slow = Promise.withResolvers<never>()
  const pressed = press(`v1:letgo:${ORDER_ID}`, { private: true })
  const reply = await ask(pressed, { cancelHold: () => slow.promise }, { budgetMs: 1 })
  assert.deepEqual(reply.first, { type: 6 })
  slow.reject(new AppError('hold_paid'))
  const [said] = await afterwards(reply)
  assert.equal(said?.how, 'followUp')
  assert.match(JSON.stringify(said.message), /already paid/)
})

test('Let it go rewrites the private answer and offers to pay no more', async () => {
  const reply = await ask(press(`v1:letgo:${ORDER_ID}`, { private: true }), {
    cancelHold: async () => sampleOrder({ status: 'closing' }),
  })
  assertUpdate(reply, /You let it go/)
  assert.doesNotMatch(JSON.stringify(reply.first), /letgo|"url"/)
})

test('every refusal of core is a kind private sentence', async () => {
  const presses: readonly (readonly [string, keyof CoreClient])[] = [
    [`v1:buy:${DROP_ID}`, 'createCheckout'],
    [`v1:getinline:${DROP_ID}`, 'joinWaitlist'],
    [`v1:leaveline:${DROP_ID}`, 'joinWaitlist'],
    [`v1:letgo:${ORDER_ID}`, 'cancelHold'],
    [`v1:arrived:${ORDER_ID}`, 'confirmArrival'],
    [`v1:order:${ORDER_ID}`, 'getOrder'],
    [`v1:fix:${DRAFT_ID}`, 'getDraft'],
    [`v1:describe:${DRAFT_ID}`, 'getDraft'],
    ['v1:profile', 'profile'],
    ['v1:about', 'profile'],
    ['v1:dashboard', 'dashboard'],
    ['v1:money', 'money'],
    ['v1:join', 'joinBuilder'],
    [`v1:case:${CASE_ID}`, 'getCase'],
  ]
  for (const [customId, route] of presses) {
    for (const code of ERROR_CODES) {
      const reply = await ask(press(customId, { private: true }), {
        [route]: () => Promise.reject(new AppError(code)),
      })
      assertPrivate(reply)
      assert.ok(
        JSON.stringify(reply.first).includes(JSON.stringify(SENTENCE[code]).slice(1, -1)),
        `${route} ${code}`,
      )
    }
  }
})

test('what nobody expected gets a reference that is in the log, and the log holds no token', async () => {
  const log: string[] = []
  const interaction = press('v1:profile')
  const reply = await ask(interaction, { profile: () => Promise.reject(new TypeError('boom')) }, { log })
  const reference = BigInt(interaction.id).toString(36)
  assertPrivate(reply, new RegExp(`Reference: \`${reference}\``))
  assert.match(log.join(''), new RegExp(`boom.*${reference}|${reference}.*boom`))
  assert.doesNotMatch(log.join(''), /secret-token/)
})

test('a forged or unknown button or form gets a kind sentence', async () => {
  for (const customId of ['', 'v1:buy:drp_1', 'v9:buy:x', `v1:shipment:${ORDER_ID}`, 'v1:pickship']) {
    assertPrivate(await ask(press(customId, { values: ['nonsense'] }), {}), /do not know that one/)
  }
  assertPrivate(await ask(submit('v1:drop:new', FORM), {}), /do not know that one/)
  assertPrivate(await ask(command('gift'), {}), /do not know that one/)
})

test('a channel is linked by a private link and let go after one question', async () => {
  const startTwitchLink = async () => ({ url: 'https://shop.example/link/twitch?t=x', expiresAt: NOW })
  assertPrivate(
    await ask(command('link-twitch'), { startTwitchLink }),
    /bandwidth test[\s\S]*link\/twitch\?t=x/,
  )
  assertPrivate(await ask(press('v1:linktwitch'), { startTwitchLink }), /link\/twitch\?t=x/)
  const identity = { builder: null, channel: sampleChannel() }
  const question = await ask(command('unlink-twitch'), { identify: async () => identity })
  assertPrivate(question, /Let the channel go[\s\S]*v1:unlinkyes/)
  const none = { identify: async () => ({ ...identity, channel: null }) }
  assertPrivate(await ask(command('unlink-twitch'), none), /No Twitch channel of yours/)
  const unlinkTwitch = async () => sampleBuilder()
  assertPrivate(await ask(press('v1:unlinkyes'), { unlinkTwitch }), /no longer linked/)
})

test('is this really them? A member is told apart by what core knows', async () => {
  const verify = (status: 'applied' | 'approved' | 'paused' | 'suspended', isSetUp = true) =>
    ask(command('verify', [{ name: 'member', type: 6, value: JUNIPER.userId }]), {
      async identify(input) {
        assert.deepEqual(input, { userId: JUNIPER.userId })
        return {
          builder: { person: JUNIPER, status, joinedAt: NOW, isSetUp, about: '', link: null },
          channel: sampleChannel(),
        }
      },
    })
  assertPrivate(
    await verify('approved'),
    /Yes\*\*, a builder[\s\S]*Verified live[\s\S]*builders\/\d+\/verify/,
  )
  assertPrivate(await verify('paused'), /selling is \*\*paused/)
  assertPrivate(await verify('suspended'), /buy nothing from them/)
  assertPrivate(await verify('applied'), /Not a builder/)
  assertPrivate(await verify('approved', false), /Not yet\*\*: they have begun to join/)
  assertPrivate(await verify('suspended', false), /buy nothing from them/)
})

test('Mark shipped opens the parcel form, from a button and from the menu', async () => {
  assert.equal(modalOf(await ask(press(`v1:ship:${ORDER_ID}`), {})).custom_id, `v1:shipment:${ORDER_ID}`)
  const picked = await ask(press('v1:pickship', { values: [ORDER_ID] }), {})
  assert.equal(modalOf(picked).custom_id, `v1:shipment:${ORDER_ID}`)
})

test('a sent parcel form is confirmed', async () => {
  const reply = await ask(submit(`v1:shipment:${ORDER_ID}`, { carrier: 'Royal Mail', tracking: 'AB 1' }), {
    markShipped: async (input) => {
      assert.deepEqual(input, {
        userId: POPPY.userId,
        orderId: ORDER_ID,
        carrier: 'Royal Mail',
        trackingNumber: 'AB 1',
      })
      const shipment = { carrier: 'Royal Mail', trackingNumber: 'AB 1', shippedAt: NOW }
      return sampleOrder({ status: 'shipped', shipment })
    },
  })
  assertPrivate(reply, /Marked as shipped/, /Royal Mail, AB 1/)
})

test('a parcel that was not taken shows what was typed and reopens the form', async () => {
  for (const code of ['tracking_invalid', 'unavailable'] as const) {
    const reply = await ask(submit(`v1:shipment:${ORDER_ID}`, { carrier: 'Pigeon', tracking: 'coo' }), {
      markShipped: () => Promise.reject(new AppError(code)),
    })
    assertPrivate(reply, /Pigeon/, /coo/, /v1:ship:ord_/)
  }
})

test('It arrived is confirmed privately', async () => {
  const reply = await ask(press(`v1:arrived:${ORDER_ID}`), {
    confirmArrival: async () => sampleOrder({ status: 'arrived' }),
  })
  assertPrivate(reply, /builder is being paid/)
})

test('a profile shows every order with its next step', async () => {
  const orders = [
    sampleOrder(),
    sampleOrder({ orderId: sampleOrderId(2), status: 'shipped' }),
    sampleOrder({ orderId: sampleOrderId(3), status: 'released' }),
  ]
  const profile = async () => sampleProfile({ orders })
  assertPrivate(
    await ask(command('profile'), { profile }),
    /"label":"Pay: Moss mug"/,
    /v1:arrived:ord_/,
    /v1:pickorder/,
  )
  assertUpdate(await ask(press('v1:profile', { private: true }), { profile }))
  assertPrivate(await ask(press('v1:profile'), { profile }))
})

test('a builder finds their own words on their profile, and changes them in a form', async () => {
  const about = 'I make mugs.'
  const builder = sampleBuilder({ about, link: 'https://juniper.example/' })
  const profile = async () => sampleProfile({ builder })
  assertPrivate(
    await ask(command('profile'), { profile }),
    /I make mugs/,
    /v1:about/,
    /"url":"https:\/\/juniper/,
  )
  const empty = async () => sampleProfile({ builder: sampleBuilder() })
  assertPrivate(await ask(command('profile'), { profile: empty }), /Nothing yet. Who are you/)
  const buyers = await ask(command('profile'), { profile: async () => sampleProfile() })
  assert.doesNotMatch(JSON.stringify(buyers.first), /Your story|v1:about/)

  const form = modalOf(await ask(press('v1:about'), { profile }))
  assert.match(JSON.stringify(form), /"value":"I make mugs\."[\s\S]*"value":"https:\/\/juniper\.example\/"/)
  assertPrivate(
    await ask(press('v1:about'), { profile: async () => sampleProfile() }),
    /not a builder here yet/,
  )

  const asked: unknown[] = []
  const interaction = submit('v1:about', { about: 'I make bowls.', link: '' }, { private: true })
  const changeAbout: CoreClient['changeAbout'] = async (input, options) => {
    asked.push(input, options?.idempotencyKey)
    return builder
  }
  assertUpdate(await ask(interaction, { changeAbout, profile }), /I make mugs/)
  const { userId } = POPPY
  assert.deepEqual(asked, [{ userId, about: 'I make bowls.', link: '' }, interaction.id])
})

test('words of a builder that core did not take are shown again', async () => {
  for (const code of ['address_invalid', 'text_too_long', 'unavailable'] as const) {
    const sent = submit('v1:about', { about: 'I make mugs.', link: 'juniper' }, { private: true })
    const reply = await ask(sent, { changeAbout: () => Promise.reject(new AppError(code)) })
    assertPrivate(reply, /I make mugs.*juniper.*v1:about/)
  }
})

test('a dashboard shows where to send what, and the money', async () => {
  const toShip = [sampleOrder({ status: 'paid', shipTo: 'Poppy\n1 Meadow Lane' })]
  const dashboard = async () =>
    sampleDashboard({ toShip, moneyHeld: [{ amount: 2160, currency: 'usd' }], drops: [sampleDrop()] })
  assertPrivate(
    await ask(command('dashboard'), { dashboard }),
    /Meadow Lane/,
    /\$21\.60/,
    /v1:ship:ord_/,
    /3 of 3 left/,
  )
})

test('one order is shown to its buyer and its builder with their own buttons', async () => {
  const option = [{ name: 'order', type: 3 as const, value: ORDER_ID }]
  const getOrder = async () => sampleOrder()
  assertPrivate(await ask(command('order', option), { getOrder }), /v1:letgo:ord_/)
  const asBuilder = await ask(press('v1:pickorder', { values: [ORDER_ID], as: JUNIPER.userId }), {
    getOrder: async () => sampleOrder({ status: 'paid' }),
  })
  assertPrivate(asBuilder, /v1:ship:ord_/)
  const typed = [{ name: 'order', type: 3 as const, value: 'my mug' }]
  assertPrivate(await ask(command('order', typed), {}), /pick one of your orders/)
})

test('orders are suggested by title, and a silent core only means fewer suggestions', async () => {
  const focused = (value: string) => [{ name: 'order', type: 3 as const, value, focused: true }]
  const orders = [
    sampleOrder(),
    sampleOrder({ orderId: sampleOrderId(2), drop: { dropId: DROP_ID, title: 'Scarf', picture: null } }),
  ]
  const found = await ask(command('order', focused('mug'), 4), {
    profile: async () => sampleProfile({ orders }),
  })
  assert.deepEqual(found.first, {
    type: 8,
    data: { choices: [{ name: 'Moss mug · from Juniper · held', value: ORDER_ID }] },
  })
  assert.deepEqual((await ask(command('order', focused(''), 4), {})).first, {
    type: 8,
    data: { choices: [] },
  })
})

test('/c500 join gives the link and /c500 help names the commands', async () => {
  const builder = sampleBuilder({ payouts: 'incomplete', onboardingUrl: 'https://x.example/j' })
  assertPrivate(await ask(command('join'), { joinBuilder: async () => builder }), /x\.example\/j/)
  assertPrivate(await ask(command('help'), {}), /c500 dashboard/)
})

test('money is paged with the cursor core gave', async () => {
  const cursors: (string | null)[] = []
  const money: CoreClient['money'] = async ({ cursor }) => {
    cursors.push(cursor)
    return sampleMoney({ cursor: cursor === null ? '[1800000000000,"ord_x:y"]' : null })
  }
  const first = await ask(command('money'), { money })
  const [older = ''] = JSON.stringify(first.first).match(/v1:money:[\w-]+/) ?? []
  assertUpdate(await ask(press(older, { private: true }), { money }), /Your money/)
  assert.deepEqual(cursors, [null, '[1800000000000,"ord_x:y"]'])
})

test('Give money back asks how much and why, and core hears both', async () => {
  const form = modalOf(await ask(press(`v1:giveback:${ORDER_ID}`), {}))
  assert.equal(form.custom_id, `v1:giveback:${ORDER_ID}`)
  const sent = submit(form.custom_id, { amount: '5', reason: 'A chip' })
  const reply = await ask(sent, {
    refundOrder: async (input, options) => {
      assert.deepEqual(input, { userId: POPPY.userId, orderId: ORDER_ID, amount: '5', reason: 'A chip' })
      assert.equal(options?.idempotencyKey, sent.id)
      return sampleOrder({ status: 'paid' })
    },
  })
  assertPrivate(reply, /The money is going back/)
  for (const code of [
    'refund_too_large',
    'too_many_refunds',
    'amount_invalid',
    'reason_missing',
    'release_in_progress',
  ] as const) {
    const refused = await ask(submit(form.custom_id, { amount: '99', reason: 'A chip' }), {
      refundOrder: () => Promise.reject(new AppError(code)),
    })
    assertPrivate(refused, /99.*A chip.*v1:giveback:ord_/)
  }
})

test('whoever goes back into a form that was not taken finds their words in it', async () => {
  const words = 'Two *pieces*, [a](b) \\ @everyone\n# and\n1. more'
  const refuse = () => Promise.reject(new AppError('unavailable'))
  const op = (...press: string[]) => ['v1', 'op', ...press].join(':')
  const forms: [string, Parameters<typeof submit>[1], Partial<CoreClient>][] = [
    [`v1:giveback:${ORDER_ID}`, { amount: '99', reason: words }, { refundOrder: refuse }],
    [`v1:shipment:${ORDER_ID}`, { carrier: 'Post', tracking: '' }, { markShipped: refuse }],
    ['v1:about', { about: words, link: 'juniper' }, { changeAbout: refuse }],
    [`v1:wrong:${ORDER_ID}`, { text: words }, { openCase: refuse }],
    [`v1:add:${CASE_ID}`, { text: words }, { addToCase: refuse }],
    [`v1:describe:${DRAFT_ID}:${PICTURE.pictureId}`, { description: 'A mug' }, { describePicture: refuse }],
    [op('refund', ORDER_ID), { amount: '99', reason: words }, { refundAsOperator: refuse }],
    [op('release', ORDER_ID), { reason: words }, { releaseAsOperator: refuse }],
    [op('evidence', ORDER_ID), { reason: words }, { submitEvidence: refuse }],
    [op('standing', JUNIPER.userId, 'paused'), { reason: words }, { decideBuilder: refuse }],
    [
      op('terms', JUNIPER.userId),
      { settlement: ['at_payment'], fee: '7.5', start: '2026-12-01', reason: words },
      { setTerms: refuse },
    ],
    [op('decide', CASE_ID, 'part_refund'), { amount: '1', reason: words }, { decideCase: refuse }],
    [op('decide', CASE_ID, 'refund'), { reason: words }, { decideCase: refuse }],
    [op('selling', 'pause', 'all'), { reason: words }, { pauseSelling: refuse }],
    [op('mend'), { reason: words }, { mendMoney: refuse }],
  ]
  for (const [customId, typed, answers] of forms) {
    const as = customId.startsWith('v1:op') ? AS_OPERATOR : {}
    const refused = await ask(submit(customId, typed, as), answers)
    const [late] = await afterwards(refused)
    const message = late ? toBody(late.message) : 'data' in refused.first ? refused.first.data : undefined
    const { embeds = [], components = [] } = JSON.parse(JSON.stringify(message))
    const again = await ask(press(components[0].components[0].custom_id, { ...as, embeds }), {
      profile: async () => sampleProfile({ builder: sampleBuilder() }),
      getDraft: async () => sampleDraft({ picture: PICTURE }),
    })
    const found = modalOf(again).components.flatMap((part) => {
      if (!('component' in part)) return []
      const input = part.component
      if (input.type === ComponentType.TextInput) return [[input.custom_id, input.value ?? '']]
      if (input.type !== ComponentType.StringSelect) return []
      return [[input.custom_id, input.options.flatMap((option) => (option.default ? [option.value] : []))]]
    })
    assert.deepEqual(Object.fromEntries(found), typed, customId)
  }
})

test('Something is wrong opens a case with words and pictures, and shows who has until when', async () => {
  const form = modalOf(await ask(press(`v1:wrong:${ORDER_ID}`), {}))
  const files = [1, 2].map((n) => ({ url: `https://cdn.example/${n}.png`, filename: `${n}.png`, size: n }))
  const sent = submit(form.custom_id, { text: 'Two *pieces*' }, { upload: 'pictures', files })
  const reply = await ask(sent, {
    openCase: async (input, options) => {
      assert.deepEqual(input, { buyer: POPPY, orderId: ORDER_ID, text: 'Two *pieces*', pictures: files })
      assert.equal(options?.idempotencyKey, sent.id)
      assert.equal(options?.timeoutMs, 60_000)
      return sampleCase()
    },
  })
  assert.deepEqual(reply.first, { type: 5, data: { flags: 64 } })
  const [said] = await afterwards(reply)
  const shown = JSON.stringify(said?.message)
  assert.match(shown, /2 pictures could not be read.*to answer.*v1:add:cas_/)
})

test('words for a case that core did not take are shown again', async () => {
  const answers = { openCase: () => Promise.reject(new AppError('unavailable')) }
  const kept = await ask(submit(`v1:wrong:${ORDER_ID}`, { text: 'Two pieces' }), answers)
  assert.match(JSON.stringify(await afterwards(kept)), /catching its breath.*Two pieces.*v1:wrong:ord_/)
  const over = await ask(submit(`v1:wrong:${ORDER_ID}`, { text: 'Two pieces' }), {
    openCase: () => Promise.reject(new AppError('case_too_late')),
  })
  assert.match(JSON.stringify(await afterwards(over)), /This order is over/)
})

test('what is added to a case is told to core as whom: a person, or an operator', async () => {
  for (const [from, person, operator] of [
    [{}, POPPY, false],
    [AS_OPERATOR, OLIVE, true],
  ] as const) {
    const reply = await ask(submit(`v1:add:${CASE_ID}`, { text: 'Here' }, from), {
      addToCase: async (input) => {
        assert.deepEqual(input, { person, operator, caseId: CASE_ID, text: 'Here', pictures: [] })
        return sampleCase()
      },
    })
    const shown = JSON.stringify(await afterwards(reply))
    assert.match(shown, /It is written down/)
    assert.equal(shown.includes('v1:op:decide'), operator)
  }
})
