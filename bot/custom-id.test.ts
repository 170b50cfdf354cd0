import assert from 'node:assert/strict'
import { test } from 'node:test'
import { customId, parseCustomId } from './custom-id.ts'
import { DRAFT_ID, DROP_ID, ORDER_ID } from './testing/samples.ts'

test('what we write is what we read', () => {
  assert.deepEqual(parseCustomId(customId('buy', DROP_ID)), ['buy', DROP_ID])
  assert.deepEqual(parseCustomId(customId('drop', 'new', '72', '1')), ['drop', 'new', '72', '1'])
  assert.deepEqual(parseCustomId(customId('drop', DRAFT_ID, '720', '10')), ['drop', DRAFT_ID, '720', '10'])
  assert.deepEqual(parseCustomId(customId('dashboard')), ['dashboard'])
})

test('anything else is nothing', () => {
  const forged = [
    '',
    'v1',
    'v1:buy',
    `v2:buy:${DROP_ID}`,
    `v1:buy:${ORDER_ID}`,
    `v1:buy:${DROP_ID}:more`,
    'v1:buy:drp_<script>',
    'v1:constructor',
    `v1:drop:new:9999:1`,
    `v1:buy:${'a'.repeat(2_000)}`,
  ]
  for (const text of forged) assert.equal(parseCustomId(text), null, text)
})
