import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createFileShelf } from './media-files.ts'
import { mediaSuite } from './media-suite.ts'

const NAME = 'pic_01jd7y5m5sf1wsp61v0zhx2e3a.card.webp'

let root: string
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'c500-media-'))
})
after(() => rm(root, { recursive: true }))

mediaSuite('files', async () => createFileShelf({ dir: await mkdtemp(join(root, 'shelf-')) }))

test('what cannot be written leaves no file behind', async () => {
  const dir = await mkdtemp(join(root, 'shelf-'))
  // A file where the folder should be: the same path as any other error of the disk.
  const blocked = join(dir, 'file')
  await writeFile(blocked, '')
  await assert.rejects(createFileShelf({ dir: blocked }).put([{ name: NAME, data: Buffer.alloc(9) }]))
  assert.deepEqual(await readdir(dir), ['file'])
})

test('half of a picture is taken away again, and other files are not pictures', async () => {
  const dir = await mkdtemp(join(root, 'shelf-'))
  const shelf = createFileShelf({ dir })
  const files = [
    { name: NAME, data: Buffer.alloc(9) },
    { name: 'no/such/folder', data: Buffer.alloc(9) },
  ]
  await assert.rejects(shelf.put(files))
  assert.deepEqual(await readdir(dir), [])
  await writeFile(join(dir, `.${NAME}.left-by-a-crash`), '')
  await writeFile(join(dir, 'README'), '')
  assert.deepEqual(await Array.fromAsync(shelf.names()), [])
})

test('a folder that is not there yet is an empty shelf', async () => {
  const shelf = createFileShelf({ dir: join(root, 'later') })
  assert.equal(await shelf.get(NAME), null)
  assert.deepEqual(await Array.fromAsync(shelf.names()), [])
})
