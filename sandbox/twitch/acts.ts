import { ControlError } from './errors.ts'
import type { Stand } from './stand.ts'
import { endSubscription, notify } from './subscriptions.ts'
import type { StreamRecord, UserRecord } from './tables.ts'

/** The user of this id. Throws ControlError. */
export function findUser({ tables }: Stand, id: string): UserRecord {
  const user = tables.users.get(id)
  if (!user) throw new ControlError(404, `There is no user ${id}.`)
  return user
}

/** What this user has on air now. */
export function currentStream({ tables }: Stand, userId: string): StreamRecord | undefined {
  return tables.streams.values().find((stream) => stream.userId === userId && stream.endedAt === null)
}

/** A user goes live, and Twitch tells whoever wants to know. Throws ControlError when they are live already. */
export function goLive(
  stand: Stand,
  userId: string,
  given: Pick<StreamRecord, 'title' | 'game' | 'type'>,
): StreamRecord {
  const user = findUser(stand, userId)
  if (currentStream(stand, userId)) throw new ControlError(409, `${user.display_name} is live already.`)
  const id = String(stand.tables.next('stream'))
  const stream = { id, userId, ...given, startedAt: stand.clock(), endedAt: null }
  stand.tables.streams.set(id, stream)
  tellOnline(stand, user, stream)
  return stream
}

/** A user's stream ends. Throws ControlError when there is none. */
export function goOffline(stand: Stand, userId: string): StreamRecord {
  const user = findUser(stand, userId)
  const stream = currentStream(stand, userId)
  if (!stream) throw new ControlError(409, `${user.display_name} is not live.`)
  const ended = { ...stream, endedAt: stand.clock() }
  stand.tables.streams.set(stream.id, ended)
  tellOffline(stand, user, stream)
  return ended
}

/** The connection of a live user drops `times` times: offline and online again, each time as the same stream. */
export function flap(stand: Stand, userId: string, times: number): StreamRecord {
  const user = findUser(stand, userId)
  const stream = currentStream(stand, userId)
  if (!stream) throw new ControlError(409, `${user.display_name} is not live.`)
  for (let n = 0; n < times; n++) {
    tellOffline(stand, user, stream)
    tellOnline(stand, user, stream)
  }
  return stream
}

/**
 * A user takes the app's authorisation back: the tokens die and `user.authorization.revoke` goes out. Subscriptions to
 * the user's streams live on, since those need no authorisation. Throws ControlError when there is none.
 */
export function disconnect(stand: Stand, userId: string): void {
  const user = findUser(stand, userId)
  if (!withdraw(stand, user.id, user))
    throw new ControlError(409, `${user.display_name} has not authorised the app.`)
}

/** A user deletes the account: the stream, the authorisation, and every subscription about the user end. */
export function removeUser(stand: Stand, userId: string): void {
  const user = findUser(stand, userId)
  const { tables } = stand
  for (const stream of tables.streams.values())
    if (stream.userId === user.id) tables.streams.delete(stream.id)
  tables.users.delete(user.id)
  for (const { id, condition } of tables.subscriptions.values())
    if (condition.broadcaster_user_id === user.id) endSubscription(stand, id, 'user_removed')
  withdraw(stand, user.id, null)
}

/** Forget tokens and codes whose time is over. */
export function pruneTokens({ tables, clock }: Stand): void {
  for (const { code, expiresAt } of tables.codes.values()) if (expiresAt <= clock()) tables.codes.delete(code)
  for (const { token, expiresAt } of tables.tokens.values())
    if (expiresAt !== null && expiresAt <= clock()) tables.tokens.delete(token)
}

/** Forget streams that no listing shows any more. */
export function pruneStreams({ tables, clock }: Stand): void {
  const { lingerMs } = tables.settings()
  for (const { id, endedAt } of tables.streams.values())
    if (endedAt !== null && endedAt + lingerMs < clock()) tables.streams.delete(id)
}

/** False when there was no authorisation. `user` is null for one who no longer exists. */
function withdraw(stand: Stand, userId: string, user: UserRecord | null): boolean {
  const { tables, app } = stand
  if (!tables.grants.get(userId)) return false
  tables.grants.delete(userId)
  for (const { code, userId: owner } of tables.codes.values()) if (owner === userId) tables.codes.delete(code)
  for (const table of [tables.tokens, tables.refreshTokens])
    for (const { token, userId: owner } of table.values()) if (owner === userId) table.delete(token)
  notify(stand, 'user.authorization.revoke', app.clientId, {
    client_id: app.clientId,
    user_id: userId,
    user_login: user?.login ?? null,
    user_name: user?.display_name ?? null,
  })
  return true
}

function tellOnline(stand: Stand, user: UserRecord, stream: StreamRecord): void {
  notify(stand, 'stream.online', user.id, {
    ...toEvent(user, stream),
    type: stream.type,
    started_at: toSecond(stream.startedAt),
  })
}

function tellOffline(stand: Stand, user: UserRecord, stream: StreamRecord): void {
  notify(stand, 'stream.offline', user.id, toEvent(user, stream))
}

function toEvent(user: UserRecord, stream: StreamRecord): object {
  return {
    id: stream.id,
    broadcaster_user_id: user.id,
    broadcaster_user_login: user.login,
    broadcaster_user_name: user.display_name,
  }
}

/** `2026-11-22T06:32:05Z`: streams begin at a full second. */
export function toSecond(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}
