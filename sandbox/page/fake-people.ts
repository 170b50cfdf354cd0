import { Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import { APPLICATION, BOT_USER, CHANNELS, GUILD, PEOPLE } from '../cast.ts'
import type {
  ActResult,
  AutocompleteAct,
  ChannelSeen,
  CommandAct,
  ComponentAct,
  LiveEvent,
  MessageAct,
  ModalAct,
  PersonSeen,
  SeenMessage,
  World,
} from '../people.ts'

/** What a test says the app does. */
export interface FakeApp {
  command(act: CommandAct): ActResult
  component(act: ComponentAct): ActResult
  modal(act: ModalAct, files: readonly { readonly field: string; readonly file: File }[]): ActResult
  autocomplete(act: AutocompleteAct): { choices: { name: string; value: string | number }[] }
}

export interface FakePeople {
  readonly routes: Hono
  app: FakeApp
  /** Puts a message into its channel, or a newer one in its place, and tells everybody who may see it. */
  say(message: Partial<SeenMessage> & { readonly channel_id: string }): SeenMessage
  tell(event: LiveEvent): void
  addChannel(channel: ChannelSeen): void
  /** Breaks every live stream, as a restart would. */
  breakStreams(): void
}

const silent: FakeApp = {
  command: () => ({ result: 'ok' }),
  component: () => ({ result: 'ok' }),
  modal: () => ({ result: 'ok' }),
  autocomplete: () => ({ choices: [] }),
}

const COMMAND_TYPES = { command: 1, subcommand: 1, string: 3, integer: 4, boolean: 5 } as const

const command = {
  id: '100000000000000200',
  application_id: APPLICATION.id,
  guild_id: GUILD.id,
  version: '1',
  default_member_permissions: null,
  type: COMMAND_TYPES.command,
  name: 'c500',
  description: 'Drops, orders and your profile',
  options: [
    {
      type: COMMAND_TYPES.subcommand,
      name: 'drop',
      description: 'Put something you made on sale',
      options: [
        {
          type: COMMAND_TYPES.integer,
          name: 'closes_in_hours',
          description: 'How long it stays open: 1 to 720 hours',
          min_value: 1,
          max_value: 720,
        },
        { type: COMMAND_TYPES.boolean, name: 'quiet', description: 'Tell nobody yet' },
      ],
    },
    { type: COMMAND_TYPES.subcommand, name: 'profile', description: 'Your orders and where each stands' },
    {
      type: COMMAND_TYPES.subcommand,
      name: 'dashboard',
      description: 'Your drops, what to ship, your money',
    },
    {
      type: COMMAND_TYPES.subcommand,
      name: 'order',
      description: 'One of your orders',
      options: [
        {
          type: COMMAND_TYPES.string,
          name: 'order',
          description: 'Which order',
          required: true,
          autocomplete: true,
        },
      ],
    },
  ],
}

/** The people's side of a chat whose app does what the test says: routes and shapes of people.ts, nothing behind. */
export function createFakePeople(): FakePeople {
  const messages = new Map<string, SeenMessage>()
  const listeners = new Map<(event: LiveEvent) => void, string>()
  const closers = new Set<() => void>()
  const people: PersonSeen[] = Object.values(PEOPLE).map((person) => ({ ...person, dmsClosed: false }))
  const channels: ChannelSeen[] = Object.values(CHANNELS).map((channel) => ({
    ...channel,
    kind: 'text',
    memberIds: null,
  }))
  let nextId = 1000n
  const routes = new Hono()

  const canSee = (personId: string, event: LiveEvent): boolean => {
    if (event.type === 'channel') return event.channel.memberIds?.includes(personId) ?? true
    if (event.type !== 'message') return true
    const members = channels.find((channel) => channel.id === event.message.channel_id)?.memberIds
    return (event.message.onlyFor ?? personId) === personId && (members?.includes(personId) ?? true)
  }

  const fake: FakePeople = {
    routes,
    app: silent,
    say(message) {
      // A whole message of Discord's has forty fields; these are the ones that a client draws.
      const full = {
        id: String(100000000000000000n + nextId++),
        timestamp: new Date().toISOString(),
        edited_timestamp: null,
        author: { id: BOT_USER.id, username: BOT_USER.username, global_name: BOT_USER.globalName, bot: true },
        content: '',
        embeds: [],
        attachments: [],
        components: [],
        mentions: [],
        ...message,
      } as unknown as SeenMessage
      messages.set(full.id, full)
      fake.tell({ type: 'message', message: full })
      return full
    },
    tell(event) {
      for (const [listen, personId] of listeners) if (canSee(personId, event)) listen(event)
    },
    addChannel(channel) {
      channels.push(channel)
      fake.tell({ type: 'channel', channel })
    },
    breakStreams() {
      for (const close of closers) close()
    },
  }

  routes.get('/people/world', (c) =>
    c.json({
      guild: GUILD,
      people,
      channels,
      // As Discord lists it; the enums of discord-api-types cannot be imported as values from a literal.
      commands: [command] as unknown as World['commands'],
      bot: { id: BOT_USER.id, online: true },
    } satisfies World),
  )
  routes.get('/people/channels/:id', (c) => {
    const as = c.req.query('as')
    const seen = [...messages.values()].filter(
      (message) => message.channel_id === c.req.param('id') && (message.onlyFor ?? as) === as,
    )
    return c.json({ messages: seen })
  })
  routes.get('/people/live', (c) =>
    streamSSE(c, async (stream) => {
      const listen = (event: LiveEvent) => stream.writeSSE({ data: JSON.stringify(event) })
      const ended = new Promise<void>((resolve) => {
        closers.add(resolve)
        stream.onAbort(resolve)
      })
      await stream.write('retry: 50\n\n')
      listeners.set(listen, c.req.query('as') ?? '')
      await ended
      listeners.delete(listen)
    }),
  )
  routes.post('/people/command', async (c) => c.json(fake.app.command(await c.req.json<CommandAct>())))
  routes.post('/people/component', async (c) => c.json(fake.app.component(await c.req.json<ComponentAct>())))
  routes.post('/people/autocomplete', async (c) =>
    c.json(fake.app.autocomplete(await c.req.json<AutocompleteAct>())),
  )
  routes.post('/people/modal', async (c) => {
    const form = await c.req.formData()
    const files = [...form].flatMap(([field, file]) => (typeof file === 'string' ? [] : [{ field, file }]))
    return c.json(fake.app.modal(JSON.parse(String(form.get('act'))) as ModalAct, files))
  })
  routes.post('/people/message', async (c) => {
    const { as, channelId, content } = await c.req.json<MessageAct>()
    if (channelId === CHANNELS.drops.id) {
      return c.json({ error: 'You do not have permission to send messages here.' }, 403)
    }
    const person = people.find(({ id }) => id === as)
    if (!person) return c.json({ error: 'There is nobody like that.' }, 404)
    const { id, username, globalName } = person
    const author = { id, username, global_name: globalName, discriminator: '0', avatar: null }
    return c.json(fake.say({ channel_id: channelId, content, author }))
  })
  routes.post('/people/dms', async (c) => {
    const { as, closed } = await c.req.json<{ as: string; closed: boolean }>()
    const index = people.findIndex((person) => person.id === as)
    const person = people[index]
    if (!person) return c.json({ error: 'There is nobody like that.' }, 404)
    people[index] = { ...person, dmsClosed: closed }
    return c.json({})
  })
  return fake
}
