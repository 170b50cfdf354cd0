import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { z } from 'zod'
import { BOT_USER, GUILD } from '../cast.ts'
import type { World } from '../people.ts'
import { ActRefused, type Acts } from './acts.ts'
import { DiscordError } from './errors.ts'
import type { Interactions } from './interactions.ts'
import type { Live } from './live.ts'
import { type Memory, toSeen } from './memory.ts'
import type { Messages } from './messages.ts'
import { receive } from './received.ts'
import { toChannelSeen } from './views.ts'

const MOST_BYTES = 60 * 1024 * 1024

const As = z.string().min(1)
const CommandBody = z.object({
  as: As,
  channelId: z.string(),
  path: z.array(z.string()).min(1).max(3),
  options: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
})
const AutocompleteBody = CommandBody.extend({ focused: z.string() })
const ComponentBody = z.object({
  as: As,
  messageId: z.string(),
  customId: z.string(),
  values: z.array(z.string()).max(25).optional(),
})
const ModalBody = z.object({
  as: As,
  modalId: z.string(),
  values: z.record(z.string(), z.union([z.string(), z.array(z.string())])),
})
const MessageBody = z.object({ as: As, channelId: z.string(), content: z.string().max(2_000) })
const DismissBody = z.object({ as: As })
const DmsBody = z.object({ as: As, closed: z.boolean() })

/** The routes of people.ts. */
export function createPeopleRoutes(deps: {
  memory: Memory
  acts: Acts
  interactions: Interactions
  /** Whether interactions reach the app. */
  isOnline: () => boolean
  live: Live
  messages: Pick<Messages, 'remove'>
  log: (line: string) => void
}): Hono {
  const { memory, acts, interactions, isOnline, live, messages, log } = deps
  const app = new Hono()

  app.use('/people/*', async (c, next) => {
    // A page of another origin must not act for the people here.
    const origin = c.req.header('origin')
    if (origin !== undefined && URL.parse(origin)?.host !== c.req.header('host')) {
      return c.json({ error: 'This page may not speak for the people of the local Discord.' }, 403)
    }
    return next()
  })
  app.use(
    '/people/*',
    bodyLimit({
      maxSize: MOST_BYTES,
      onError: (c) => c.json({ error: `That is more than ${MOST_BYTES / 1024 / 1024} MB at once.` }, 413),
    }),
  )

  app.get('/people/world', (c) => {
    const world: World = {
      guild: GUILD,
      people: memory.people.values().map(({ roles: _, ...person }) => person),
      channels: memory.channels.values().map(toChannelSeen),
      commands: memory.commands.values(),
      bot: { id: BOT_USER.id, online: isOnline() },
    }
    return c.json(world)
  })

  app.get('/people/channels/:channelId', (c) => {
    const as = personId(c.req.query('as'))
    const channelId = c.req.param('channelId')
    if (!memory.sees(as, channelId)) {
      throw new ActRefused(404, 'There is no such channel, or this person cannot see it.')
    }
    const seen = memory.channelMessages(channelId).filter((stored) => memory.seesMessage(as, stored))
    return c.json({ messages: seen.map(toSeen) })
  })

  app.get('/people/live', (c) => {
    const as = personId(c.req.query('as'))
    return c.body(live.listen(as), 200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    })
  })

  app.post('/people/command', async (c) => {
    const { payload, files } = await receive(c, 'act')
    return c.json(await acts.command(parse(CommandBody, payload), files))
  })
  app.post('/people/autocomplete', async (c) => {
    return c.json({ choices: await acts.autocomplete(parse(AutocompleteBody, await json(c))) })
  })
  app.post('/people/component', async (c) => {
    const { values, ...act } = parse(ComponentBody, await json(c))
    return c.json(await acts.component(values ? { ...act, values } : act))
  })
  app.post('/people/modal', async (c) => {
    const { payload, files } = await receive(c, 'act')
    return c.json(await acts.modal(parse(ModalBody, payload), files))
  })
  app.post('/people/message', async (c) => c.json(await acts.message(parse(MessageBody, await json(c)))))
  app.post('/people/dms', async (c) => {
    const { as, closed } = parse(DmsBody, await json(c))
    const person = memory.people.get(personId(as))
    if (person) memory.people.set(as, { ...person, dmsClosed: closed })
    return c.json({})
  })
  app.post('/people/dismiss', async (c) => {
    const as = personId(parse(DismissBody, await json(c)).as)
    for (const { id, onlyFor } of memory.messages.values()) if (onlyFor === as) messages.remove(id)
    return c.json({})
  })
  app.post('/people/reset', (c) => {
    memory.forgetMessages()
    interactions.forget()
    live.tell({ type: 'reset' })
    return c.json({})
  })

  app.onError((error, c) => {
    if (error instanceof ActRefused) return c.json({ error: error.message }, error.status)
    if (error instanceof DiscordError) return c.json({ error: error.message }, 400)
    log(`local Discord: ${c.req.method} ${c.req.path} failed: ${error.stack ?? error.message}`)
    return c.json({ error: 'The local Discord has a fault; its log says more.' }, 500)
  })

  function personId(id: string | undefined): string {
    if (id === undefined || !memory.people.get(id)) throw new ActRefused(404, 'There is no such person.')
    return id
  }
  return app
}

async function json(c: Context): Promise<unknown> {
  return (await receive(c, 'act')).payload
}

function parse<T extends z.ZodType>(schema: T, body: unknown): z.infer<T> {
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new ActRefused(400, `${issue?.path.join('.') || 'The body'}: ${issue?.message ?? 'is not right'}.`)
}
