import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { BROADCASTERS, CHANNELS, GUILD, ROLES } from '../sandbox/cast.ts'
import type { SeenMessage } from '../sandbox/people.ts'
import { buttonsOf, type Player, textOf } from '../sandbox/player.ts'
import { joinAsBuilder, linkChannel, openDrop, seePrivate } from '../sandbox/scenes.ts'
import { linkBuilders } from './many-builders.ts'
import { createWorld, EVENTSUB_SECRET, minutes, type World, type WorldOptions } from './world.ts'

const SECOND = 1_000
const DAY = minutes(24 * 60)
const CHANNEL = BROADCASTERS.juniper
const NEW_SECRET = 'world-eventsub-new-secret'

interface Subscription {
  readonly id: string
  readonly type: string
  readonly status: string
  readonly cost: number
  readonly condition: Readonly<Record<string, string>>
}

/** Juniper, whose channel is linked, and what everybody sees of it. */
function withChannel(
  title: string,
  play: (shop: Awaited<ReturnType<typeof openChannel>>) => Promise<void>,
  options: WorldOptions = {},
): void {
  test(title, async () => {
    await using world = await createWorld(options)
    await play(await openChannel(world))
  })
}

async function openChannel(world: World) {
  const juniper = world.player('juniper')
  await joinAsBuilder(juniper)
  assert.equal((await linkChannel(juniper, CHANNEL.id)).status, 200)
  await world.settle()
  const act = async (what: string, body: object = {}) => {
    await world.twitchControl(`/local/users/${CHANNEL.id}/${what}`, body)
    await world.settle()
  }
  return {
    world,
    juniper,
    act,
    goLive: (body: object = {}) => act('live', body),
    goOffline: () => act('offline'),
    mood: (body: object) => world.twitchControl('/local/mood', body),
    twitchSettings: (body: object) => world.twitchControl('/local/settings', body),
    announcements: () => juniper.messages(CHANNELS.live.id),
    async theAnnouncement(): Promise<SeenMessage> {
      const all = await juniper.messages(CHANNELS.live.id)
      assert.equal(all.length, 1, all.map(textOf).join('\n---\n'))
      return all[0] ?? assert.fail()
    },
    channel: () => channelOf(world, juniper),
    roles: () => rolesOf(world, juniper),
    subscriptions: () => subscriptionsOf(world),
    /** Messages that core has not taken. */
    async unheard() {
      const { messages } = await summaryOf(world)
      return messages.filter(({ state }) => state !== 'delivered')
    },
  }
}

async function channelOf(world: World, builder: Player) {
  return (await world.client.identify({ userId: builder.id })).channel
}

/** Which of the two roles that the bot gives this member has. */
async function rolesOf(world: World, { id }: { readonly id: string }): Promise<string[]> {
  const response = await asBot(world, `/guilds/${GUILD.id}/members/${id}`)
  const { roles } = (await response.json()) as { roles: string[] }
  return [ROLES.live, ROLES.verified].filter((role) => roles.includes(role.id)).map(({ name }) => name)
}

function asBot(world: World, path: string, init: RequestInit = {}): Promise<Response> {
  const api = world.sandbox.discord?.url ?? assert.fail()
  return fetch(`${api}/v10${path}`, { ...init, headers: { authorization: 'Bot world.bot.token' } })
}

async function summaryOf(world: World) {
  const response = await fetch(`${world.twitch.url}/local/summary`)
  return (await response.json()) as { subscriptions: Subscription[]; messages: { state: string }[] }
}

async function subscriptionsOf(world: World): Promise<Subscription[]> {
  return (await summaryOf(world)).subscriptions
}

/** Types of those that Twitch will still tell us by. */
const heard = (subscriptions: readonly Subscription[]) =>
  subscriptions
    .filter(({ status }) => status === 'enabled')
    .map(({ type }) => type)
    .toSorted()
const ALL_THREE = ['stream.offline', 'stream.online', 'user.authorization.revoke']

