import type { APIUser } from 'discord-api-types/v10'
import { BOT_USER, GUILD, ROLES } from '../cast.ts'
import type { ChannelSeen } from '../people.ts'
import { type Channel, MEMBER_PERMISSIONS, type Memory, OPERATOR_PERMISSIONS, type Person } from './memory.ts'

export function toUser(person: Person): APIUser {
  const { id, username, globalName } = person
  return { id, username, global_name: globalName, discriminator: '0', avatar: null }
}

export function botUser(): APIUser {
  const { id, username, globalName } = BOT_USER
  return {
    id,
    username,
    global_name: globalName,
    discriminator: '0',
    avatar: null,
    bot: true,
  }
}

export function permissionsOf(person: Person): bigint {
  return person.role === 'operator' ? OPERATOR_PERMISSIONS : MEMBER_PERMISSIONS
}

/** What a person may do in a channel: a thread has the permissions of the channel it hangs under. */
export function permissionsIn(channel: Channel, person: Person, memory: Memory): bigint {
  let bits = permissionsOf(person)
  if (bits === OPERATOR_PERMISSIONS) return bits
  const parent = channel.parentId === null ? channel : memory.channels.get(channel.parentId)
  const overwrites = parent?.overwrites ?? []
  const levels = [[GUILD.id], person.roles, [person.id]]
  for (const ids of levels) {
    const mine = overwrites.filter(({ id }) => ids.includes(id))
    for (const { deny } of mine) bits &= ~BigInt(deny)
    for (const { allow } of mine) bits |= BigInt(allow)
  }
  return bits
}

/** A guild member without its user. */
export function toMember(person: Person) {
  return {
    nick: null,
    avatar: null,
    roles: person.roles,
    joined_at: '2026-01-01T00:00:00.000000+00:00',
    premium_since: null,
    communication_disabled_until: null,
    deaf: false,
    mute: false,
    pending: false,
    flags: 0,
  }
}

/** A channel as the REST routes and interactions show it. */
export function toApiChannel(channel: Channel, memory: Memory) {
  const { id, name, kind, parentId } = channel
  const last = memory.channelMessages(id).findLast((stored) => stored.onlyFor === null)
  const common = { id, last_message_id: last?.id ?? null, flags: 0 }
  if (kind === 'dm') {
    const recipients = (channel.memberIds ?? []).flatMap((memberId) => {
      const person = memory.people.get(memberId)
      return person ? [toUser(person)] : []
    })
    return { ...common, type: 1, recipients }
  }
  const inGuild = { ...common, guild_id: GUILD.id, name, rate_limit_per_user: 0 }
  if (kind === 'text') {
    return {
      ...inGuild,
      type: 0,
      position: 0,
      permission_overwrites: channel.overwrites ?? [],
      nsfw: false,
      topic: null,
      parent_id: null,
    }
  }
  return {
    ...inGuild,
    type: channel.memberIds ? 12 : 11,
    parent_id: parentId,
    owner_id: BOT_USER.id,
    message_count: memory.channelMessages(id).length,
    member_count: (channel.memberIds?.length ?? 0) + 1,
    thread_metadata: {
      archived: false,
      auto_archive_duration: 4320,
      archive_timestamp: '2026-01-01T00:00:00.000000+00:00',
      locked: false,
      invitable: false,
    },
  }
}

export function toApiRoles() {
  const everyone = { id: GUILD.id, name: '@everyone', permissions: String(MEMBER_PERMISSIONS) }
  const others = Object.entries(ROLES).map(([key, role]) => ({
    ...role,
    permissions: String(key === 'operator' ? OPERATOR_PERMISSIONS : MEMBER_PERMISSIONS),
  }))
  return [everyone, ...others].map((role, position) => ({
    ...role,
    color: 0,
    colors: { primary_color: 0, secondary_color: null, tertiary_color: null },
    hoist: false,
    position,
    managed: false,
    mentionable: false,
    flags: 0,
  }))
}

export function toChannelSeen({ id, name, kind, memberIds }: Channel): ChannelSeen {
  return { id, name, kind, memberIds }
}
