import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { basename, dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, gzipSync } from 'node:zlib'

export interface Asset {
  readonly type: string
  readonly bytes: Uint8Array<ArrayBuffer>
  /** The same bytes compressed; null for what is compressed already. */
  readonly br: Uint8Array<ArrayBuffer> | null
  readonly gzip: Uint8Array<ArrayBuffer> | null
}

export interface Assets {
  /** The public path of a file by its plain name: `css/style.css` is `/assets/style.<hash>.css`. */
  url(name: string): string
  /** By the last part of that path. */
  get(hashedName: string): Asset | undefined
  /** A file by its plain name, for the few that need a fixed address. */
  named(name: string): Asset | undefined
}

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}

const NUNITO = ['latin', 'latin-ext', 'vietnamese', 'cyrillic', 'cyrillic-ext']
const QUICKSAND = ['latin', 'latin-ext', 'vietnamese']

/**
 * Reads every file a page may link, once: public/, the fonts from their packages, and the browser modules without
 * their types. A name carries a hash of its content, so it may be cached for ever.
 */
export function loadAssets(): Assets {
  const here = dirname(fileURLToPath(import.meta.url))
  const urls = new Map<string, string>()
  const byHash = new Map<string, Asset>()
  const byName = new Map<string, Asset>()

  function add(name: string, bytes: Buffer): void {
    const extension = extname(name)
    const type = TYPES[extension]
    if (!type) throw new Error(`web/public: no content type is known for ${name}`)
    const hash = createHash('sha256').update(bytes).digest('base64url').slice(0, 12)
    const hashed = `${basename(name, extension)}.${hash}${extension}`
    const text = extension !== '.woff2'
    const asset = {
      type,
      bytes: new Uint8Array(bytes),
      br: text ? new Uint8Array(brotliCompressSync(bytes)) : null,
      gzip: text ? new Uint8Array(gzipSync(bytes)) : null,
    }
    urls.set(name, `/assets/${hashed}`)
    byHash.set(hashed, asset)
    byName.set(name, asset)
  }

  function url(name: string): string {
    const found = urls.get(name)
    if (!found) throw new Error(`no asset is called ${name}`)
    return found
  }

  for (const [family, subsets] of Object.entries({ nunito: NUNITO, quicksand: QUICKSAND })) {
    for (const subset of subsets) {
      const file = `@fontsource-variable/${family}/files/${family}-${subset}-wght-normal.woff2`
      add(`fonts/${family}-${subset}.woff2`, readFileSync(fileURLToPath(import.meta.resolve(file))))
    }
  }
  for (const file of readdirSync(join(here, 'public'), { recursive: true, encoding: 'utf8' })) {
    if (['', '.css'].includes(extname(file))) continue
    add(file, readFileSync(join(here, 'public', file)))
  }
  // Stylesheets name fonts and pictures, so they come after those: a hash of a hash would be out of date.
  const css = readFileSync(join(here, 'public/css/style.css'), 'utf8')
  add(
    'css/style.css',
    Buffer.from(css.replace(/url\("\.\.\/([^"]+)"\)/g, (_, name) => `url("${url(name)}")`)),
  )
  for (const file of readdirSync(join(here, 'browser'))) {
    const code = stripTypeScriptTypes(readFileSync(join(here, 'browser', file), 'utf8'))
    add(`js/${basename(file, '.ts')}.js`, Buffer.from(code))
  }

  return { url, get: (hashedName) => byHash.get(hashedName), named: (name) => byName.get(name) }
}
