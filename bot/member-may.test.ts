import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type APIOverwrite, OverwriteType, PermissionFlagsBits } from 'discord-api-types/v10'
import { memberMay } from './member-may.ts'

const GUILD = '1'
const POTTERS = '2'
const POPPY = '3'
const TYPE = String(PermissionFlagsBits.SendMessagesInThreads)
const ADMIN = String(PermissionFlagsBits.Administrator)
const roles = (everyone: string, potters = '0') => [
  { id: GUILD, permissions: everyone },
  { id: POTTERS, permissions: potters },
]
const deny = (id: string, type = OverwriteType.Role): APIOverwrite => ({ id, type, allow: '0', deny: TYPE })
const allow = (id: string, type = OverwriteType.Role): APIOverwrite => ({ id, type, allow: TYPE, deny: '0' })
const may = (overwrites: APIOverwrite[], given = roles(TYPE), roleIds: string[] = [POTTERS]) =>
  memberMay(
    PermissionFlagsBits.SendMessagesInThreads,
    GUILD,
    { id: 'c', permission_overwrites: overwrites },
    given,
    { userId: POPPY, roleIds },
  )

test('what a member may is decided nearest to the person, and by what is allowed at one distance', () => {
  assert.equal(may([]), true)
  assert.equal(may([], roles('0')), false)
  assert.equal(may([], roles('0', TYPE)), true)
  assert.equal(may([], roles('0', TYPE), []), false)
  assert.equal(may([deny(GUILD)]), false)
  assert.equal(may([deny(GUILD)], roles(TYPE, TYPE)), false, 'a channel takes away what a role gives')
  assert.equal(may([deny(GUILD), allow(POTTERS)]), true)
  assert.equal(may([deny(GUILD), allow(POTTERS)], roles(TYPE), []), false)
  assert.equal(may([allow(GUILD), deny(POTTERS)], roles('0')), false)
  assert.equal(may([deny(GUILD), allow(POTTERS), deny(POPPY, OverwriteType.Member)]), false)
  assert.equal(may([deny(GUILD), allow(POPPY, OverwriteType.Member)]), true)
  assert.equal(may([deny(GUILD), allow('9', OverwriteType.Member)]), false)
})

test('an administrator is looked at like anybody else, and a channel without overwrites leaves all as it is', () => {
  assert.equal(may([deny(GUILD)], roles('0', ADMIN)), false)
  assert.equal(
    memberMay(PermissionFlagsBits.SendMessagesInThreads, GUILD, { id: 'c' }, roles(TYPE), null),
    true,
  )
  assert.equal(
    memberMay(
      PermissionFlagsBits.SendMessagesInThreads,
      GUILD,
      { id: 'c', permission_overwrites: [deny(GUILD)] },
      roles(TYPE),
      null,
    ),
    false,
  )
})
