import type { Deps } from '../usecases/deps.ts'
import { effectKey, wish } from '../usecases/wish.ts'

/** Further apart than one takes: a picture that somebody has just uploaded does not wait behind all of these. */
const APART_MS = 15_000
const AT_ONCE = 100

/**
 * Wishes for the other formats of every picture that lacks some: one that was stored before they existed, or whose wish
 * was lost with a restored database. What is wished for already stays as it is, so a start more changes nothing. Answers
 * how many it wished for.
 */
export async function wishForOlderPictures(deps: Pick<Deps, 'change' | 'clock' | 'media'>): Promise<number> {
  const lacking = await deps.media.lacking()
  let wished = 0
  for (let from = 0; from < lacking.length; from += AT_ONCE) {
    const some = lacking.slice(from, from + AT_ONCE)
    wished += await deps.change({
      reads: some.map((pictureId) => effectKey('encode_picture', pictureId)),
      decide(sheet) {
        const now = deps.clock.now()
        const fresh = some.filter((pictureId) => !sheet.get(...effectKey('encode_picture', pictureId)))
        for (const [i, pictureId] of fresh.entries()) {
          wish(sheet, 'encode_picture', pictureId, now, { dueAt: now + (wished + i) * APART_MS })
        }
        return fresh.length
      },
    })
  }
  return wished
}
