import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { isAppError, PictureFormat } from '#contract'
import { type LocalStorage, startLocalStorage } from '../../sandbox/google/start-storage.ts'
import { createBucketShelf } from './media-gcs.ts'
import { mediaSuite } from './media-suite.ts'

const NAME = 'pic_01jd7y5m5sf1wsp61v0zhx2e3a.card.webp'
const unavailable = (error: unknown) => isAppError(error, 'unavailable')

let storage: LocalStorage
const logged: string[] = []
before(async () => {
  storage = await startLocalStorage({
    host: '127.0.0.1',
    port: 0,
    bucket: 'pictures',
    log: (message) => void logged.push(message),
  })
})
beforeEach(() => storage.objects.clear())
after(async () => {
  await storage.close()
  assert.deepEqual(logged, [], 'the stand-in was asked for nothing it does not have')
})

const shelf = () => createBucketShelf({ bucket: 'pictures', apiBase: storage.url })
const put = (data: string, name = NAME) => shelf().put([{ name, data: Buffer.from(data) }])

mediaSuite('Google Cloud Storage', async () => shelf())

test('an object says what it is, and that it never changes', async () => {
  for (const format of PictureFormat.options) {
    const name = NAME.replace('webp', format)
    await put('a mug', name)
    const { contentType, cacheControl } = storage.objects.get(name) ?? {}
    assert.deepEqual([contentType, cacheControl], [`image/${format}`, 'public, max-age=31536000, immutable'])
  }
})

test('what lies there is never replaced', async () => {
  await put('first')
  await put('second')
  assert.equal(storage.objects.get(NAME)?.data.toString(), 'first')
})

test('an upload whose answer was lost is tried again and stored once', async () => {
  storage.faults.push('lose')
  await put('a mug')
  assert.equal(storage.objects.size, 1)
  assert.deepEqual(await shelf().get(NAME), Buffer.from('a mug'))
})

test('an upload that arrived damaged is refused, and does not stay', async () => {
  storage.faults.push('damage')
  await assert.rejects(put('a mug'), unavailable)
  assert.equal(storage.objects.size, 0)
})

test('other objects in the bucket are not pictures', async () => {
  await put('hello', 'notes/readme.txt')
  assert.deepEqual(await Array.fromAsync(shelf().names()), [])
})

test('a wrong bucket, or nobody there, is unavailable and never a missing picture', async () => {
  const wrong = createBucketShelf({ bucket: 'pictuers', apiBase: storage.url })
  await assert.rejects(wrong.get(NAME), unavailable)
  await assert.rejects(wrong.put([{ name: NAME, data: Buffer.alloc(1) }]), unavailable)
  await assert.rejects(Array.fromAsync(wrong.names()), unavailable)
})
