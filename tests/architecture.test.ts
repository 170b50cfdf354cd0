import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import { test } from 'node:test'

const ROOT = join(import.meta.dirname, '..')

/**
 * Which of our folders each folder may import; itself always. The longest matching name counts. Tests are free to
 * reach further, since they put parts together.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  contract: [],
  runtime: ['contract'],
  'core/domain': ['contract'],
  'core/ports': ['core/domain', 'contract'],
  'core/usecases': ['core/domain', 'core/ports', 'contract'],
  'core/http': ['core/usecases', 'core/ports', 'core/domain', 'contract', 'runtime'],
  'core/jobs': ['core/usecases', 'core/ports', 'core/domain', 'contract', 'runtime'],
  'core/adapters': ['core/ports', 'core/domain', 'contract', 'runtime'],
  core: [
    'core/http',
    'core/jobs',
    'core/usecases',
    'core/domain',
    'core/ports',
    'core/adapters',
    'contract',
    'runtime',
  ],
  bot: ['contract', 'runtime'],
  web: ['contract', 'runtime'],
  'sandbox/discord': ['sandbox'],
  'sandbox/stripe': ['sandbox'],
  'sandbox/twitch': ['sandbox'],
  'sandbox/page': ['sandbox'],
  'sandbox/launch': ['sandbox'],
  'sandbox/google': [],
  sandbox: ['sandbox/discord', 'sandbox/stripe', 'sandbox/twitch', 'sandbox/page', 'sandbox/launch'],
  tests: [
    'contract',
    'runtime',
    'core',
    'core/domain',
    'core/ports',
    'core/usecases',
    'core/adapters',
    'bot',
    'web',
    'sandbox',
    'sandbox/launch',
  ],
  // Of the tests, the start of Firestore's emulator.
  bench: ['contract', 'core', 'core/adapters', 'sandbox', 'sandbox/launch', 'tests'],
}

/** Packages that only one place may know: a vendor's library elsewhere means its adapter leaks. */
const ONLY_IN: Readonly<Record<string, readonly string[]>> = {
  stripe: ['core/adapters', 'sandbox/stripe'],
  '@opentelemetry/api': ['runtime'],
  '@opentelemetry/sdk-trace': ['runtime'],
  '@opentelemetry/sdk-metrics': ['runtime'],
  'google-auth-library': ['runtime', 'core/adapters', 'bench'],
  '@discordjs/core': ['bot'],
  '@discordjs/rest': ['bot'],
  '@discordjs/ws': ['bot'],
  '@google-cloud/firestore': ['core/adapters', 'bench'],
  'node:sqlite': ['core/adapters', 'sandbox', 'bench'],
  '@google-cloud/storage': ['core/adapters'],
  satori: ['web'],
  '@resvg/resvg-js': ['web'],
  sharp: ['core/adapters', 'sandbox', 'tests'],
}

interface File {
  readonly path: string
  readonly folder: string
  readonly imports: readonly string[]
}

function folderOf(path: string): string {
  const names = Object.keys(MAY_IMPORT).filter((name) => path.startsWith(`${name}/`))
  const longest = names.toSorted((a, b) => b.length - a.length)[0]
  assert.ok(longest, `${path} is in no folder that this test knows`)
  return longest
}

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s(?:[^'"]*?\sfrom\s)?['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)/g

function resolve(from: string, specifier: string): string {
  if (specifier === '#contract') return 'contract/index.ts'
  return specifier.startsWith('.') ? normalize(join(dirname(from), specifier)) : specifier
}

const files: File[] = ['contract', 'runtime', 'core', 'bot', 'web', 'sandbox', 'tests', 'bench'].flatMap(
  (top) =>
    readdirSync(join(ROOT, top), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .map((entry) => {
        const path = relative(ROOT, join(entry.parentPath, entry.name))
        const text = readFileSync(join(ROOT, path), 'utf8')
        const imports = [...text.matchAll(IMPORT)].map((match) => resolve(path, match[1] ?? match[2] ?? ''))
        return { path, folder: folderOf(path), imports }
      }),
)
const shipped = files.filter(({ path }) => !/\.test\.ts$|-suite\.ts$/.test(path))
const isOurs = (target: string) => target.endsWith('.ts')

test('imports go in one direction', () => {
  const wrong = shipped.flatMap(({ path, folder, imports }) =>
    imports
      .filter(isOurs)
      .filter((target) => folderOf(target) !== folder && !MAY_IMPORT[folder]?.includes(folderOf(target)))
      .map((target) => `${path} -> ${target}`),
  )
  assert.deepEqual(wrong, [])
})

test('nothing imports itself in a circle', () => {
  const graph = new Map(shipped.map(({ path, imports }) => [path, imports.filter(isOurs)]))
  const done = new Set<string>()
  const visit = (path: string, trail: readonly string[]): void => {
    assert.ok(!trail.includes(path), [...trail, path].join(' -> '))
    if (done.has(path)) return
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path])
    done.add(path)
  }
  for (const path of graph.keys()) visit(path, [])
})

test("a vendor's library is known to its adapter alone", () => {
  const leaks = shipped.flatMap(({ path, folder, imports }) =>
    imports
      .filter(
        (target) => ONLY_IN[target] && !ONLY_IN[target].some((place) => `${folder}/`.startsWith(`${place}/`)),
      )
      .map((target) => `${path} -> ${target}`),
  )
  assert.deepEqual(leaks, [])
})

test('nobody imports an entry point', () => {
  const wrong = files.filter(({ imports }) => imports.some((target) => target.endsWith('/main.ts')))
  assert.deepEqual(
    wrong.map(({ path }) => path),
    [],
  )
})

test('the domain asks no clock, no chance and nobody else', () => {
  for (const { path, folder } of shipped.filter(({ folder }) => folder === 'core/domain')) {
    const text = readFileSync(join(ROOT, path), 'utf8')
    assert.doesNotMatch(
      text,
      /\bawait\b|Date\.now|Math\.random|randomUUID|process\.|setTimeout/,
      `${folder}: ${path}`,
    )
  }
})

test('no file is called by what says nothing', () => {
  const vague = files.filter(({ path }) =>
    /(^|\/)(utils?|helpers?|common|shared|managers?|services?|misc)(\/|\.|-)/.test(path),
  )
  assert.deepEqual(
    vague.map(({ path }) => path),
    [],
  )
})
