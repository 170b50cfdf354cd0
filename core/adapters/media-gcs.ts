import { ApiError, Storage } from '@google-cloud/storage'
import { AppError } from '#contract'
import { isPictureName, type Shelf } from './media.ts'

/** Of one attempt. The library makes up to four, with growing pauses. */
const TIMEOUT_MS = 15_000
const NAMES_PER_PAGE = 1_000
const NOT_FOUND = 404
const PRECONDITION_FAILED = 412

/**
 * Pictures as objects of one Google Cloud Storage bucket, with the machine's own Google credentials; the role
 * `roles/storage.objectUser` on the bucket is enough. `apiBase` is a stand-in's address, asked without credentials.
 * Throws AppError `unavailable` when Google cannot be reached or does not let us in.
 */
export function createBucketShelf(options: { readonly bucket: string; readonly apiBase?: string }): Shelf {
  const { apiBase } = options
  const storage = new Storage({ timeout: TIMEOUT_MS, ...(apiBase ? { apiEndpoint: apiBase } : {}) })
  const bucket = storage.bucket(options.bucket)

  async function upload(name: string, data: Uint8Array): Promise<void> {
    try {
      await bucket.file(name).save(data, {
        // One request, whose checksum the library compares with what Google received.
        resumable: false,
        validation: 'crc32c',
        metadata: { contentType: contentTypeOf(name), cacheControl: 'public, max-age=31536000, immutable' },
        preconditionOpts: { ifGenerationMatch: 0 },
      })
    } catch (error) {
      // It lies there already: put there before, or by an attempt whose answer was lost.
      if (!hasCode(error, PRECONDITION_FAILED)) throw unavailable(error)
    }
  }

  return {
    async put(files) {
      await Promise.all(files.map(({ name, data }) => upload(name, data)))
    },

    async get(name) {
      try {
        const [data] = await bucket.file(name).download()
        return data
      } catch (error) {
        // A bucket that does not exist is a mistake in the settings, not a missing picture.
        if (hasCode(error, NOT_FOUND) && !/bucket does not exist/.test(error.message)) return null
        throw unavailable(error)
      }
    },

    async *names() {
      let pageToken: string | undefined
      do {
        const query = { autoPaginate: false, maxResults: NAMES_PER_PAGE, ...(pageToken ? { pageToken } : {}) }
        const [files, next] = await bucket.getFiles(query).catch((error: unknown) => {
          throw unavailable(error)
        })
        for (const { name } of files) if (isPictureName(name)) yield name
        pageToken = (next as { pageToken?: string } | null)?.pageToken
      } while (pageToken)
    },
  }
}

/** The name ends with the format, in the word that media types have for it too. */
const contentTypeOf = (name: string) => `image/${name.slice(name.lastIndexOf('.') + 1)}`

function hasCode(error: unknown, code: number): error is ApiError {
  return error instanceof ApiError && error.code === code
}

function unavailable(cause: unknown): AppError {
  return new AppError('unavailable', 'Pictures cannot be stored or shown right now.', { cause })
}
