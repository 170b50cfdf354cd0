import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { API, Client } from '@discordjs/core'
import { DiscordAPIError, HTTPError, REST } from '@discordjs/rest'
import { WebSocketManager, WebSocketShardEvents } from '@discordjs/ws'
import {
  type APIActionRowComponent,
  type APIButtonComponentWithCustomId,
  type APIInteraction,
  type APIInteractionResponse,
  type APIMessage,
  type APITextChannel,
  ApplicationCommandOptionType,
  ChannelType,
  ComponentType,
  InteractionResponseType,
  InteractionType,
  PermissionFlagsBits,
  type RESTPutAPIApplicationGuildCommandsJSONBody,
  Routes,
} from 'discord-api-types/v10'
import { Hono } from 'hono'
import sharp from 'sharp'
import { APPLICATION, BOT_USER, CHANNELS, GUILD, PEOPLE } from '../cast.ts'
import type { ActResult, LiveEvent, SeenMessage, World } from '../people.ts'
import { openState } from '../state.ts'
import { startLocalDiscord } from './start.ts'

const { juniper, poppy, wren } = PEOPLE
const DROPS = CHANNELS.drops.id

const COMMANDS: RESTPutAPIApplicationGuildCommandsJSONBody = [
  {
    name: 'c500',
    description: 'The collective',
    options: [
      {
        type: ApplicationCommandOptionType.Subcommand,
        name: 'drop',
        description: 'Make a drop',
        options: [
          {
            type: ApplicationCommandOptionType.Integer,
            name: 'hours',
            description: 'How long',
            min_value: 1,
            max_value: 720,
            required: false,
          },
        ],
      },
      {
        type: ApplicationCommandOptionType.Subcommand,
        name: 'order',
        description: 'One order',
        options: [
          {
            type: ApplicationCommandOptionType.String,
            name: 'order',
            description: 'Which',
            autocomplete: true,
            required: true,
          },
        ],
      },
      {
        type: ApplicationCommandOptionType.Subcommand,
        name: 'show',
        description: 'A picture',
        options: [
          {
            type: ApplicationCommandOptionType.Attachment,
            name: 'picture',
            description: 'One',
            required: true,
            file_types: ['image'],
          },
        ],
      },
    ],
  },
]

type Handler = (interaction: APIInteraction, bot: Bot) => Promise<void>
type Bot = Awaited<ReturnType<typeof connectBot>>

/** A local Discord that ends with its test, and the people's side of it. */
async function startWorld(
  t: TestContext,
  options: { path?: string; clock?: () => number; quiet?: boolean } = {},
) {
  const said: string[] = []
  const state = openState(options.path ?? null)
  const discord = await startLocalDiscord({
    host: '127.0.0.1',
    port: 0,
    state,
    clock: options.clock ?? Date.now,
    log: (line) => said.push(line),
  })
  // As the sandbox's page mounts it.
  const page = new Hono().route('/', discord.people)
  let isOpen = true
  async function close(): Promise<void> {
    if (!isOpen) return
    isOpen = false
    await discord.close()
    state.close()
  }
  t.after(close)

  async function send(path: string, body: FormData | object): Promise<Response> {
    return page.request(
      path,
      body instanceof FormData
        ? { method: 'POST', body }
        : { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } },
    )
  }
  async function act(path: string, body: FormData | object): Promise<ActResult> {
    const response = await send(`/people/${path}`, body)
    const answer = await response.json()
    assert.equal(response.status, 200, JSON.stringify(answer))
    return answer as ActResult
  }
  async function read(channelId: string, as: string): Promise<SeenMessage[]> {
    const response = await page.request(`/people/channels/${channelId}?as=${as}`)
    assert.equal(response.status, 200)
    return ((await response.json()) as { messages: SeenMessage[] }).messages
  }
  async function look(): Promise<World> {
    return (await (await page.request('/people/world')).json()) as World
  }
  /** Listens as a person; `until` resolves with the first event that fits, also if it came before. */
  async function listen(as: string) {
    const response = await page.request(`/people/live?as=${as}`)
    const seen: LiveEvent[] = []
    const waiting = new Set<() => void>()
    void (async () => {
      let rest = ''
      const decoder = new TextDecoder()
      for await (const chunk of response.body ?? []) {
        const blocks = (rest + decoder.decode(chunk, { stream: true })).split('\n\n')
        rest = blocks.pop() ?? ''
        for (const block of blocks) {
          if (block.startsWith('data: ')) seen.push(JSON.parse(block.slice(6)) as LiveEvent)
        }
        for (const wake of waiting) wake()
      }
    })()
    async function until(fits: (event: LiveEvent) => boolean): Promise<LiveEvent> {
      for (;;) {
        const found = seen.find(fits)
        if (found) return found
        const { promise, resolve } = Promise.withResolvers<void>()
        waiting.add(resolve)
        await promise
        waiting.delete(resolve)
      }
    }
    return { seen, until }
  }
  return { discord, page, said, close, send, act, read, look, listen }
}
type LocalWorld = Awaited<ReturnType<typeof startWorld>>

