import type { Context, Hono } from 'hono'
import { z } from 'zod'
import { FAULT_KINDS, type Faults } from '../faults.ts'
import { disconnect, findUser, flap, goLive, goOffline, removeUser } from './acts.ts'
import { ControlError } from './errors.ts'
import type { RateLimit } from './helix.ts'
import { renderHome } from './home-page.ts'
import { MODES, ORDERS } from './messages.ts'
import type { Env, Stand } from './stand.ts'
import { endSubscription } from './subscriptions.ts'
import { summarise } from './summary.ts'
import { STREAM_TYPES } from './tables.ts'
import { addManyUsers, addUser } from './users.ts'

const MOST_MS = 400 * 86_400_000
// Forms send text; JSON sends what it is.
const number = z.coerce.number().pipe(z.int())
const ms = number.pipe(z.number().min(0).max(MOST_MS))
const yes = z.union([z.boolean(), z.stringbool()])
const nothing = z.object({})

const NewUser = z.strictObject({
  login: z.string().regex(/^[a-z0-9]\w{2,24}$/, 'must be 3 to 25 lowercase letters, digits or underscores'),
  display_name: z.string().min(1).max(50).optional(),
})
const ManyUsers = z.strictObject({ count: number.pipe(z.number().min(1).max(10_000)) })
const Live = z.strictObject({
  title: z.string().max(140).default('At the bench'),
  game: z.string().max(100).default('Makers & Crafting'),
  type: z.enum(STREAM_TYPES).default('live'),
})
const Flap = z.strictObject({ times: number.pipe(z.number().min(1).max(20)).default(1) })
const Revoke = z.strictObject({ status: z.string().min(1).max(100) })
const Again = z.strictObject({ newId: yes.default(false) })
const MoodBody = z.strictObject({
  mode: z.enum(MODES).default('normal'),
  delayMs: ms.default(0),
  order: z.enum(ORDERS).default('kept'),
})
const FaultBody = z.strictObject({
  route: z.string().max(200).optional(),
  kind: z.enum(FAULT_KINDS),
  times: number.pipe(z.number().min(1).max(10_000)).default(1),
  delayMs: ms.optional(),
})
const SettingsBody = z.strictObject({
  pointsPerMinute: number.pipe(z.number().min(1).max(10_000_000)).exactOptional(),
  pageSize: number.pipe(z.number().min(1).max(1_000)).exactOptional(),
  maxTotalCost: number.pipe(z.number().min(0)).exactOptional(),
  appearMs: ms.exactOptional(),
  lingerMs: ms.exactOptional(),
  strictCallbacks: yes.exactOptional(),
  challengeFirst: yes.exactOptional(),
})
const Remaining = z.strictObject({ remaining: number.pipe(z.number().min(0)) })
const Clock = z.strictObject({ advanceMs: ms })

/**
 * What tests, people at the page and the journey may do that no client of Twitch can: JSON below /local. The page's own
 * forms send the same fields as text and are sent back to the page.
 *
 *   GET  /                                  the page "who is live", which does most of this
 *   GET  /local/summary                     { users, subscriptions, total_cost, messages, mood, settings, faults }
 *   POST /local/users                       { login, display_name? } or { count }    -> { ids }   many are made at once
 *   POST /local/users/:id/live              { title?, game?, type? }      -> the stream; 409 when live already
 *   POST /local/users/:id/offline           {}
 *   POST /local/users/:id/flap              { times? }   offline and online again, as the same stream
 *   POST /local/users/:id/disconnect        {}           takes the app's authorisation back
 *   POST /local/users/:id/remove            {}           deletes the account
 *   POST /local/subscriptions/:id/revoke    { status }   e.g. version_removed; any text, since Twitch adds new ones
 *   POST /local/messages/:id/again          { newId? }   send one message again, under its own id or a new one
 *   POST /local/mood                        { mode?, delayMs?, order? }   how messages travel from now on: see messages.ts
 *   POST /local/faults                      { route?, kind, times?, delayMs? }   e.g. route `GET /helix/streams`
 *   POST /local/faults/clear                {}
 *   POST /local/settings                    any of tables.ts' Settings but the clock
 *   POST /local/rate-limit                  { remaining }  points left in the Helix bucket now
 *   POST /local/tokens/expire               {}           every access token dies, as after two months
 *   POST /local/clock                       { advanceMs }  this stand-in alone: whoever keeps to another clock will find
 *                                           its messages dated in the future
 *
 * Lists are newest first. Errors: 4xx `{ error: string }`. A page of another origin is refused. `tick` does whatever the
 * clock says is due.
 */
