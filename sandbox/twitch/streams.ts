import type { Hono } from 'hono'
import { toSecond } from './acts.ts'
import { fromCursor, toCursor } from './cursor.ts'
import { helixError } from './errors.ts'
import type { Env, Stand } from './stand.ts'
import type { StreamRecord, UserRecord } from './tables.ts'

const MOST_ASKED = 100
const PAGE = { default: 20, most: 100 }
const NOT_BUILT = ['game_id', 'language', 'before']

/**
 * GET /helix/streams: whoever is live, as Twitch's cache has it. A stream comes `appearMs` after it began and leaves
 * `lingerMs` after it ended.
 */
export function mountStreams(hono: Hono<Env>, stand: Stand): void {
  const { log } = stand

  hono.get('/helix/streams', (c) => {
    const missing = NOT_BUILT.find((name) => c.req.query(name) !== undefined)
    if (missing !== undefined) {
      const message = `local Twitch has no ${missing} at GET /helix/streams`
      log(`NOT BUILT: ${message}`)
      return helixError(c, 501, message)
    }
    const ids = c.req.queries('user_id') ?? []
    const logins = (c.req.queries('user_login') ?? []).map((login) => login.toLowerCase())
    if (ids.length > MOST_ASKED || logins.length > MOST_ASKED)
      return helixError(c, 400, `The limit is ${MOST_ASKED} ids and ${MOST_ASKED} logins.`)
    const type = c.req.query('type') ?? 'all'
    if (type !== 'all' && type !== 'live') return helixError(c, 400, 'The type must be all or live.')
    const first = Number(c.req.query('first') ?? PAGE.default)
    if (!Number.isInteger(first) || first < 1 || first > PAGE.most)
      return helixError(c, 400, `The parameter "first" must be from 1 to ${PAGE.most}.`)
    const after = fromCursor(c.req.query('after'))
    if (after === null) return helixError(c, 400, 'The cursor is not valid.')

    const everybody = ids.length + logins.length === 0
    const found = listed(stand).filter(
      ({ stream, user }) =>
        (everybody || ids.includes(user.id) || logins.includes(user.login)) &&
        (type === 'all' || stream.type === 'live'),
    )
    const end = after + first
    return c.json({
      data: found.slice(after, end).map(({ stream, user }) => toStream(stand, stream, user)),
      pagination: end < found.length ? { cursor: toCursor(end) } : {},
    })
  })

  hono.get('/thumbnails/:file', (c) => c.body(drawThumbnail(), 200, { 'content-type': 'image/svg+xml' }))
}

function listed({ tables, clock }: Stand) {
  const { appearMs, lingerMs } = tables.settings()
  const now = clock()
  return tables.streams.values().flatMap((stream) => {
    const user = tables.users.get(stream.userId)
    const here =
      now >= stream.startedAt + appearMs && (stream.endedAt === null || now < stream.endedAt + lingerMs)
    return user && here ? [{ stream, user }] : []
  })
}

function toStream(stand: Stand, stream: StreamRecord, user: UserRecord): object {
  return {
    id: stream.id,
    user_id: user.id,
    user_login: user.login,
    user_name: user.display_name,
    game_id: stream.game === '' ? '' : String(500_000 + stream.game.length),
    game_name: stream.game,
    type: stream.type === 'live' ? 'live' : '',
    title: stream.title,
    viewer_count: 7 + (Number(stream.id) % 40),
    started_at: toSecond(stream.startedAt),
    language: 'en',
    thumbnail_url: `${stand.url()}/thumbnails/${user.login}-{width}x{height}.svg`,
    tag_ids: [],
    tags: ['Handmade'],
    is_mature: false,
  }
}

function drawThumbnail(): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 180"><rect width="320" height="180" fill="#d9cdf0"/>
<path d="M135 60v60l50-30z" fill="#fff8ee"/></svg>`
}
