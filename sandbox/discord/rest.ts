import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { getPath } from 'hono/utils/url'
import { z } from 'zod'
import { APPLICATION, BOT_USER, GUILD } from '../cast.ts'
import type { Endpoint } from './endpoint.ts'
import { DiscordError, parseForm } from './errors.ts'
import type { Interactions } from './interactions.ts'
import type { Live } from './live.ts'
import type { Login } from './login.ts'
import type { Channel, Memory, Person, StoredMessage } from './memory.ts'
import type { Messages } from './messages.ts'
import { createRateLimits } from './rate-limits.ts'
import { receive } from './received.ts'
import { type Command, parseCommands, parseMessage, parseThread } from './rules.ts'
import { botUser, toApiChannel, toApiRoles, toChannelSeen, toMember, toUser } from './views.ts'

const MOST_BYTES = 25 * 1024 * 1024
/** How long a nonce holds a repeated message back. Discord says "the past few minutes". */
const NONCE_MS = 5 * 60_000
const FIVE_IN_FIVE = { limit: 5, windowMs: 5_000 }

/**
 * Discord's REST API, version 10, as far as an app that sells drops needs it. Anything else answers 501 and is
 * logged. Source: Discord's resource pages; error codes from "Opcodes and status codes".
 */
export function createRestRoutes(deps: {
  memory: Memory
  messages: Messages
  interactions: Interactions
  live: Live
  endpoint: Endpoint
  login: Login | null
  publicKey: string
  gatewayUrl: string
  log: (line: string) => void
}): Hono {
  const { memory, messages, interactions, live, endpoint, login, publicKey, gatewayUrl, log } = deps
  const limits = createRateLimits()
  const beingMade = new Map<string, Promise<StoredMessage>>()
  // @discordjs writes "@me" and "@original" as %40me and %40original.
  const app = new Hono({ getPath: (request) => getPath(request).replaceAll('%40', '@') })
  const api = new Hono()

  api.use(
    bodyLimit({
      maxSize: MOST_BYTES,
      onError: (c) => c.json({ message: 'Request entity too large', code: 40005 }, 413),
    }),
  )

  // Interaction callbacks and their webhooks: the token in the path is the authorisation.
  api.post('/interactions/:id/:token/callback', async (c) => {
    const { payload, files } = await receive(c, 'payload_json')
    const answer = await interactions.answer(c.req.param('id'), c.req.param('token'), payload, files)
    return c.req.query('with_response') === 'true' ? c.json(answer as object) : c.body(null, 204)
  })
  const webhookLimit = limits.route({ name: 'webhook', limit: 5, windowMs: 2_000 }, 'token')
  api.post('/webhooks/:app/:token', webhookLimit, async (c) => {
    const { payload, files } = await receive(c, 'payload_json')
    const message = await interactions.followUp(c.req.param('token'), payload, files)
    return c.json(message)
  })
  const byToken = '/webhooks/:app/:token/messages/:message'
  api.get(byToken, webhookLimit, (c) => {
    return c.json(interactions.byToken(c.req.param('token'), c.req.param('message')).message)
  })
  api.patch(byToken, webhookLimit, async (c) => {
    const { payload, files } = await receive(c, 'payload_json')
    return c.json(
      await interactions.editByToken(c.req.param('token'), c.req.param('message'), payload, files),
    )
  })
  api.delete(byToken, webhookLimit, (c) => {
    interactions.removeByToken(c.req.param('token'), c.req.param('message'))
    return c.body(null, 204)
  })

  if (login) {
    app.route('/', login.page)
    api.route('/', login.api)
  }

  // Everything below is the bot's own.
  const authorised: MiddlewareHandler = async (c, next) => {
    if (!/^Bot \S+$/.test(c.req.header('authorization') ?? '')) {
      return c.json({ message: '401: Unauthorized', code: 0 }, 401)
    }
    return next()
  }
  for (const path of ['/gateway/*', '/applications/*', '/users/*', '/guilds/*', '/channels/*']) {
    api.use(path, authorised, limits.global)
  }

  api.get('/gateway/bot', (c) =>
    c.json({
      url: gatewayUrl,
      shards: 1,
      session_start_limit: { total: 1000, remaining: 1000, reset_after: 0, max_concurrency: 1 },
    }),
  )
  api.get('/users/@me', (c) =>
    c.json({ ...botUser(), verified: true, mfa_enabled: true, flags: 0, email: null }),
  )
  const application = () => ({
    id: APPLICATION.id,
    name: APPLICATION.name,
    icon: null,
    description: '',
    bot_public: false,
    bot_require_code_grant: false,
    bot: botUser(),
    verify_key: publicKey,
    flags: 0,
    interactions_endpoint_url: endpoint.url(),
  })
  api.get('/applications/@me', (c) => c.json(application()))
  api.patch('/applications/@me', async (c) => {
    const Change = z.strictObject({
      interactions_endpoint_url: z
        .url({ protocol: /^https?$/ })
        .nullable()
        .optional(),
    })
    const change = parseForm(Change, (await receive(c, 'payload_json')).payload)
    if (change.interactions_endpoint_url !== undefined) await endpoint.set(change.interactions_endpoint_url)
    return c.json(application())
  })

  const commandPaths = ['/applications/:app/commands', '/applications/:app/guilds/:guild/commands'] as const
  for (const path of commandPaths) {
    api.use(path, limits.route({ name: 'commands', limit: 5, windowMs: 5_000 }, 'app'))
    api.get(path, (c) => c.json(commandsOf(scope(c))))
    api.put(path, async (c) => {
      const guildId = scope(c)
      const wanted = parseCommands((await receive(c, 'payload_json')).payload)
      const before = commandsOf(guildId)
      for (const old of before) memory.commands.delete(old.id)
      for (const command of wanted) {
        const old = before.find((each) => each.type === command.type && each.name === command.name)
        const id = old?.id ?? memory.nextId()
        memory.commands.set(id, toApiCommand(command, id, guildId, memory.nextId()))
      }
      live.tell({ type: 'commands', commands: memory.commands.values() })
      return c.json(commandsOf(guildId))
    })
  }
  function scope(c: Context): string | null {
    if (c.req.param('app') !== APPLICATION.id) {
      throw new DiscordError(403, 20012, 'You are not authorized to perform this action on this application')
    }
    const guildId = c.req.param('guild') ?? null
    if (guildId !== null && guildId !== GUILD.id) throw new DiscordError(403, 50001, 'Missing Access')
    return guildId
  }
  const commandsOf = (guildId: string | null) =>
    memory.commands.values().filter((command) => (command.guild_id ?? null) === guildId)

  api.get('/channels/:channel', (c) => c.json(toApiChannel(channelOf(c), memory)))

  api.post(
    '/channels/:channel/messages',
    limits.route({ name: 'message-create', ...FIVE_IN_FIVE }, 'channel'),
    async (c) => {
      const channel = channelOf(c)
      const { payload, files } = await receive(c, 'payload_json')
      const message = parseMessage('create', payload)
      if (channel.kind === 'dm' && channel.memberIds?.some((id) => memory.people.get(id)?.dmsClosed)) {
        throw new DiscordError(403, 50007, 'Cannot send messages to this user')
      }
      const create = () => {
        const referred = message.message_reference?.message_id
        return messages.create({
          channelId: channel.id,
          payload: message,
          files,
          onlyFor: null,
          extra: referred
            ? { type: 19, message_reference: { type: 0, channel_id: channel.id, message_id: referred } }
            : {},
        })
      }
      if (!message.enforce_nonce || message.nonce == null) return c.json((await create()).message)
      const nonce = String(message.nonce)
      const earlier = withNonce(channel.id, nonce)
      if (earlier) return c.json(earlier.message)
      // A repeat may come while the first is still being made.
      const key = `${channel.id} ${nonce}`
      const making = beingMade.get(key) ?? create().finally(() => beingMade.delete(key))
      beingMade.set(key, making)
      return c.json((await making).message)
    },
  )
  function withNonce(
    channelId: string,
    nonce: string | number | null | undefined,
  ): StoredMessage | undefined {
    if (nonce == null) return undefined
    const since = memory.now() - NONCE_MS
    return memory
      .channelMessages(channelId)
      .findLast((stored) => stored.nonce === nonce && Date.parse(stored.message.timestamp) >= since)
  }

  const oneMessage = '/channels/:channel/messages/:message'
  api.get(oneMessage, limits.route({ name: 'message-get', limit: 10, windowMs: 1_000 }, 'channel'), (c) =>
    c.json(messageOf(c).message),
  )
  api.patch(oneMessage, limits.route({ name: 'message-edit', ...FIVE_IN_FIVE }, 'channel'), async (c) => {
    const stored = messageOf(c)
    const { payload, files } = await receive(c, 'payload_json')
    const message = parseMessage('edit', payload, { flags: stored.message.flags ?? 0 })
    return c.json((await messages.edit(stored.id, message, files)).message)
  })
  api.delete(
    oneMessage,
    limits.route({ name: 'message-delete', limit: 5, windowMs: 1_000 }, 'channel'),
    (c) => {
      messages.remove(messageOf(c).id)
      return c.body(null, 204)
    },
  )

  const threadLimit = limits.route({ name: 'threads', limit: 10, windowMs: 10_000 }, 'channel')
  api.post('/channels/:channel/threads', threadLimit, async (c) => {
    const parent = channelOf(c)
    if (parent.kind !== 'text')
      throw new DiscordError(400, 50024, 'Cannot execute action on this channel type')
    const { name, type } = parseThread((await receive(c, 'payload_json')).payload)
    return c.json(openThread(memory.nextId(), parent, name, type === 11 ? null : []), 201)
  })
  api.post('/channels/:channel/messages/:message/threads', threadLimit, async (c) => {
    const { id } = messageOf(c)
    const { name } = parseThread((await receive(c, 'payload_json')).payload)
    if (memory.channels.get(id)) {
      throw new DiscordError(400, 160004, 'A thread has already been created for this message')
    }
    return c.json(openThread(id, channelOf(c), name, null), 201)
  })
  function openThread(id: string, parent: Channel, name: string, memberIds: string[] | null) {
    const thread: Channel = { id, name, kind: 'thread', memberIds, parentId: parent.id }
    memory.channels.set(id, thread)
    announce(thread)
    return toApiChannel(thread, memory)
  }
  api.put('/channels/:channel/thread-members/:user', threadLimit, (c) => {
    const thread = channelOf(c)
    if (thread.kind !== 'thread') {
      throw new DiscordError(400, 50024, 'Cannot execute action on this channel type')
    }
    const person = personOf(c)
    if (thread.memberIds && !thread.memberIds.includes(person.id)) {
      const grown = { ...thread, memberIds: [...thread.memberIds, person.id] }
      memory.channels.set(thread.id, grown)
      announce(grown)
    }
    return c.body(null, 204)
  })
  function announce(channel: Channel): void {
    live.tell({ type: 'channel', channel: toChannelSeen(channel) }, (id) => memory.sees(id, channel.id))
  }

  api.post(
    '/users/@me/channels',
    limits.route({ name: 'dm-open', limit: 10, windowMs: 10_000 }),
    async (c) => {
      const body = (await receive(c, 'payload_json')).payload
      const { recipient_id } = parseForm(z.strictObject({ recipient_id: z.string() }), body)
      const person = memory.people.get(recipient_id)
      if (!person) throw new DiscordError(404, 10013, 'Unknown User')
      const known = memory.channels
        .values()
        .find(({ kind, memberIds }) => kind === 'dm' && memberIds?.includes(person.id))
      if (known) return c.json(toApiChannel(known, memory))
      const opened: Channel = {
        id: memory.nextId(),
        name: BOT_USER.username,
        kind: 'dm',
        memberIds: [person.id],
        parentId: null,
      }
      memory.channels.set(opened.id, opened)
      announce(opened)
      return c.json(toApiChannel(opened, memory))
    },
  )

  api.use('/guilds/:guild/*', async (c, next) => {
    if (c.req.param('guild') !== GUILD.id) throw new DiscordError(404, 10004, 'Unknown Guild')
    return next()
  })
  api.get('/guilds/:guild', (c) => {
    if (c.req.param('guild') !== GUILD.id) throw new DiscordError(404, 10004, 'Unknown Guild')
    return c.json({
      id: GUILD.id,
      name: GUILD.name,
      icon: null,
      owner_id: memory.people.values().find(({ role }) => role === 'operator')?.id,
      preferred_locale: 'en-US',
      premium_tier: 2,
      features: [],
      roles: toApiRoles(),
      emojis: [],
      stickers: [],
    })
  })
  api.get('/guilds/:guild/roles', (c) => c.json(toApiRoles()))
  api.get('/guilds/:guild/members/:user', (c) => {
    const person = personOf(c)
    return c.json({ user: toUser(person), ...toMember(person) })
  })
  api.put('/guilds/:guild/members/:user/roles/:role', (c) => {
    const { person, role } = grant(c)
    memory.people.set(person.id, { ...person, roles: [...new Set([...person.roles, role])] })
    return c.body(null, 204)
  })
  api.delete('/guilds/:guild/members/:user/roles/:role', (c) => {
    const { person, role } = grant(c)
    memory.people.set(person.id, { ...person, roles: person.roles.filter((id) => id !== role) })
    return c.body(null, 204)
  })

  function channelOf(c: Context): Channel {
    const channel = memory.channels.get(c.req.param('channel') ?? '')
    if (!channel) throw new DiscordError(404, 10003, 'Unknown Channel')
    return channel
  }
  /** Private answers are out of reach here: they belong to their interaction's token. */
  function messageOf(c: Context): StoredMessage {
    const stored = memory.messages.get(c.req.param('message') ?? '')
    if (!stored || stored.channelId !== channelOf(c).id || stored.onlyFor !== null) {
      throw new DiscordError(404, 10008, 'Unknown Message')
    }
    return stored
  }
  function personOf(c: Context): Person {
    const person = memory.people.get(c.req.param('user') ?? '')
    if (!person) throw new DiscordError(404, 10013, 'Unknown User')
    return person
  }
  function grant(c: Context): { person: Person; role: string } {
    const role = c.req.param('role') ?? ''
    if (!toApiRoles().some(({ id }) => id === role)) throw new DiscordError(404, 10011, 'Unknown Role')
    return { person: personOf(c), role }
  }

  app.route('/api/v10', api)

  app.get('/attachments/:folder/:id/:filename', (c) => {
    const file = memory.file(c.req.param('id'))
    if (!file) return c.text('This content is no longer available.', 404)
    const isMedia = /^(image|video|audio)\/(?!svg)/.test(file.contentType)
    return c.body(new Uint8Array(file.bytes), 200, {
      'content-type': file.contentType,
      'content-disposition': isMedia ? 'inline' : 'attachment',
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'cross-origin',
      'cache-control': 'max-age=31536000, immutable',
    })
  })

  app.notFound((c) => {
    const message = `local Discord has no ${c.req.method} ${c.req.path}`
    log(hidden(message))
    return c.json({ message, code: 0 }, 501)
  })
  app.onError((error, c) => {
    if (!(error instanceof DiscordError)) {
      log(`local Discord: ${c.req.method} ${hidden(c.req.path)} failed: ${error.stack ?? error.message}`)
      return c.json({ message: '500: Internal Server Error', code: 0 }, 500)
    }
    const { status, code, message, errors } = error
    if (code === 50035) {
      log(`local Discord refused ${c.req.method} ${hidden(c.req.path)}: ${JSON.stringify(errors)}`)
    }
    return c.json({ message, code, ...(errors ? { errors } : {}) }, status)
  })
  return app
}

