import type { Shelf } from './adapters/media.ts'
import { createFileShelf } from './adapters/media-files.ts'
import type { Config } from './config.ts'

/** Where the configuration keeps pictures. */
export async function openShelf(media: Config['media']): Promise<Shelf> {
  if (media.driver === 'files') return createFileShelf(media)
  // Loaded where it is used, as Google's library is large.
  const { createBucketShelf } = await import('./adapters/media-gcs.ts')
  return createBucketShelf({ bucket: media.bucket, ...(media.apiBase ? { apiBase: media.apiBase } : {}) })
}
