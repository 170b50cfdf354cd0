import { createHash } from 'node:crypto'
import type Stripe from 'stripe'
import { z } from 'zod'
import { noSuch, refuse } from './errors.ts'
import { type Operation, operation, pageOf } from './operation.ts'
import { optionalText, paging } from './params.ts'
import { type Stand, seconds } from './stand.ts'
import { makeId } from './tables.ts'

const EVIDENCE = 'dispute_evidence'
/** docs.stripe.com/file-upload: what a purpose may be, and how large; only evidence is built. */
const EVIDENCE_MAX_BYTES = 5_000_000
const EVIDENCE_TYPES = ['jpg', 'png', 'pdf']

const Upload = z.strictObject({
  filename: z.string().min(1).max(500),
  size: z.number(),
  /** By its first bytes, whatever the sender says. */
  type: z.string().nullable(),
  sha256: z.string(),
})

/** The fields of a multipart form, with what is to be known of its file. Throws StripeError 400 when it is none. */
export async function readUpload(request: Request): Promise<Record<string, unknown>> {
  const form = await request.formData().catch(() => {
    throw refuse('Invalid request: the body is not multipart/form-data.')
  })
  const fields: Record<string, unknown> = {}
  for (const [name, value] of form) {
    if (typeof value === 'string') {
      fields[name] = value
      continue
    }
    const bytes = new Uint8Array(await value.arrayBuffer())
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    fields[name] = { filename: value.name, size: bytes.byteLength, type: typeOf(bytes), sha256 }
  }
  return fields
}

function typeOf(bytes: Uint8Array): string | null {
  const starts = (...first: number[]) => first.every((byte, at) => bytes[at] === byte)
  if (starts(0xff, 0xd8, 0xff)) return 'jpg'
  if (starts(0x89, 0x50, 0x4e, 0x47)) return 'png'
  return starts(0x25, 0x50, 0x44, 0x46) ? 'pdf' : null
}

/** Evidence may only name files that were uploaded as such. Throws StripeError 400. */
export function checkEvidenceFile(stand: Stand, id: string, param: string): void {
  const file = stand.tables.files.get(id)
  if (!file) throw refuse(`No such file upload: '${id}'`, 'resource_missing', param)
  if (file.purpose !== EVIDENCE)
    throw refuse(`The file ${id} was uploaded for ${file.purpose}, not for ${EVIDENCE}.`, undefined, param)
}

export const fileOperations: readonly Operation[] = [
  operation({
    route: 'POST /v1/files',
    params: z.strictObject({ purpose: z.enum([EVIDENCE]), file: Upload }),
    later: ['file_link_data[create]'],
    run(stand, { params: { purpose, file } }) {
      const { filename, size, type } = file
      if (type === null || !EVIDENCE_TYPES.includes(type))
        throw refuse(`A file for ${purpose} must be one of: ${EVIDENCE_TYPES.join(', ')}.`, undefined, 'file')
      if (size > EVIDENCE_MAX_BYTES)
        throw refuse(`A file for ${purpose} can have at most ${EVIDENCE_MAX_BYTES} bytes.`, undefined, 'file')
      const id = makeId('file_1')
      const kept: Stripe.File = {
        id,
        object: 'file',
        created: seconds(stand),
        expires_at: null,
        filename,
        links: null,
        purpose,
        size,
        title: null,
        type,
        url: `${stand.url()}/v1/files/${id}/contents`,
      }
      stand.tables.files.set(id, kept)
      return kept
    },
  }),
  operation({
    route: 'GET /v1/files',
    params: z.strictObject({ ...paging, purpose: optionalText }),
    run(stand, { params }) {
      const found = stand.tables.files
        .values()
        .filter(({ purpose }) => params.purpose === undefined || purpose === params.purpose)
      return pageOf('/v1/files', found, params, ({ created }) => created)
    },
  }),
  operation({
    route: 'GET /v1/files/:id',
    params: z.strictObject({}),
    run(stand, { id }) {
      const file = stand.tables.files.get(id)
      if (!file) throw noSuch('file', id)
      return file
    },
  }),
]