/** A real bot: @discordjs rest, ws and core, as in production but for the address. */
async function connectBot(t: TestContext, world: LocalWorld, handler: Handler) {
  const rest = new REST({ api: world.discord.url, version: '10', retries: 0 }).setToken('bot-token')
  const api = new API(rest)
  const gateway = new WebSocketManager({ token: 'bot-token', intents: 0, rest })
  const client = new Client({ rest, gateway })
  const failures: unknown[] = []
  client.on('error', (error) => failures.push(error))
  const bot = {
    rest,
    api,
    gateway,
    failures,
    answer: (interaction: APIInteraction, first: APIInteractionResponse, query = new URLSearchParams()) =>
      rest.post(Routes.interactionCallback(interaction.id, interaction.token), {
        auth: false,
        body: first,
        query,
      }),
  }
  client.on('INTERACTION_CREATE', ({ data }) => handler(data, bot))
  const ready = once(gateway, WebSocketShardEvents.Ready)
  await gateway.connect()
  await ready
  t.after(() => gateway.destroy())
  return bot
}

async function putCommands(bot: Bot): Promise<void> {
  await bot.api.applicationCommands.bulkOverwriteGuildCommands(APPLICATION.id, GUILD.id, COMMANDS)
}

const drop = (as: string, options = {}) => ({ as, channelId: DROPS, path: ['c500', 'drop'], options })

const BUY_ROW: APIActionRowComponent<APIButtonComponentWithCustomId> = {
  type: ComponentType.ActionRow,
  components: [{ type: ComponentType.Button, style: 1, label: 'Buy now', custom_id: 'v1:buy:1' }],
}

function picture(): Promise<Buffer> {
  return sharp({ create: { width: 30, height: 20, channels: 3, background: '#f8c8d4' } })
    .png()
    .toBuffer()
}

async function refusal(
  work: Promise<unknown>,
): Promise<{ status: number; code: number | string; raw: unknown }> {
  try {
    await work
  } catch (error) {
    if (error instanceof DiscordAPIError) {
      return { status: error.status, code: error.code, raw: error.rawError }
    }
    throw error
  }
  return assert.fail('it was not refused')
}

test('a real bot logs in and is seen online until it leaves', async (t) => {
  const world = await startWorld(t)
  const live = await world.listen(poppy.id)
  const bot = await connectBot(t, world, async () => {})
  assert.equal((await bot.api.users.getCurrent()).id, BOT_USER.id)
  await live.until((event) => event.type === 'bot' && event.online)
  assert.deepEqual((await world.look()).bot, { id: BOT_USER.id, online: true })
  await bot.gateway.destroy()
  await live.until((event) => event.type === 'bot' && !event.online)
  assert.equal((await world.look()).bot.online, false)
})

test('commands come back with ids that survive the next overwrite, and without false flags', async (t) => {
  const world = await startWorld(t)
  const bot = await connectBot(t, world, async () => {})
  await putCommands(bot)
  const [first] = await bot.api.applicationCommands.getGuildCommands(APPLICATION.id, GUILD.id)
  await putCommands(bot)
  const [second] = await bot.api.applicationCommands.getGuildCommands(APPLICATION.id, GUILD.id)
  assert.equal(first?.id, second?.id)
  assert.notEqual(first?.version, second?.version)
  assert.equal(JSON.stringify(first).includes('"required":false'), false)
  assert.deepEqual((await world.look()).commands, [second])
})

