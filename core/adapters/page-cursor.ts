import { AppError } from '#contract'

/** Where a page ended: the last document's place in the order asked for, and its id to tell equals apart. */
export type PageEnd = readonly [position: string | number, id: string]

export const writeCursor = (end: PageEnd): string => JSON.stringify(end)

/** Throws bad_request for what is not one of ours. */
export function readCursor(cursor: string): PageEnd {
  try {
    const parsed: unknown = JSON.parse(cursor)
    if (Array.isArray(parsed) && parsed.length === 2) {
      const [position, id] = parsed as [unknown, unknown]
      if ((typeof position === 'number' || isText(position)) && isText(id) && id !== '') return [position, id]
    }
  } catch {
    // fall through: one sentence for every cursor that is not ours
  }
  throw new AppError('bad_request', 'This cursor is not one of ours.')
}

/** Half a letter is none: Firestore does not take it. */
const isText = (value: unknown): value is string => typeof value === 'string' && value.isWellFormed()
