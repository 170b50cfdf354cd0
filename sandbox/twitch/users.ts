import type { Hono } from 'hono'
import { ControlError, helixError } from './errors.ts'
import type { Env, Stand } from './stand.ts'
import type { UserRecord } from './tables.ts'

const MOST_ASKED = 100
const SOFT_COLOURS = ['#f8c8d4', '#d9cdf0', '#c6e8d5', '#fbe7a8', '#c3dff2']

/** GET /helix/users, and the pictures it names. */
export function mountUsers(hono: Hono<Env>, stand: Stand): void {
  const { tables } = stand

  hono.get('/helix/users', (c) => {
    const ids = c.req.queries('id') ?? []
    const logins = (c.req.queries('login') ?? []).map((login) => login.toLowerCase())
    const { userId, scope } = c.get('token')
    const asked = ids.length + logins.length
    if (asked === 0 && userId === null) return helixError(c, 400, 'Must provide an ID, Login or OAuth Token.')
    if (asked > MOST_ASKED) return helixError(c, 400, `The limit is ${MOST_ASKED} ids and logins.`)
    if (ids.some((id) => !/^\d+$/.test(id)))
      return helixError(c, 400, 'The ID in the id query parameter is not valid.')
    const wanted = new Set(asked === 0 ? [userId] : ids)
    const found = tables.users.values().filter(({ id, login }) => wanted.has(id) || logins.includes(login))
    return c.json({
      data: found.map((user) => ({
        ...toUser(stand, user),
        ...(user.id === userId &&
          scope.includes('user:read:email') && { email: `${user.login}@example.com` }),
      })),
    })
  })

  hono.get('/pictures/:file', (c) => {
    const login = c.req.param('file').replace(/\.svg$/, '')
    const user = tables.users.values().find((one) => one.login === login)
    if (!user) return c.notFound()
    return c.body(drawPicture(user), 200, { 'content-type': 'image/svg+xml' })
  })
}

/** A new user of this name, for good. Throws ControlError when the login is taken. */
export function addUser(stand: Stand, login: string, displayName: string): UserRecord {
  const { tables, clock } = stand
  if (tables.users.values().some((user) => user.login === login))
    throw new ControlError(409, `The login ${login} is taken.`)
  const created_at = `${new Date(clock()).toISOString().slice(0, 19)}Z`
  const id = String(tables.next('user'))
  const user = { id, login, display_name: displayName, description: '', created_at }
  tables.users.set(id, user)
  return user
}

/** Many new users at once, `maker_1001` and so on by their ids. */
export function addManyUsers(stand: Stand, count: number): string[] {
  const { tables, clock } = stand
  const created_at = `${new Date(clock()).toISOString().slice(0, 19)}Z`
  return Array.from({ length: count }, () => {
    const id = String(tables.next('user'))
    const login = `maker_${id}`
    tables.users.set(id, { id, login, display_name: `Maker_${id}`, description: '', created_at })
    return id
  })
}

function toUser(stand: Stand, { id, login, display_name, description, created_at }: UserRecord): object {
  return {
    id,
    login,
    display_name,
    type: '',
    broadcaster_type: '',
    description,
    profile_image_url: `${stand.url()}/pictures/${login}.svg`,
    offline_image_url: '',
    view_count: 0,
    created_at,
  }
}

function drawPicture({ id, login }: UserRecord): string {
  const colour = SOFT_COLOURS[Number(id) % SOFT_COLOURS.length]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96"><rect width="96" height="96" fill="${colour}"/>
<text x="48" y="62" font-family="system-ui,sans-serif" font-size="42" font-weight="600" text-anchor="middle" fill="#4a3228">${login.slice(0, 1).toUpperCase()}</text></svg>`
}
