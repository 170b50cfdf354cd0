import type { Context } from 'hono'

/**
 * A vendor's message byte for byte, as its signature needs it. Null for one that is longer than `most` bytes or does not
 * say how long it is (it could be endless), and for one that was cut off on its way: there is nobody left to answer.
 */
export async function readRawBody(c: Context, most: number): Promise<Uint8Array | null> {
  const length = Number(c.req.header('content-length') ?? Number.NaN)
  if (!(length <= most)) return null
  try {
    return new Uint8Array(await c.req.arrayBuffer())
  } catch {
    return null
  }
}
