import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLive } from './live.ts'

test('a listener who does not read is cut off after a bounded amount, others hear on', async () => {
  const live = createLive()
  const slow = live.listen('slow')
  const quick = live.listen('quick').getReader()
  await quick.read()
  const commands = [{ description: 'x'.repeat(1024 * 1024) }] as never
  for (let round = 0; round < 10; round += 1) {
    live.tell({ type: 'commands', commands })
    await quick.read()
  }
  let bytes = 0
  for await (const chunk of slow) bytes += chunk.length
  assert.ok(bytes < 6 * 1024 * 1024, `${bytes} bytes were kept for a listener who does not read`)
  live.tell({ type: 'reset' })
  const last = await quick.read()
  assert.equal(new TextDecoder().decode(last.value), 'data: {"type":"reset"}\n\n')
  live.close()
  assert.equal((await quick.read()).done, true)
})

test('a listener hears only what it may see', async () => {
  const live = createLive()
  const reader = live.listen('poppy').getReader()
  await reader.read()
  live.tell({ type: 'bot', online: true }, (personId) => personId === 'wren')
  live.tell({ type: 'bot', online: false }, (personId) => personId === 'poppy')
  const { value } = await reader.read()
  assert.equal(new TextDecoder().decode(value), 'data: {"type":"bot","online":false}\n\n')
  live.close()
})
