import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestStripe } from './test-stand.ts'

const JPEG = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.alloc(1_000, 7)])
const upload = (data: Buffer, name = 'case.jpg') => ({
  purpose: 'dispute_evidence' as const,
  file: { data, name, type: 'image/jpeg' },
})

test('evidence is uploaded once per key, listed, and named in a dispute', async (t) => {
  const { client, ...stripe } = await openTestStripe(t)
  const file = await client.files.create(upload(JPEG), { idempotencyKey: 'once' })
  assert.deepEqual(
    [file.object, file.type, file.size, file.filename, file.purpose],
    ['file', 'jpg', JPEG.length, 'case.jpg', 'dispute_evidence'],
  )
  assert.equal((await client.files.create(upload(JPEG), { idempotencyKey: 'once' })).id, file.id)
  await assert.rejects(
    client.files.create(upload(Buffer.from(JPEG).fill(8, 9)), { idempotencyKey: 'once' }),
    {
      type: 'StripeIdempotencyError',
    },
  )
  assert.deepEqual(
    (await client.files.list()).data.map(({ id }) => id),
    [file.id],
  )
  assert.equal((await client.files.retrieve(file.id)).size, JPEG.length)
  await assert.rejects(client.files.retrieve('file_none'), { code: 'resource_missing' })

  const { charge } = await stripe.paidCharge()
  const { id } = await stripe.control(`/charges/${charge.id}/dispute`, {})
  const answer = (uncategorized_file: string) =>
    client.disputes.update(String(id), { evidence: { uncategorized_file } })
  await assert.rejects(answer('file_none'), {
    code: 'resource_missing',
    param: 'evidence[uncategorized_file]',
  })
  const sent = await answer(file.id)
  assert.deepEqual([sent.status, sent.evidence.uncategorized_file], ['under_review', file.id])
})

test('what is no picture or PDF, too large, or for another purpose is refused', async (t) => {
  const { client } = await openTestStripe(t)
  const gif = Buffer.from('GIF89a and more')
  await assert.rejects(client.files.create(upload(gif)), { statusCode: 400, param: 'file' })
  const large = Buffer.concat([JPEG, Buffer.alloc(5_000_000)])
  await assert.rejects(client.files.create(upload(large)), { statusCode: 400, param: 'file' })
  const logo = { ...upload(JPEG), purpose: 'business_logo' as const }
  await assert.rejects(client.files.create(logo), { statusCode: 400, param: 'purpose' })
  for (const [name, first] of [
    ['a.pdf', '%PDF-1.7'],
    ['a.png', '\x89PNG'],
  ] as const) {
    const file = await client.files.create(upload(Buffer.from(first, 'latin1'), name))
    assert.equal(file.type, name.slice(2))
  }
})
