import assert from 'node:assert/strict'
import { test } from 'node:test'
import { COMMANDS, registerCommands } from './register.ts'

/** As Discord gives them back: ids, versions and defaults added, keys in another order. */
function asDiscordAnswers() {
  return COMMANDS.map(({ options, name, ...rest }) => ({
    default_member_permissions: null as string | null,
    id: '400000000000000001',
    application_id: '100000000000000002',
    version: '400000000000000002',
    nsfw: false,
    options: options.map((option) => ({ required: false, options: [], ...option })),
    ...rest,
    name,
  }))
}

function register(there: readonly unknown[], write: (commands: readonly unknown[]) => void) {
  const guild = {
    readCommands: async () => there,
    writeCommands: async (_application: string, _guild: string, commands: readonly unknown[]) =>
      write(commands),
  }
  return registerCommands(guild, '100000000000000002', '100000000000000001')
}

test('commands are written when the guild has none or others', async () => {
  for (const there of [[], [{ type: 1, name: 'c500', description: 'older' }]]) {
    const written: unknown[] = []
    const wrote = await register(there, (commands) => written.push(...commands))
    assert.equal(wrote, true)
    assert.deepEqual(written, [...COMMANDS])
  }
})

test('commands that are there already are left alone', async () => {
  assert.equal(await register(asDiscordAnswers(), () => assert.fail('nothing to write')), false)
})

test('a difference in either command, or in who may see it, is written', async () => {
  const [c500, operator] = asDiscordAnswers()
  assert.ok(c500 && operator)
  const others = [
    [c500],
    [operator],
    [c500, { ...operator, default_member_permissions: '8' }],
    [c500, { ...operator, options: operator.options.slice(1) }],
    [{ ...c500, description: 'Another' }, operator],
  ]
  for (const there of others) {
    assert.equal(await register(there, () => {}), true)
  }
  assert.equal(await register([operator, c500], () => assert.fail('nothing to write')), false)
})