describe('a linked channel that goes live', () => {
  withChannel('is verified, announced once, and everything that shows it follows', async (shop) => {
    const { world, juniper } = shop
    const card = await openDrop(juniper, { title: 'Moss-green mug' })
    const cardNow = async () => {
      const found = (await juniper.messages(CHANNELS.drops.id)).find(({ id }) => id === card.id)
      return found ?? assert.fail()
    }
    assert.deepEqual(await shop.roles(), [])
    assert.equal((await shop.channel())?.verified, null)

    await shop.goLive({ title: 'Glazing mugs', game: 'Makers & Crafting' })
    const news = await shop.theAnnouncement()
    assert.match(
      textOf(news),
      /● Juniper is live[\s\S]*Glazing mugs[\s\S]*Makers & Crafting[\s\S]*On air, started/,
    )
    assert.deepEqual(
      buttonsOf(news).map((button) => 'url' in button && button.url),
      [`https://www.twitch.tv/${CHANNEL.login}`],
    )
    assert.deepEqual(await shop.roles(), ['Live now', 'Verified live'])
    assert.match(textOf(await cardNow()), /● LIVE · A drop by Juniper · ✔ verified live/)
    assert.ok(buttonsOf(await cardNow()).some((button) => 'url' in button && /twitch/.test(button.url)))
    assert.match(textOf(await juniper.answer(juniper.c500('profile'))), /● \*\*LIVE\*\*[\s\S]*Verified live/)
    const poppy = world.player('poppy')
    const answer = await poppy.answer(poppy.c500('verify', { member: juniper.id }))
    assert.equal(answer.onlyFor, poppy.id)
    assert.match(
      textOf(answer),
      /builder of this collective[\s\S]*Juniper\\_Makes[\s\S]*LIVE[\s\S]*Verified live/,
    )

    await shop.goOffline()
    assert.match(textOf(await shop.theAnnouncement()), /is live/, 'a hiccup would look the same')
    await world.advance(minutes(2))
    const over = await shop.theAnnouncement()
    assert.match(textOf(over), /Juniper was live[\s\S]*Was live from/)
    assert.deepEqual(buttonsOf(over), [])
    assert.deepEqual(await shop.roles(), ['Verified live'])
    assert.doesNotMatch(textOf(await cardNow()), /LIVE/)
    assert.match(textOf(await cardNow()), /✔ verified live/)
  })

  withChannel(
    'is announced at once, and title and game are written in when Twitch knows them',
    async (shop) => {
      await shop.twitchSettings({ appearMs: 40 * SECOND })
      await shop.goLive({ title: 'Glazing mugs', game: 'Makers & Crafting' })
      assert.doesNotMatch(textOf(await shop.theAnnouncement()), /Glazing/)
      await shop.world.advance(15 * SECOND)
      assert.doesNotMatch(textOf(await shop.theAnnouncement()), /Glazing/)
      await shop.world.advance(30 * SECOND)
      assert.match(textOf(await shop.theAnnouncement()), /is live[\s\S]*Glazing mugs[\s\S]*Makers & Crafting/)
      assert.equal((await shop.channel())?.live?.title, 'Glazing mugs')
    },
  )

  withChannel('keeps its announcement when the connection flaps', async (shop) => {
    await shop.goLive()
    const before = (await shop.theAnnouncement()).id
    await shop.act('flap', { times: 3 })
    await shop.world.advance(minutes(3))
    const after = await shop.theAnnouncement()
    assert.equal(after.id, before)
    assert.match(textOf(after), /is live/)
    assert.deepEqual(await shop.roles(), ['Live now', 'Verified live'])
  })

  withChannel(
    'goes on in the same announcement after a short break, and begins anew after a long one',
    async (shop) => {
      const { world } = shop
      await shop.goLive({ title: 'Morning' })
      await shop.goOffline()
      await world.advance(minutes(5))
      assert.match(textOf(await shop.theAnnouncement()), /was live/)
      await shop.goLive({ title: 'Still morning' })
      assert.match(textOf(await shop.theAnnouncement()), /is live[\s\S]*Still morning/)
      await shop.goOffline()
      await world.advance(minutes(15))
      await shop.goLive({ title: 'Evening' })
      const all = (await shop.announcements()).map(textOf)
      assert.equal(all.length, 2)
      assert.match(all[0] ?? '', /was live/)
      assert.match(all[1] ?? '', /is live[\s\S]*Evening/)
    },
  )

  for (const mode of ['twice', 'twice_new_id']) {
    withChannel(`is announced once though Twitch tells it twice (${mode})`, async (shop) => {
      await shop.mood({ mode })
      await shop.goLive()
      await shop.theAnnouncement()
      await shop.goOffline()
      await shop.world.advance(minutes(3))
      assert.match(textOf(await shop.theAnnouncement()), /was live/)
    })
  }

  withChannel('ends as it is, whatever order the news comes in', async (shop) => {
    const { world } = shop
    await shop.mood({ mode: 'hold' })
    await shop.goLive()
    await world.advance(minutes(1))
    await shop.goOffline()
    await shop.mood({ order: 'reversed' })
    await world.settle()
    const ended = await shop.channel()
    assert.equal(ended?.live, null)
    assert.ok(ended?.verified, 'it was live all the same')
    assert.deepEqual(await shop.announcements(), [], 'and that is no news any more')

    await world.advance(minutes(60))
    await shop.mood({ mode: 'hold' })
    await shop.goLive({ title: 'First' })
    await world.advance(minutes(1))
    await shop.goOffline()
    await world.advance(minutes(1))
    await shop.goLive({ title: 'Second' })
    await shop.mood({ order: 'reversed' })
    await world.settle()
    await world.advance(minutes(3))
    assert.equal((await shop.channel())?.live?.title, 'Second')
    assert.match(textOf(await shop.theAnnouncement()), /is live[\s\S]*Second/)
    assert.deepEqual(await shop.roles(), ['Live now', 'Verified live'])
  })

  withChannel('is announced once though core is restarted at any point', async (shop) => {
    const { world } = shop
    await world.twitchControl(`/local/users/${CHANNEL.id}/live`, {})
    await world.twitch.idle()
    // Told and stored; nothing of what follows was done.
    await world.restartCore()
    await world.settle()
    await shop.theAnnouncement()
    await world.restartCore()
    await world.restartBot()
    await world.advance(minutes(11))
    assert.match(textOf(await shop.theAnnouncement()), /is live/)
    await shop.goOffline()
    await world.restartCore()
    await world.advance(minutes(3))
    assert.match(textOf(await shop.theAnnouncement()), /was live/)
  })

  withChannel('is verified and not announced when it is found long after it began', async (shop) => {
    const { world } = shop
    await shop.mood({ mode: 'lose' })
    await shop.goLive()
    assert.equal((await shop.channel())?.live, null, 'nobody told us')
    await shop.twitchSettings({ appearMs: minutes(35) })
    await world.advance(minutes(36))
    await world.advance(minutes(10))
    const channel = await shop.channel()
    assert.ok(channel?.live && channel.verified)
    assert.deepEqual(await shop.announcements(), [])
    assert.deepEqual(await shop.roles(), ['Live now', 'Verified live'])
  })

  withChannel('is found by the list when the news is lost, its beginning and its end', async (shop) => {
    const { world } = shop
    await shop.mood({ mode: 'lose' })
    await shop.goLive({ title: 'Glazing mugs' })
    await world.advance(minutes(10))
    assert.match(textOf(await shop.theAnnouncement()), /is live[\s\S]*Glazing mugs/)
    await shop.goOffline()
    await world.advance(minutes(10))
    assert.ok((await shop.channel())?.live, 'the list lags, so one look does not end it')
    await world.advance(minutes(10))
    assert.equal((await shop.channel())?.live, null)
    await world.advance(minutes(3))
    assert.match(textOf(await shop.theAnnouncement()), /was live/)
  })

  withChannel('is not posted again when a moderator took the announcement down', async (shop) => {
    const { world } = shop
    await shop.goLive()
    const { id } = await shop.theAnnouncement()
    const gone = await asBot(world, `/channels/${CHANNELS.live.id}/messages/${id}`, { method: 'DELETE' })
    assert.equal(gone.status, 204)
    await shop.act('flap')
    await shop.goOffline()
    await world.advance(minutes(3))
    assert.deepEqual(await shop.announcements(), [])
    const { documents } = await world.core.store.scan('outbox', { limit: 1_000, cursor: null })
    const trying = documents.filter(({ value }) => value.kind === 'draw_live')
    assert.deepEqual(trying, [], 'and it is not tried for ever')
  })

  for (const type of ['rerun', 'playlist', 'watch_party', 'premiere']) {
    withChannel(`is not verified by what is no live stream (${type})`, async (shop) => {
      await shop.goLive({ type })
      await shop.world.advance(minutes(11))
      const channel = await shop.channel()
      assert.deepEqual([channel?.live, channel?.verified], [null, null])
      assert.deepEqual([await shop.announcements(), await shop.roles()], [[], []])
    })
  }

  for (const mode of ['stale', 'bad_signature']) {
    withChannel(`is not believed to be live by a message that is ${mode}`, async (shop) => {
      await shop.mood({ mode })
      await shop.goLive()
      assert.equal((await shop.channel())?.live, null)
      assert.deepEqual(await shop.announcements(), [])
    })
  }
})

