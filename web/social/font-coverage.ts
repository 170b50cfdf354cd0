import { inflateSync } from 'node:zlib'

/** The characters (code points) that a font in WOFF 1 can draw (w3.org/TR/WOFF; the `cmap` table of OpenType). */
export function readCoverage(woff: Buffer): ReadonlySet<number> {
  const cmap = readTable(woff, 'cmap')
  const covered = new Set<number>()
  for (let i = 0; i < cmap.readUInt16BE(2); i++) {
    const table = cmap.subarray(cmap.readUInt32BE(8 + 8 * i))
    if (table.readUInt16BE(0) === 4) readFormat4(table, covered)
    if (table.readUInt16BE(0) === 12) readFormat12(table, covered)
  }
  return covered
}

function readTable(woff: Buffer, name: string): Buffer {
  for (let i = 0; i < woff.readUInt16BE(12); i++) {
    const entry = 44 + 20 * i
    if (woff.toString('latin1', entry, entry + 4) !== name) continue
    const [offset, packed, length] = [4, 8, 12].map((at) => woff.readUInt32BE(entry + at)) as [
      number,
      number,
      number,
    ]
    const bytes = woff.subarray(offset, offset + packed)
    return packed === length ? bytes : inflateSync(bytes)
  }
  throw new Error(`the font has no table ${name}`)
}

/** Segments within the first 65,536 characters. */
function readFormat4(table: Buffer, covered: Set<number>): void {
  const twice = table.readUInt16BE(6)
  for (let at = 0; at < twice; at += 2) {
    const end = table.readUInt16BE(14 + at)
    const start = table.readUInt16BE(16 + twice + at)
    const delta = table.readUInt16BE(16 + 2 * twice + at)
    const rangeAt = 16 + 3 * twice + at
    const range = table.readUInt16BE(rangeAt)
    for (let code = start; code <= end && code < 0xffff; code++) {
      const glyph = range === 0 ? code : table.readUInt16BE(rangeAt + range + 2 * (code - start))
      const drawn = range !== 0 && glyph === 0 ? 0 : (glyph + delta) % 0x10000
      if (drawn !== 0) covered.add(code)
    }
  }
}

function readFormat12(table: Buffer, covered: Set<number>): void {
  for (let i = 0; i < table.readUInt32BE(12); i++) {
    const start = table.readUInt32BE(16 + 12 * i)
    const end = table.readUInt32BE(20 + 12 * i)
    for (let code = start; code <= end; code++) covered.add(code)
  }
}
