import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type CollectionName, EXPIRES, SEARCHABLE } from '../ports/store.ts'
import { QUERY_INDEXES } from './query-indexes.ts'

const FOLDER = join(import.meta.dirname, '../../deploy/firestore')
const collections = Object.keys(SEARCHABLE) as CollectionName[]
const ORDER = { asc: 'ASCENDING', desc: 'DESCENDING' } as const

/** The table in Google's words: firebase.google.com/docs/reference/firestore/indexes. */
function inGooglesWords(): object {
  const composite = collections.flatMap((collectionGroup) =>
    (QUERY_INDEXES[collectionGroup] ?? [])
      .map((index) => index.split(' '))
      .filter((words) => words.length > 1)
      .map((words) => {
        const direction = words.at(-1) === 'asc' ? 'asc' : 'desc'
        const fields = words.slice(0, -1)
        return {
          collectionGroup,
          queryScope: 'COLLECTION',
          fields: fields.map((fieldPath, i) => ({
            fieldPath,
            order: i === fields.length - 1 ? ORDER[direction] : ORDER.asc,
          })),
        }
      }),
  )
  const unneeded = collections.flatMap((collectionGroup) => {
    const alone = QUERY_INDEXES[collectionGroup] ?? []
    const searched = SEARCHABLE[collectionGroup].filter((field) => !alone.includes(field))
    return ['json', 'value', 'commit', ...searched].map((fieldPath) => ({
      collectionGroup,
      fieldPath,
      indexes: [],
    }))
  })
  const ending = Object.keys(EXPIRES).map((collectionGroup) => ({
    collectionGroup,
    fieldPath: 'expireAt',
    ttl: true,
    indexes: [],
  }))
  return { indexes: composite, fieldOverrides: [...unneeded, ...ending] }
}

test('Firestore is given exactly the indexes that the queries need, and what ends by itself', () => {
  const given: unknown = JSON.parse(readFileSync(join(FOLDER, 'firestore.indexes.json'), 'utf8'))
  assert.deepEqual(given, inGooglesWords(), `it should be:\n${JSON.stringify(inGooglesWords(), null, 2)}`)
})

test('only fields that are kept for searching are in an index', () => {
  for (const collection of collections) {
    const searchable: readonly string[] = SEARCHABLE[collection]
    const named = (QUERY_INDEXES[collection] ?? []).flatMap((index) =>
      index.split(' ').filter((word) => word !== 'asc' && word !== 'desc'),
    )
    assert.deepEqual(new Set(named), new Set(searchable), collection)
  }
})