describe('a badge', () => {
  withChannel(
    'is dated, runs out after ninety days without a stream, and lasts longer with each',
    async (shop) => {
      const { world, juniper } = shop
      const card = await openDrop(juniper, { title: 'Moss-green mug', options: { closes_in_hours: 720 } })
      const startedAt = Math.floor(world.now() / SECOND) * SECOND
      await shop.goLive()
      await shop.goOffline()
      const { verified } = (await shop.channel()) ?? assert.fail()
      assert.ok(verified && Math.abs(verified.at - startedAt) < minutes(1))
      assert.equal(verified.until, verified.at + 90 * DAY)

      await world.advance(80 * DAY)
      await shop.goLive()
      await shop.goOffline()
      await world.advance(89 * DAY)
      assert.ok((await shop.channel())?.verified)
      assert.deepEqual(await shop.roles(), ['Verified live'])
      await world.advance(2 * DAY)
      assert.equal((await shop.channel())?.verified, null)
      assert.deepEqual(await shop.roles(), [])
      assert.match(textOf(await juniper.answer(juniper.c500('profile'))), /Not verified yet/)
      assert.ok(card)
    },
  )

  withChannel(
    'that runs out goes from the cards',
    async (shop) => {
      const { world, juniper } = shop
      await shop.goLive()
      await shop.goOffline()
      const card = await openDrop(juniper, { title: 'Moss-green mug', options: { closes_in_hours: 720 } })
      assert.match(textOf(card), /verified live/)
      await world.advance(7 * DAY)
      const found = (await juniper.messages(CHANNELS.drops.id)).find(({ id }) => id === card.id)
      assert.doesNotMatch(textOf(found ?? assert.fail()), /verified live/)
    },
    { coreEnv: { BADGE_DAYS: '7' } },
  )
})

