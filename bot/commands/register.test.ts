import assert from 'node:assert/strict'
import { test } from 'node:test'
import { COMMANDS, registerCommands } from './register.ts'

/** As Discord gives them back: ids, versions and defaults added, keys in another order. */
function asDiscordAnswers() {
  return COMMANDS.map(({ options, name, ...rest }) => ({
    id: '400000000000000001',
    application_id: '100000000000000002',
    version: '400000000000000002',
    default_member_permissions: null,
    nsfw: false,
    options: options.map((option) => ({ required: false, options: [], ...option })),
    ...rest,
    name,
  }))
}

test('commands are written when the guild has none or others', async () => {
  for (const there of [[], [{ type: 1, name: 'c500', description: 'older' }]]) {
    const written: unknown[] = []
    const wrote = await registerCommands({
      read: async () => there,
      write: async (commands) => void written.push(...commands),
    })
    assert.equal(wrote, true)
    assert.deepEqual(written, [...COMMANDS])
  }
})

test('commands that are there already are left alone', async () => {
  const wrote = await registerCommands({
    read: async () => asDiscordAnswers(),
    write: () => assert.fail('nothing to write'),
  })
  assert.equal(wrote, false)
})
