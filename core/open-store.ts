import { createSqliteStore } from './adapters/store-sqlite.ts'
import { createUpcastStore } from './adapters/store-upcast.ts'
import type { Config } from './config.ts'
import type { Store } from './ports/store.ts'

/** The engine the configuration names, open; every document in it reads as one of today. */
export async function openStore(config: Config['store']): Promise<Store> {
  return createUpcastStore(await openEngine(config))
}

async function openEngine(config: Config['store']): Promise<Store> {
  if (config.driver === 'sqlite') return createSqliteStore({ path: config.path })
  // Loaded where it is used: Google's library takes half a second and some 60 MB to load.
  const { createFirestoreStore } = await import('./adapters/store-firestore.ts')
  return createFirestoreStore(config)
}