describe('a channel whose owner takes the permission back at Twitch', () => {
  withChannel('is unlinked, and its builder is told why', async (shop) => {
    const { world, juniper } = shop
    await shop.goLive()
    await shop.act('disconnect')
    assert.equal(await shop.channel(), null)
    assert.match(
      textOf(await seePrivate(juniper, /Twitch channel Juniper\\_Makes is no longer linked/)),
      /took your permission back there, or that the account is gone/,
    )
    await world.advance(minutes(1))
    assert.match(textOf(await shop.theAnnouncement()), /was live/, 'nobody would tell us of its end')
    assert.deepEqual(await shop.roles(), [])
    assert.deepEqual(heard(await shop.subscriptions()), ['user.authorization.revoke'])
    const told = (await juniper.privateMessages()).filter((message) =>
      /no longer linked/.test(textOf(message)),
    )
    assert.equal(told.length, 1)
  })

  withChannel('is told behind closed direct messages too', async (shop) => {
    const { juniper } = shop
    await juniper.closeDms(true)
    await shop.act('disconnect')
    assert.match(textOf(await seePrivate(juniper, /no longer linked/)), /<@\d+>/)
  })

  withChannel('is told of a deleted account once, though Twitch says it three times', async (shop) => {
    const { world, juniper } = shop
    await shop.act('remove')
    await world.advance(minutes(11))
    assert.equal(await shop.channel(), null)
    const told = (await juniper.privateMessages()).filter((message) =>
      /no longer linked/.test(textOf(message)),
    )
    assert.equal(told.length, 1)
    assert.deepEqual(heard(await shop.subscriptions()), ['user.authorization.revoke'])
  })

  withChannel('and links it anew keeps it, however late the old news comes', async (shop) => {
    const { world, juniper } = shop
    await shop.mood({ mode: 'hold' })
    await shop.act('disconnect')
    await world.advance(minutes(1))
    assert.equal((await linkChannel(juniper, CHANNEL.id)).status, 200)
    await shop.mood({})
    await world.settle()
    assert.ok(await shop.channel())
    await world.advance(minutes(11))
    assert.deepEqual(heard(await shop.subscriptions()), ALL_THREE)
  })
})

