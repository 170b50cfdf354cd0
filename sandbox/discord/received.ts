import type { Context } from 'hono'
import { DiscordError } from './errors.ts'

export interface ReceivedFile {
  /** The name of the form part: `files[0]` from an app, the upload field's custom id from a person. */
  readonly part: string
  readonly filename: string
  readonly contentType: string
  readonly bytes: Buffer
}

/** A request body as JSON plus files: `application/json`, or `multipart/form-data` with the JSON in one part. */
export async function receive(
  c: Context,
  jsonPart: string,
): Promise<{ payload: unknown; files: ReceivedFile[] }> {
  if (!c.req.header('content-type')?.startsWith('multipart/form-data')) {
    return { payload: parseJson(await c.req.text()), files: [] }
  }
  let form: FormData
  try {
    form = await c.req.formData()
  } catch {
    throw new DiscordError(400, 50035, 'Invalid Form Body')
  }
  let payload: unknown = {}
  const files: ReceivedFile[] = []
  for (const [part, value] of form) {
    if (typeof value !== 'string') {
      files.push({
        part,
        filename: safeName(value.name),
        contentType: contentTypeOf(value.name, value.type),
        bytes: Buffer.from(await value.arrayBuffer()),
      })
    } else if (part === jsonPart) payload = parseJson(value)
  }
  return { payload, files }
}

function parseJson(text: string): unknown {
  if (text === '') return {}
  try {
    return JSON.parse(text)
  } catch {
    throw new DiscordError(400, 50109, 'The request body contains invalid JSON.')
  }
}

/** Discord keeps letters, digits, dots, dashes and underscores of a file's name. */
function safeName(name: string): string {
  const safe = name.replace(/[^\w.-]+/g, '_').slice(-200)
  return /\w/.test(safe) ? safe : 'unknown'
}

const TYPES: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  gif: 'image/gif',
  avif: 'image/avif',
  txt: 'text/plain; charset=utf-8',
  pdf: 'application/pdf',
}

/** Discord goes by the name first: a renamed file keeps the type its name claims. */
function contentTypeOf(name: string, told: string): string {
  const extension = name.toLowerCase().split('.').at(-1) ?? ''
  return TYPES[extension] ?? (told || 'application/octet-stream')
}