export function mountControls(
  hono: Hono<Env>,
  stand: Stand,
  options: { readonly faults: Faults; readonly rateLimit: RateLimit; readonly tick: () => void },
): void {
  const { tables, messages } = stand
  const { faults, rateLimit, tick } = options

  hono.use('/local/*', async (c, next) => {
    const origin = c.req.header('origin')
    if (origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== c.req.header('host')))
      return c.json({ error: 'The controls of the local Twitch are not for pages of other origins.' }, 403)
    return next()
  })

  hono.get('/', (c) => c.html(renderHome(stand, faults, { search: c.req.query('q') ?? '', problem: null })))
  hono.get('/local/summary', (c) => c.json(summarise(stand, faults)))

  /** One control: its body, and what it does. The answer is JSON, or the page again when a form asked. */
  function control<S extends z.ZodType>(
    path: string,
    schema: S,
    run: (body: z.output<S>, id: string) => object | undefined,
  ): void {
    hono.post(`/local${path}`, async (c) => {
      const form = isForm(c)
      const parsed = schema.safeParse(await (form ? readForm(c) : c.req.json().catch(() => undefined)))
      const refuse = (problem: string, status: ControlError['status']) =>
        form
          ? c.html(renderHome(stand, faults, { search: '', problem }), status)
          : c.json({ error: problem }, status)
      if (!parsed.success) return refuse(z.prettifyError(parsed.error), 400)
      try {
        const answer = run(parsed.data, c.req.param('id') ?? '')
        const [, , place, id] = c.req.path.split('/')
        return form
          ? c.redirect(`/#${place === 'users' && id ? `user-${id}` : place}`, 303)
          : c.json(answer ?? {})
      } catch (error) {
        if (error instanceof ControlError) return refuse(error.message, error.status)
        throw error
      }
    })
  }

  control('/users', z.union([ManyUsers, NewUser]), (body) =>
    'count' in body
      ? { ids: addManyUsers(stand, body.count) }
      : { ids: [addUser(stand, body.login, body.display_name ?? body.login).id] },
  )
  control('/users/:id/live', Live, (given, id) => goLive(stand, id, given))
  control('/users/:id/offline', nothing, (_, id) => goOffline(stand, id))
  control('/users/:id/flap', Flap, ({ times }, id) => flap(stand, id, times))
  control('/users/:id/disconnect', nothing, (_, id) => void disconnect(stand, id))
  control('/users/:id/remove', nothing, (_, id) => void removeUser(stand, findUser(stand, id).id))
  control('/subscriptions/:id/revoke', Revoke, ({ status }, id) => {
    if (!endSubscription(stand, id, status))
      throw new ControlError(404, `There is no living subscription ${id}.`)
    return {}
  })
  control('/messages/:id/again', Again, ({ newId }, id) => {
    if (!messages.sendAgain(id, newId)) throw new ControlError(404, `There is no message ${id}.`)
    return {}
  })
  control('/mood', MoodBody, (mood) => {
    messages.setMood(mood)
    return messages.mood()
  })
  control('/faults/clear', nothing, () => void faults.clear())
  control('/faults', FaultBody, (fault) => {
    faults.add(fault)
    return { faults: faults.list() }
  })
  control('/settings', SettingsBody, (change) => {
    tables.change(change)
    return tables.settings()
  })
  control('/rate-limit', Remaining, ({ remaining }) => void rateLimit.setRemaining(remaining))
  control('/tokens/expire', nothing, () => void tables.tokens.clear())
  control('/clock', Clock, ({ advanceMs }) => {
    tables.change({ movedByMs: tables.settings().movedByMs + advanceMs })
    tick()
    return { now: stand.clock() }
  })
  hono.all('/local/*', (c) => c.json({ error: `There is no control ${c.req.method} ${c.req.path}.` }, 404))
}

function isForm(c: Context<Env>): boolean {
  return c.req.header('content-type')?.startsWith('application/x-www-form-urlencoded') ?? false
}

/** A form's fields; what was left empty is not there. */
async function readForm(c: Context<Env>): Promise<object> {
  const fields = await c.req.parseBody()
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''))
}