test('a bad command name is refused where it stands', async (t) => {
  const world = await startWorld(t)
  const bot = await connectBot(t, world, async () => {})
  const put = bot.api.applicationCommands.bulkOverwriteGuildCommands(APPLICATION.id, GUILD.id, [
    { name: 'Not Good', description: 'x' },
  ])
  const { code, raw } = await refusal(put)
  assert.equal(code, 50035)
  assert.match(JSON.stringify(raw), /"0":\{"name":\{"_errors":\[\{"code":"APPLICATION_COMMAND_INVALID_NAME"/)
})

test('a command opens a form, the form brings a file, and the deferred answer becomes a message', async (t) => {
  const world = await startWorld(t)
  const heard: APIInteraction[] = []
  let downloaded: Buffer | undefined
  const bot = await connectBot(t, world, async (interaction, { api, answer }) => {
    heard.push(interaction)
    if (interaction.type === InteractionType.ApplicationCommand) {
      await answer(interaction, {
        type: InteractionResponseType.Modal,
        data: {
          custom_id: 'v1:new',
          title: 'A new drop',
          components: [
            {
              type: ComponentType.Label,
              label: 'Title',
              component: { type: ComponentType.TextInput, custom_id: 'title', style: 1, max_length: 50 },
            },
            {
              type: ComponentType.Label,
              label: 'Picture',
              component: {
                type: ComponentType.FileUpload,
                custom_id: 'picture',
                required: false,
                file_types: ['image'],
              },
            },
          ],
        },
      })
    }
    if (interaction.type === InteractionType.ModalSubmit) {
      await api.interactions.defer(interaction.id, interaction.token, { flags: 64 })
      const [uploaded] = Object.values(interaction.data.resolved?.attachments ?? {})
      downloaded = Buffer.from(await (await fetch(uploaded?.url ?? '')).arrayBuffer())
      await api.interactions.editReply(interaction.application_id, interaction.token, {
        embeds: [{ title: 'Preview', image: { url: 'attachment://card.png' } }],
        files: [{ name: 'card.png', data: downloaded }],
      })
    }
  })
  await putCommands(bot)
  const live = await world.listen(juniper.id)

  const opened = await world.act('command', drop(juniper.id, { hours: 24 }))
  assert.equal(opened.result, 'modal')
  const modalId = opened.result === 'modal' ? opened.modalId : ''
  const [command] = heard
  assert.match(command?.id ?? '', /^\d{18,19}$/)
  assert.equal(command?.member?.user.id, juniper.id)
  assert.deepEqual(command?.type === InteractionType.ApplicationCommand && command.data, {
    id: (await world.look()).commands[0]?.id,
    name: 'c500',
    type: 1,
    guild_id: GUILD.id,
    options: [{ name: 'drop', type: 1, options: [{ name: 'hours', type: 4, value: 24 }] }],
  })

  const empty = await world.send('/people/modal', { as: juniper.id, modalId, values: { title: ' ' } })
  assert.equal(empty.status, 400)
  assert.deepEqual(await empty.json(), { error: '"Title" is required.' })

  const bytes = await picture()
  const form = new FormData()
  form.set('act', JSON.stringify({ as: juniper.id, modalId, values: { title: 'Mug' } }))
  form.set('picture', new File([new Uint8Array(bytes)], 'my mug.png', { type: 'image/png' }))
  const submitted = await world.act('modal', form)
  assert.equal(submitted.result, 'deferred')

  const done = await live.until(
    (event) => event.type === 'message' && event.message.embeds[0]?.title === 'Preview',
  )
  assert.ok(done.type === 'message')
  assert.equal(done.message.id, submitted.result === 'deferred' && submitted.messageId)
  assert.equal(done.message.onlyFor, juniper.id)
  assert.equal(done.message.flags, 64)
  assert.deepEqual(done.message.attachments, [], 'a picture in an embed is not listed again')
  const image = done.message.embeds[0]?.image
  assert.deepEqual([image?.width, image?.height], [30, 20])
  assert.deepEqual(Buffer.from(await (await fetch(image?.url ?? '')).arrayBuffer()), bytes)
  assert.deepEqual(downloaded, bytes)

  const submit = heard[1]
  assert.ok(submit?.type === InteractionType.ModalSubmit)
  assert.deepEqual(submit.data.components[0], {
    type: ComponentType.Label,
    id: 1,
    component: { type: ComponentType.TextInput, id: 2, custom_id: 'title', value: 'Mug' },
  })
  const [uploaded] = Object.values(submit.data.resolved?.attachments ?? {})
  assert.equal(uploaded?.filename, 'my_mug.png')
  assert.equal(uploaded?.size, bytes.length)
  const again = await world.send('/people/modal', { as: juniper.id, modalId, values: { title: 'Mug' } })
  assert.equal(again.status, 404, 'a form that was taken is closed')
  assert.deepEqual(bot.failures, [])
})

test('a renamed file passes by its name, files of another kind or too many do not', async (t) => {
  const world = await startWorld(t)
  const bot = await connectBot(t, world, async (interaction, { api }) => {
    assert.ok(interaction.type === InteractionType.ApplicationCommand && interaction.data.type === 1)
    const [sent] = Object.values(interaction.data.resolved?.attachments ?? {})
    await api.interactions.reply(interaction.id, interaction.token, { content: sent?.filename ?? 'none' })
  })
  await putCommands(bot)
  const show = (...names: string[]) => {
    const form = new FormData()
    form.set('act', JSON.stringify({ as: poppy.id, channelId: DROPS, path: ['c500', 'show'], options: {} }))
    for (const name of names) form.append('picture', new File(['MZ'], name))
    return world.send('/people/command', form)
  }
  const shown = (await (await show('setup.png')).json()) as ActResult
  assert.equal(shown.result === 'message' && shown.message.content, 'setup.png')
  assert.equal((await show('setup.exe')).status, 400)
  assert.equal((await show(...Array.from({ length: 11 }, () => 'a.png'))).status, 400)
})

test('a press on a button is answered privately, and nobody else sees or fetches it', async (t) => {
  const world = await startWorld(t)
  const heard: APIInteraction[] = []
  const bot = await connectBot(t, world, async (interaction, { api }) => {
    heard.push(interaction)
    await api.interactions.reply(interaction.id, interaction.token, { content: 'Held for you', flags: 64 })
  })
  const card = await bot.api.channels.createMessage(DROPS, { content: 'Mug', components: [BUY_ROW] })
  const answer = await world.act('component', { as: poppy.id, messageId: card.id, customId: 'v1:buy:1' })
  assert.ok(answer.result === 'message')
  assert.equal(answer.message.onlyFor, poppy.id)
  const [press] = heard
  assert.ok(press?.type === InteractionType.MessageComponent)
  assert.equal(press.message.id, card.id)
  assert.deepEqual(press.data, { custom_id: 'v1:buy:1', component_type: 2, id: 2 })
  assert.deepEqual(
    (await world.read(DROPS, poppy.id)).map(({ content }) => content),
    ['Mug', 'Held for you'],
  )
  assert.deepEqual(
    (await world.read(DROPS, wren.id)).map(({ content }) => content),
    ['Mug'],
  )
  const fetched = await refusal(bot.api.channels.getMessage(DROPS, answer.message.id))
  assert.deepEqual([fetched.status, fetched.code], [404, 10008])
  const forged = await world.send('/people/component', {
    as: wren.id,
    messageId: answer.message.id,
    customId: 'v1:buy:1',
  })
  assert.equal(forged.status, 404)
})

test('a press may update its own message, and follow-ups come after', async (t) => {
  const world = await startWorld(t)
  const bot = await connectBot(t, world, async (interaction, { api }) => {
    if (interaction.type !== InteractionType.MessageComponent) return
    await api.interactions.updateMessage(interaction.id, interaction.token, { content: '2 left' })
    await api.interactions.followUp(interaction.application_id, interaction.token, {
      content: 'Yours',
      flags: 64,
    })
  })
  const live = await world.listen(poppy.id)
  const card = await bot.api.channels.createMessage(DROPS, { content: '3 left', components: [BUY_ROW] })
  const answer = await world.act('component', { as: poppy.id, messageId: card.id, customId: 'v1:buy:1' })
  assert.ok(answer.result === 'message')
  assert.deepEqual([answer.message.id, answer.message.content], [card.id, '2 left'])
  assert.equal(answer.message.components?.length, 1)
  await live.until((event) => event.type === 'message' && event.message.content === 'Yours')
})

test('autocomplete gives the words typed so far and returns the choices', async (t) => {
  const world = await startWorld(t)
  const heard: APIInteraction[] = []
  const bot = await connectBot(t, world, async (interaction, { api }) => {
    heard.push(interaction)
    await api.interactions.createAutocompleteResponse(interaction.id, interaction.token, {
      choices: [{ name: 'Mug, paid', value: 'ord_1' }],
    })
  })
  await putCommands(bot)
  const response = await world.send('/people/autocomplete', {
    as: poppy.id,
    channelId: DROPS,
    path: ['c500', 'order'],
    options: { order: 'mu' },
    focused: 'order',
  })
  assert.deepEqual(await response.json(), { choices: [{ name: 'Mug, paid', value: 'ord_1' }] })
  const [asked] = heard
  assert.ok(asked?.type === InteractionType.ApplicationCommandAutocomplete)
  assert.deepEqual(asked.data.options, [
    { name: 'order', type: 1, options: [{ name: 'order', type: 3, value: 'mu', focused: true }] },
  ])
})

test('a missing option, a wrong one and an unknown command are refused before the app hears of them', async (t) => {
  const world = await startWorld(t)
  const bot = await connectBot(t, world, async () => assert.fail('the app heard of it'))
  await putCommands(bot)
  const errors = []
  for (const body of [
    { ...drop(poppy.id), path: ['c500', 'order'] },
    drop(poppy.id, { hours: 721 }),
    drop(poppy.id, { hours: 1.5 }),
    drop(poppy.id, { days: 1 }),
    { ...drop(poppy.id), path: ['c500', 'nothing'] },
    { ...drop(poppy.id), path: ['c500'] },
  ]) {
    const response = await world.send('/people/command', body)
    errors.push([response.status, ((await response.json()) as { error: string }).error])
  }
  assert.deepEqual(errors, [
    [400, '"order" is required.'],
    [400, '"hours" must be between 1 and 720.'],
    [400, '"hours" must be a whole number.'],
    [400, '/c500 drop has no option "days".'],
    [404, 'There is no command /c500 nothing.'],
    [400, '/c500 needs one of its subcommands.'],
  ])
  assert.deepEqual(bot.failures, [])
})

test('closed direct messages refuse the bot with 50007, and a private thread reaches the person', async (t) => {
  const world = await startWorld(t)
  const bot = await connectBot(t, world, async () => {})
  const dm = await bot.api.users.createDM(poppy.id)
  await bot.api.channels.createMessage(dm.id, { content: 'Hello' })
  assert.deepEqual(
    (await world.read(dm.id, poppy.id)).map(({ content }) => content),
    ['Hello'],
  )
  const asWren = await world.page.request(`/people/channels/${dm.id}?as=${wren.id}`)
  assert.equal(asWren.status, 404)

  await world.act('dms', { as: poppy.id, closed: true })
  const closed = await refusal(bot.api.channels.createMessage(dm.id, { content: 'Hello?' }))
  assert.deepEqual([closed.status, closed.code], [403, 50007])

  const live = await world.listen(poppy.id)
  const thread = await bot.api.channels.createThread(DROPS, {
    name: 'For Poppy',
    type: ChannelType.PrivateThread,
  })
  await bot.api.threads.addMember(thread.id, poppy.id)
  await live.until((event) => event.type === 'channel' && event.channel.id === thread.id)
  await bot.api.channels.createMessage(thread.id, {
    content: `<@${poppy.id}> it is on its way`,
    allowed_mentions: { users: [poppy.id] },
  })
  const [told] = await world.read(thread.id, poppy.id)
  assert.equal((await world.read(thread.id, PEOPLE.olive.id)).length, 1, 'an administrator sees it, too')
  assert.deepEqual(
    told?.mentions.map(({ id }) => id),
    [poppy.id],
  )
  assert.deepEqual(
    (await world.look()).channels.filter(({ kind }) => kind === 'thread').map(({ memberIds }) => memberIds),
    [[poppy.id]],
  )
})

test('people write in the lounge; where the app alone speaks they may not, but its buttons work', async (t) => {
  const world = await startWorld(t)
  const heard: APIInteraction[] = []
  const bot = await connectBot(t, world, async (interaction, { answer }) => {
    heard.push(interaction)
    await answer(interaction, {
      type: InteractionResponseType.ChannelMessageWithSource,
      data: { content: 'Yes' },
    })
  })
  const thread = await bot.api.channels.createThread(DROPS, {
    name: 'A case',
    type: ChannelType.PrivateThread,
  })
  await bot.api.threads.addMember(thread.id, poppy.id)
  await bot.api.threads.addMember(thread.id, PEOPLE.olive.id)
  const say = (as: string, channelId: string, content = 'hello') =>
    world.page.request('/people/message', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ as, channelId, content }),
    })
  const open = await say(poppy.id, CHANNELS.lounge.id)
  assert.equal(open.status, 200)
  const [said] = await world.read(CHANNELS.lounge.id, wren.id)
  assert.deepEqual([said?.content, said?.author.id, said?.author.bot], ['hello', poppy.id, undefined])
  assert.equal((await say(poppy.id, CHANNELS.lounge.id, ' ')).status, 400)
  for (const channelId of [DROPS, thread.id]) {
    const refused = await say(poppy.id, channelId)
    assert.equal(refused.status, 403)
    assert.match(await refused.text(), /permission to send messages/)
    // An administrator may write everywhere.
    assert.equal((await say(PEOPLE.olive.id, channelId)).status, 200)
  }
  assert.equal((await say(wren.id, thread.id)).status, 404)

  const { id } = await bot.api.channels.createMessage(thread.id, {
    components: [
      {
        type: ComponentType.ActionRow,
        components: [{ type: ComponentType.Button, style: 1, custom_id: 'add', label: 'Add' }],
      },
    ],
  })
  const pressed = await world.act('component', { as: poppy.id, messageId: id, customId: 'add' })
  assert.equal(pressed.result, 'message')
  const typing = PermissionFlagsBits.SendMessagesInThreads
  assert.equal(BigInt(heard[0]?.member?.permissions ?? '0') & typing, 0n)
  const channel = (await bot.api.channels.get(DROPS)) as APITextChannel
  assert.deepEqual(
    channel.permission_overwrites?.map((overwrite) => [overwrite.id, overwrite.type]),
    [
      [GUILD.id, 0],
      [BOT_USER.id, 1],
    ],
  )
})

test('a mention that allowed_mentions forbids pings nobody', async (t) => {
  const world = await startWorld(t)
  const bot = await connectBot(t, world, async () => {})
  const content = `@everyone <@${poppy.id}>`
  const quiet = await bot.api.channels.createMessage(DROPS, { content, allowed_mentions: { parse: [] } })
  assert.deepEqual([quiet.mentions, quiet.mention_everyone], [[], false])
  const loud = await bot.api.channels.createMessage(DROPS, { content })
  assert.deepEqual([loud.mentions.length, loud.mention_everyone], [1, true])
})

test('the same nonce answers with the earlier message', async (t) => {
  const world = await startWorld(t)
  const bot = await connectBot(t, world, async () => {})
  const data = await picture()
  const post = (rest: REST) =>
    rest.post(Routes.channelMessages(DROPS), {
      body: { content: 'Once', nonce: 'drop-1', enforce_nonce: true },
      files: [{ name: 'mug.png', data }],
    }) as Promise<APIMessage>
  const other = new REST({ api: world.discord.url, version: '10', retries: 0 }).setToken('bot-token')
  const [first, second] = await Promise.all([post(bot.rest), post(other)])
  assert.equal(first.id, second.id)
  assert.equal((await post(bot.rest)).id, first.id)
  assert.equal((await world.read(DROPS, poppy.id)).length, 1)
})

test('an edit keeps the picture unless it is told to let it go', async (t) => {
  const world = await startWorld(t)
  const bot = await connectBot(t, world, async () => {})
  const card = await bot.api.channels.createMessage(DROPS, {
    embeds: [{ title: 'Mug', image: { url: 'attachment://mug.png' } }],
    attachments: [{ id: '0', description: 'A mug on a shelf' }],
    files: [{ name: 'mug.png', data: await picture() }],
  })
  const url = card.embeds[0]?.image?.url ?? ''
  assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/attachments\/\d+\/\d+\/mug\.png$/)
  const edited = await bot.api.channels.editMessage(DROPS, card.id, {
    embeds: [{ title: 'Mug, 2 left', image: { url: 'attachment://mug.png' } }],
  })
  assert.equal(edited.embeds[0]?.image?.url, url)
  assert.equal(edited.embeds[0]?.image?.description, 'A mug on a shelf')
  assert.notEqual(edited.edited_timestamp, null)
  const bare = await bot.api.channels.editMessage(DROPS, card.id, {
    embeds: [{ title: 'Mug' }],
    attachments: [],
  })
  assert.deepEqual([bare.attachments, bare.embeds[0]?.image], [[], undefined])
  const gone = await refusal(
    bot.api.channels.editMessage(DROPS, card.id, { embeds: [{ image: { url: 'attachment://mug.png' } }] }),
  )
  assert.equal(gone.code, 50035)
})