describe('subscriptions', () => {
  withChannel('are made when a channel is linked, free of cost for it', async (shop) => {
    const subscriptions = await shop.subscriptions()
    assert.deepEqual(heard(subscriptions), ALL_THREE)
    assert.deepEqual(
      subscriptions.filter(({ condition }) => condition.broadcaster_user_id).map(({ cost }) => cost),
      [0, 0],
    )
  })

  withChannel(
    'that Twitch gave up come back at once when it says so, and in the next round when it does not',
    async (shop) => {
      const { world } = shop
      const drop = async (status: string) => {
        for (const { id, status: now } of await shop.subscriptions()) {
          if (now === 'enabled') await world.twitchControl(`/local/subscriptions/${id}/revoke`, { status })
        }
      }
      await drop('notification_failures_exceeded')
      await world.settle()
      assert.deepEqual(heard(await shop.subscriptions()), ALL_THREE)

      await shop.mood({ mode: 'lose' })
      await drop('version_removed')
      await world.settle()
      assert.deepEqual(heard(await shop.subscriptions()), [])
      await shop.mood({})
      await world.advance(minutes(10))
      assert.deepEqual(heard(await shop.subscriptions()), ALL_THREE)
      await shop.goLive()
      await shop.theAnnouncement()
    },
  )

  withChannel('come back after Twitch could not be reached', async (shop) => {
    const { world } = shop
    for (const { id } of await shop.subscriptions()) {
      await world.twitchControl(`/local/subscriptions/${id}/revoke`, {
        status: 'notification_failures_exceeded',
      })
    }
    await world.twitchControl('/local/faults', { route: 'GET /helix/*', kind: '500', times: 2 })
    await world.settle()
    await world.advance(minutes(10))
    await world.advance(minutes(10))
    assert.deepEqual(heard(await shop.subscriptions()), ALL_THREE)
  })

  withChannel('are renewed with a new app token when the old one died', async (shop) => {
    await shop.world.twitchControl('/local/tokens/expire', {})
    await shop.act('live')
    await shop.world.advance(minutes(10))
    assert.match(textOf(await shop.theAnnouncement()), /At the bench/, 'the list was asked')
  })

  withChannel('are made anew for a new secret, and both are heard until they are', async (shop) => {
    const { world } = shop
    const old = (await shop.subscriptions()).map(({ id }) => id)
    await world.restartCore({ TWITCH_EVENTSUB_SECRETS: `${NEW_SECRET},${EVENTSUB_SECRET}` })
    await world.settle()
    assert.deepEqual(heard(await shop.subscriptions()), [...ALL_THREE, ...ALL_THREE].toSorted())
    await shop.goLive()
    await shop.theAnnouncement()
    assert.deepEqual(await shop.unheard(), [])
    await world.advance(minutes(10))
    const now = await shop.subscriptions()
    assert.deepEqual(heard(now), ALL_THREE)
    assert.ok(now.every(({ id }) => !old.includes(id)))
    await world.restartCore({ TWITCH_EVENTSUB_SECRETS: NEW_SECRET })
    await world.settle()
    assert.deepEqual(await shop.subscriptions(), now, 'nothing is left to do')
    await shop.goOffline()
    assert.equal((await shop.channel())?.live, null)
    assert.deepEqual(await shop.unheard(), [])
  })

  withChannel('whose secret was taken away are made anew at once, and lose no stream', async (shop) => {
    const { world } = shop
    const old = (await shop.subscriptions()).map(({ id }) => id)
    await world.restartCore({ TWITCH_EVENTSUB_SECRETS: NEW_SECRET })
    await world.twitchControl(`/local/users/${CHANNEL.id}/live`, {})
    await world.twitch.idle()
    assert.notDeepEqual(await shop.unheard(), [], 'a secret that was taken away is not believed')
    await world.settle()
    const now = await shop.subscriptions()
    assert.deepEqual(heard(now), ALL_THREE)
    assert.ok(now.every(({ id }) => !old.includes(id)))
    await shop.theAnnouncement()
    await shop.goOffline()
    assert.equal((await shop.channel())?.live, null)
  })

  test('of many builders are all made, in pages and whatever Twitch says in between', async () => {
    await using world = await createWorld()
    await world.twitchControl('/local/settings', { pageSize: 7 })
    const { ids } = (await world.twitchControl('/local/users', { count: 40 })) as { ids: string[] }
    await linkBuilders(world.core.store, ids, world.now())
    await world.twitchControl('/local/faults', {
      route: 'POST /helix/eventsub/subscriptions',
      kind: '500',
      times: 5,
    })
    await world.advance(minutes(10))
    await world.advance(minutes(10))
    const subscriptions = await subscriptionsOf(world)
    assert.equal(heard(subscriptions).length, 81)
    assert.equal(subscriptions.length, 81, 'and none of them twice')
    // A round that has nothing to do changes nothing.
    await world.advance(minutes(10))
    assert.deepEqual(await subscriptionsOf(world), subscriptions)
  })
})

