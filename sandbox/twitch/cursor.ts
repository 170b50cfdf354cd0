/** Opaque to clients, as Twitch's cursors are. */
export function toCursor(position: number): string {
  return Buffer.from(JSON.stringify({ after: position })).toString('base64url')
}

/** The position in a cursor; 0 without a cursor, null when it is none of ours. */
export function fromCursor(cursor: string | undefined): number | null {
  if (!cursor) return 0
  const position = /^\{"after":(\d{1,15})\}$/.exec(Buffer.from(cursor, 'base64url').toString())?.[1]
  return position === undefined ? null : Number(position)
}