test('messages that break a rule are refused at the right place, and a typing mistake is told aloud', async (t) => {
  const world = await startWorld(t)
  const bot = await connectBot(t, world, async () => {})
  const button = BUY_ROW.components[0]
  const cases: [string, object, RegExp][] = [
    ['content', { content: 'x'.repeat(2001) }, /"content":\{"_errors":\[\{"code":"BASE_TYPE_BAD_LENGTH"/],
    ['title', { embeds: [{ title: 'x'.repeat(257) }] }, /"embeds":\{"0":\{"title":\{"_errors"/],
    ['embed total', { embeds: Array.from({ length: 2 }, () => ({ description: 'x'.repeat(3001) })) }, /6000/],
    ['fields', { embeds: [{ fields: Array.from({ length: 26 }, () => ({ name: 'a', value: 'b' })) }] }, /25/],
    ['rows', { components: Array.from({ length: 6 }, () => BUY_ROW) }, /"components"/],
    [
      'buttons',
      { components: [{ type: 1, components: Array.from({ length: 6 }, () => button) }] },
      /"5 or|5 or/,
    ],
    ['same id', { components: [BUY_ROW, BUY_ROW] }, /COMPONENT_CUSTOM_ID_DUPLICATED/],
    [
      'id length',
      { components: [row({ ...button, custom_id: 'x'.repeat(101) })] },
      /"custom_id":\{"_errors"/,
    ],
    ['no id', { components: [row({ type: 2, style: 1, label: 'a' })] }, /"custom_id".*BASE_TYPE_REQUIRED/],
    ['id and url', { components: [row({ ...button, style: 5, url: 'https://a.b' })] }, /CUSTOM_ID_AND_URL/],
    ['label', { components: [row({ ...button, label: 'x'.repeat(81) })] }, /"label":\{"_errors"/],
    [
      'v2 with content',
      { flags: 32768, content: 'a', components: [{ type: 10, content: 'b' }] },
      /LEGACY_FIELDS/,
    ],
    ['v2 without flag', { components: [{ type: 10, content: 'b' }] }, /UNION_TYPE_CHOICES/],
    [
      'select',
      { components: [row({ type: 3, custom_id: 's', options: many(26) })] },
      /"options":\{"_errors":\[\{"code":"BASE_TYPE_BAD_LENGTH","message":"Must be 25/,
    ],
    ['typo', { contents: 'a' }, /LOCAL_UNKNOWN_FIELD/],
  ]
  // Past the rate limit of one channel: each refusal costs a call as it does at Discord.
  const text = Object.values(CHANNELS).map(({ id }) => id)
  for (const [index, [name, body, expected]] of cases.entries()) {
    const channelId = text[index % text.length] ?? DROPS
    const { status, code, raw } = await refusal(bot.rest.post(Routes.channelMessages(channelId), { body }))
    assert.deepEqual([name, status, code], [name, 400, 50035])
    assert.match(JSON.stringify(raw), expected, name)
  }
  assert.equal(world.said.length, cases.length)
  assert.match(world.said.at(-1) ?? '', /"contents":\{"_errors":\[\{"code":"LOCAL_UNKNOWN_FIELD"/)

  const dm = await bot.api.users.createDM(wren.id)
  const empty = await refusal(bot.rest.post(Routes.channelMessages(dm.id), { body: {} }))
  assert.equal(empty.code, 50006)
})
const row = (component: object) => ({ type: 1, components: [component] })
const many = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ label: `${index}`, value: `${index}` }))

test('components of version 2 come back numbered, with their pictures resolved', async (t) => {
  const world = await startWorld(t)
  const bot = await connectBot(t, world, async () => {})
  const message = (await bot.rest.post(Routes.channelMessages(DROPS), {
    body: {
      flags: 32768,
      components: [
        {
          type: 17,
          components: [
            { type: 12, items: [{ media: { url: 'attachment://mug.png' } }] },
            { type: 9, components: [{ type: 10, content: 'Mug' }], accessory: BUY_ROW.components[0] },
          ],
        },
      ],
    },
    files: [{ name: 'mug.png', data: await picture() }],
  })) as APIMessage
  const json = JSON.stringify(message.components)
  assert.match(json, /"url":"http:\/\/127\.0\.0\.1:\d+\/attachments\//)
  assert.deepEqual([...json.matchAll(/"id":(\d+)/g)].map((match) => Number(match[1])).sort(), [1, 2, 3, 4, 5])
})

test('the sixth message within five seconds gets 429, and the client waits it out', async (t) => {
  const world = await startWorld(t)
  const bot = await connectBot(t, world, async () => {})
  // A second client does not know what the first has used, and runs into the limit.
  const other = new REST({ api: world.discord.url, version: '10', retries: 0 }).setToken('bot-token')
  const limited: string[] = []
  other.on('rateLimited', ({ scope }) => limited.push(scope))
  for (let index = 0; index < 5; index += 1) {
    await bot.api.channels.createMessage(DROPS, { content: String(index) })
  }
  await bot.api.channels.createMessage(CHANNELS.live.id, { content: 'another channel is another bucket' })
  await other.post(Routes.channelMessages(DROPS), { body: { content: '5' } })
  assert.deepEqual(limited, ['user'])
  assert.deepEqual(
    (await world.read(DROPS, poppy.id)).map(({ content }) => content),
    ['0', '1', '2', '3', '4', '5'],
  )
})

test('an answer after three seconds is unknown, and the person sees that nobody answered', async (t) => {
  let now = Date.now()
  const world = await startWorld(t, { clock: () => now })
  const refused = Promise.withResolvers<unknown>()
  const bot = await connectBot(t, world, async (interaction, { api }) => {
    now += 3_000
    refused.resolve(
      await refusal(api.interactions.reply(interaction.id, interaction.token, { content: 'late' })),
    )
  })
  await putCommands(bot)
  const answer = await world.act('command', drop(poppy.id))
  assert.deepEqual(answer, { result: 'failed', reason: 'The application did not respond' })
  const { status, code } = (await refused.promise) as { status: number; code: number }
  assert.deepEqual([status, code], [404, 10062])
})

test('an app that never answers fails the act after three seconds, and one that is not there at once', async (t) => {
  const world = await startWorld(t)
  const bot = await connectBot(t, world, async () => {})
  await putCommands(bot)
  const expected = { result: 'failed', reason: 'The application did not respond' }
  assert.deepEqual(await world.act('command', drop(poppy.id)), expected)
  const live = await world.listen(poppy.id)
  await bot.gateway.destroy()
  await live.until((event) => event.type === 'bot' && !event.online)
  assert.deepEqual(await world.act('command', drop(poppy.id)), expected)
})

test('a second answer is refused with 40060, a foreign token with 10062', async (t) => {
  const world = await startWorld(t)
  const codes = Promise.withResolvers<unknown[]>()
  const bot = await connectBot(t, world, async (interaction, { api }) => {
    const forged = await refusal(api.interactions.reply(interaction.id, 'forged', { content: 'no' }))
    const early = await refusal(
      api.interactions.editReply(APPLICATION.id, interaction.token, { content: 'no' }),
    )
    await api.interactions.reply(interaction.id, interaction.token, { content: 'first' })
    const twice = await refusal(api.interactions.reply(interaction.id, interaction.token, { content: 'no' }))
    codes.resolve([forged.code, early.code, twice.code])
  })
  await putCommands(bot)
  const answer = await world.act('command', drop(poppy.id))
  assert.equal(answer.result === 'message' && answer.message.content, 'first')
  assert.deepEqual(await codes.promise, [10062, 10015, 40060])
})

test('a form cannot answer a form, and an answer that was refused may be mended', async (t) => {
  const world = await startWorld(t)
  const codes = Promise.withResolvers<unknown[]>()
  const form = (title: string): APIInteractionResponse => ({
    type: InteractionResponseType.Modal,
    data: {
      custom_id: 'f',
      title,
      components: [
        {
          type: ComponentType.Label,
          label: 'Name',
          component: { type: ComponentType.TextInput, custom_id: 'name', style: 1 },
        },
      ],
    },
  })
  const bot = await connectBot(t, world, async (interaction, bot) => {
    if (interaction.type === InteractionType.ApplicationCommand) {
      const long = await refusal(bot.answer(interaction, form('x'.repeat(46))))
      await bot.answer(interaction, form('Short'))
      codes.resolve([long.code])
    } else {
      const again = await refusal(bot.answer(interaction, form('Again')))
      const update = await refusal(
        bot.answer(interaction, { type: InteractionResponseType.DeferredMessageUpdate }),
      )
      await bot.api.interactions.reply(interaction.id, interaction.token, {
        content: JSON.stringify([again.code, update.code]),
      })
    }
  })
  await putCommands(bot)
  const opened = await world.act('command', drop(poppy.id))
  assert.ok(opened.result === 'modal')
  assert.deepEqual(await codes.promise, [50035])
  const answer = await world.act('modal', { as: poppy.id, modalId: opened.modalId, values: { name: 'a' } })
  assert.equal(answer.result === 'message' && answer.message.content, '[50035,50035]')
})

test('fifteen minutes after the interaction its token is worth nothing', async (t) => {
  let now = Date.now()
  const world = await startWorld(t, { clock: () => now })
  const seen = Promise.withResolvers<APIInteraction>()
  const bot = await connectBot(t, world, async (interaction, bot) => {
    const answer = (await bot.answer(
      interaction,
      { type: InteractionResponseType.ChannelMessageWithSource, data: { content: 'one' } },
      new URLSearchParams({ with_response: 'true' }),
    )) as { resource: { message: APIMessage } }
    assert.equal(answer.resource.message.content, 'one')
    seen.resolve(interaction)
  })
  await putCommands(bot)
  await world.act('command', drop(poppy.id))
  const { token } = await seen.promise
  now += 14 * 60_000
  const edited = await bot.api.interactions.editReply(APPLICATION.id, token, { content: 'two' })
  assert.equal((await bot.api.interactions.getOriginalReply(APPLICATION.id, token)).id, edited.id)
  now += 60_000
  const late = await refusal(bot.api.interactions.editReply(APPLICATION.id, token, { content: 'three' }))
  assert.deepEqual([late.status, late.code], [401, 50027])
})

test('a restart on another port keeps messages, pictures, commands and channels', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'local-discord-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'discord.sqlite')
  const first = await startWorld(t, { path })
  const bot = await connectBot(t, first, async () => {})
  await putCommands(bot)
  const dm = await bot.api.users.createDM(poppy.id)
  const bytes = await picture()
  const before = await bot.api.channels.createMessage(dm.id, {
    content: 'Kept',
    embeds: [{ image: { url: 'attachment://mug.png' } }],
    files: [{ name: 'mug.png', data: bytes }],
  })
  const world = await first.look()
  await bot.gateway.destroy()
  await first.close()

  const second = await startWorld(t, { path })
  const after = await second.look()
  assert.deepEqual([after.channels, after.commands], [world.channels, world.commands])
  const [kept] = await second.read(dm.id, poppy.id)
  assert.equal(kept?.id, before.id)
  const url = kept?.embeds[0]?.image?.url ?? ''
  assert.equal(new URL(url).port, String(second.discord.port))
  assert.deepEqual(Buffer.from(await (await fetch(url)).arrayBuffer()), bytes)
  const newBot = await connectBot(t, second, async () => {})
  const next = await newBot.api.channels.createMessage(dm.id, { content: 'Next' })
  assert.ok(BigInt(next.id) > BigInt(before.id))
})

test('a bot whose line was cut resumes and hears what it missed', async (t) => {
  const world = await startWorld(t)
  const bot = await connectBot(t, world, async (interaction, { api }) => {
    await api.interactions.reply(interaction.id, interaction.token, { content: 'heard' })
  })
  await putCommands(bot)
  const live = await world.listen(poppy.id)
  const resumed = once(bot.gateway, WebSocketShardEvents.Resumed)
  world.discord.dropGateway()
  await live.until((event) => event.type === 'bot' && !event.online)
  const answer = world.act('command', drop(poppy.id))
  await resumed
  assert.equal((await answer).result, 'message')
  assert.equal((await world.look()).bot.online, true)
})

test('an unknown route names itself, and a call without a bot token gets nothing', async (t) => {
  const world = await startWorld(t)
  const bot = await connectBot(t, world, async () => {})
  await assert.rejects(
    bot.rest.get('/channels/100000000000000010/pins'),
    (error) => error instanceof HTTPError && error.status === 501,
  )
  assert.match(world.said[0] ?? '', /local Discord has no GET \/api\/v10\/channels\/100000000000000010\/pins/)
  assert.equal((await fetch(`${world.discord.url}/v10/users/@me`)).status, 401)
})

test('a reset forgets the messages and keeps the rest', async (t) => {
  const world = await startWorld(t)
  const bot = await connectBot(t, world, async () => {})
  await putCommands(bot)
  await bot.api.channels.createMessage(DROPS, { content: 'Old' })
  const live = await world.listen(poppy.id)
  await world.act('reset', {})
  await live.until((event) => event.type === 'reset')
  assert.deepEqual(await world.read(DROPS, poppy.id), [])
  assert.equal((await world.look()).commands.length, 1)
})

test('roles are given and taken, and unknown ones refused', async (t) => {
  const world = await startWorld(t)
  const bot = await connectBot(t, world, async () => {})
  const role = (await bot.api.guilds.getRoles(GUILD.id)).find(({ name }) => name === 'Builder')?.id ?? ''
  await bot.api.guilds.addRoleToMember(GUILD.id, poppy.id, role)
  assert.ok((await bot.api.guilds.getMember(GUILD.id, poppy.id)).roles.includes(role))
  await bot.api.guilds.removeRoleFromMember(GUILD.id, poppy.id, role)
  assert.ok(!(await bot.api.guilds.getMember(GUILD.id, poppy.id)).roles.includes(role))
  const unknown = await refusal(bot.api.guilds.addRoleToMember(GUILD.id, poppy.id, '100000000000009999'))
  assert.equal(unknown.code, 10011)
})

test('a page of another origin may not act for anybody', async (t) => {
  const world = await startWorld(t)
  const response = await world.page.request('http://127.0.0.1:8500/people/reset', {
    method: 'POST',
    headers: { origin: 'https://elsewhere.example', host: '127.0.0.1:8500' },
    body: '{}',
  })
  assert.equal(response.status, 403)
})
