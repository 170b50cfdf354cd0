import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { APIApplicationCommand, APIApplicationCommandBasicOption } from 'discord-api-types/v10'
import { listRunnables, matchRunnables, readOption } from './browser/commands.ts'

const commands = [
  {
    type: 1,
    name: 'c500',
    guild_id: '1',
    description: 'All of it',
    options: [
      { type: 1, name: 'drop', description: 'Sell' },
      { type: 1, name: 'dashboard', description: 'Money' },
      {
        type: 2,
        name: 'admin',
        description: 'Group',
        options: [{ type: 1, name: 'approve', description: 'Let in' }],
      },
    ],
  },
  { type: 1, name: 'ping', description: 'Anywhere', contexts: [0, 1] },
  { type: 2, name: 'Report', description: '' },
  // Only what a client reads of a command.
] as unknown as APIApplicationCommand[]

const names = (found: readonly { path: readonly string[] }[]) => found.map(({ path }) => path.join(' '))

test('a command with subcommands is typed by its subcommands, in groups too', () => {
  assert.deepEqual(names(listRunnables(commands, false)), [
    'c500 drop',
    'c500 dashboard',
    'c500 admin approve',
    'ping',
  ])
})

test('in direct messages a server’s own commands are not offered', () => {
  assert.deepEqual(names(listRunnables(commands, true)), ['ping'])
})

test('typing narrows the list, by beginnings before other words', () => {
  const all = listRunnables(commands, false)
  assert.deepEqual(names(matchRunnables(all, '/c500 d')), [
    'c500 drop',
    'c500 dashboard',
    'c500 admin approve',
  ])
  assert.deepEqual(names(matchRunnables(all, '/dash')), ['c500 dashboard'])
  assert.deepEqual(names(matchRunnables(all, '/C500 DROP ')), ['c500 drop'])
  assert.deepEqual(names(matchRunnables(all, '/nothing')), [])
})

test('an option is read by its own rules', () => {
  const hours = {
    type: 4,
    name: 'hours',
    description: '',
    min_value: 1,
    max_value: 720,
  } as APIApplicationCommandBasicOption
  assert.deepEqual(readOption(hours, ' 48 '), { kind: 'value', value: 48 })
  assert.deepEqual(readOption(hours, ''), { kind: 'empty' })
  assert.deepEqual(readOption({ ...hours, required: true }, ' '), {
    kind: 'problem',
    sentence: 'This one is needed.',
  })
  for (const wrong of ['0', '721', '1.5', 'soon', 'Infinity']) {
    assert.equal(readOption(hours, wrong).kind, 'problem', wrong)
  }
  const quiet = { type: 5, name: 'quiet', description: '' } as APIApplicationCommandBasicOption
  assert.deepEqual(readOption(quiet, 'false'), { kind: 'value', value: false })
})