/** A path without interaction tokens, for the log. */
function hidden(path: string): string {
  return path.replace(/\/(interactions|webhooks)\/(\d+)\/[^/]+/, '/$1/$2/:token')
}

/** A command as Discord gives it back: defaults filled in, false flags of options left out. */
function toApiCommand(command: Command, id: string, guildId: string | null, version: string) {
  const { options, ...rest } = command
  const tidy = (list: readonly object[]): object[] =>
    list.map((option) =>
      Object.fromEntries(
        Object.entries(option).flatMap(([key, value]) => {
          if ((key === 'required' || key === 'autocomplete') && value === false) return []
          if (key === 'options' && Array.isArray(value)) return [[key, tidy(value)]]
          return [[key, value]]
        }),
      ),
    )
  const whole = {
    ...rest,
    id,
    application_id: APPLICATION.id,
    version,
    name_localizations: command.name_localizations ?? null,
    description_localizations: command.description_localizations ?? null,
    default_member_permissions: command.default_member_permissions ?? null,
    nsfw: command.nsfw ?? false,
    ...(guildId
      ? { guild_id: guildId }
      : {
          dm_permission: true,
          contexts: command.contexts ?? null,
          integration_types: command.integration_types ?? [0],
        }),
    ...(options ? { options: tidy(options) } : {}),
  }
  // Our schema admitted it; Discord's types differ only in their enums.
  return whole as unknown as ReturnType<Memory['commands']['values']>[number]
}
