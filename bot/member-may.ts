import type { APIChannel, APIOverwrite, APIRole } from 'discord-api-types/v10'

/**
 * Whether a member with these roles has a permission (a bit of Discord's) in a channel, and so in the threads under it;
 * null is a member without roles. Administrators may do everything, everywhere, and are not asked about here.
 * Source: Discord's reference, "Permissions", computing the permissions of a member.
 */
export function memberMay(
  permission: bigint,
  guildId: string,
  channel: Pick<APIChannel, 'id'> & { readonly permission_overwrites?: readonly APIOverwrite[] },
  roles: readonly Pick<APIRole, 'id' | 'permissions'>[],
  member: { readonly userId: string; readonly roleIds: readonly string[] } | null,
): boolean {
  // The role that everybody has is named like the server.
  const held = new Set([guildId, ...(member?.roleIds ?? [])])
  const has = (bits: string) => (BigInt(bits) & permission) !== 0n
  let may = roles.some(({ id, permissions }) => held.has(id) && has(permissions))

  const overwrites = channel.permission_overwrites ?? []
  const everyone = overwrites.filter(({ id }) => id === guildId)
  const ofRoles = overwrites.filter(({ id }) => id !== guildId && held.has(id))
  const own = overwrites.filter(({ id }) => id === member?.userId)
  // The nearer to the person, the later; at one distance what is allowed wins.
  for (const level of [everyone, ofRoles, own]) {
    if (level.some(({ deny }) => has(deny))) may = false
    if (level.some(({ allow }) => has(allow))) may = true
  }
  return may
}