test('when Twitch says that it was enough for this minute, the next round goes on from there', async () => {
  await using world = await createWorld()
  const { ids } = (await world.twitchControl('/local/users', { count: 40 })) as { ids: string[] }
  await linkBuilders(world.core.store, ids, world.now())
  await world.twitchControl('/local/settings', { pageSize: 100, pointsPerMinute: 30 })
  await world.twitchControl('/local/rate-limit', { remaining: 30 })
  const counts: number[] = []
  for (let minute = 0; minute < 3; minute++) {
    await world.advance(minutes(minute === 0 ? 10 : 1.1))
    counts.push(heard(await subscriptionsOf(world)).length)
  }
  assert.ok(
    counts.every((count, index) => count > (counts[index - 1] ?? 0)),
    counts.join(', '),
  )
  assert.equal(counts.at(-1), 81)
})

describe('where Twitch cannot reach core', () => {
  const POLL = { TWITCH_HEARS: 'poll' }

  withChannel(
    'the list of live streams tells the same',
    async (shop) => {
      const { world } = shop
      assert.deepEqual(await shop.subscriptions(), [], 'they would never be heard')
      await shop.goLive({ title: 'Glazing mugs' })
      await world.advance(90 * SECOND)
      assert.match(textOf(await shop.theAnnouncement()), /is live[\s\S]*Glazing mugs/)
      assert.deepEqual(await shop.roles(), ['Live now', 'Verified live'])
      await world.restartCore()
      await world.advance(90 * SECOND)
      await shop.theAnnouncement()
      await shop.goOffline()
      for (let round = 0; round < 4; round++) await world.advance(90 * SECOND)
      await world.advance(minutes(3))
      assert.match(textOf(await shop.theAnnouncement()), /was live/)
      assert.deepEqual(await shop.roles(), ['Verified live'])
    },
    { coreEnv: POLL },
  )

  withChannel(
    'a rerun is no live stream',
    async (shop) => {
      await shop.goLive({ type: 'rerun' })
      await shop.world.advance(90 * SECOND)
      assert.equal((await shop.channel())?.verified, null)
    },
    { coreEnv: POLL },
  )
})

test('a Twitch that does not answer links nothing and says so; the builder tries again', async () => {
  await using world = await createWorld()
  const juniper = world.player('juniper')
  await joinAsBuilder(juniper)
  for (const route of ['POST /oauth2/token', 'GET /oauth2/validate', 'GET /helix/users']) {
    await world.twitchControl('/local/faults', { route, kind: '500', times: 1 })
    const failed = await linkChannel(juniper, CHANNEL.id)
    assert.equal(failed.status, 503, route)
    assert.equal(await channelOf(world, juniper), null)
  }
  assert.equal((await linkChannel(juniper, CHANNEL.id)).status, 200)
})
