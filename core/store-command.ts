import { parseArgs } from 'node:util'
import { createProgressBar } from './progress-bar.ts'
import { backUp, restore } from './store-backup.ts'
import { copyStore, type StoreCopy } from './store-copy.ts'

const USAGE = {
  backup: `npm run store:backup -- --to FOLDER [--data ./data]

Writes a backup of the SQLite database and the pictures beside it, while the shop may be open. Nobody waits for it, and
it is the collective at one moment. It is read again before it gets its name.
  --to     a new folder: the database, the pictures, SHA256SUMS and backup.json. Secrets (.env files) are not in it,
           nor are pictures in a bucket (MEDIA=gcs)
  --data   the folder with the data: core's DATA_DIR, or the one of npm start
`,
  restore: `npm run store:restore -- --from FOLDER [--data ./data] [--replace]

Checks a backup and brings it into a data folder. Core must not be running there.
  --from      a folder that store:backup wrote
  --data      the folder for the data: core's DATA_DIR, or the one of npm start
  --replace   also where data lies already; the database before is kept beside the new one
Stripe has not gone back in time: run npm run money-doctor afterwards, with core running.
`,
  copy: `npm run store:copy -- --from sqlite:./data --to firestore:PROJECT [--bucket NAME] [--into-non-empty]

Moves a collective from one engine to another, either way, and compares both at the end. Stop every core first, and start
none on the target before this ends with 0. Cut off, run it again: it goes on, and writes nothing twice.
  --from, --to       sqlite:FOLDER (core's DATA_DIR, or the folder of npm start) or firestore:PROJECT[/DATABASE]
  --bucket           where Firestore's side keeps its pictures (MEDIA=gcs). Without it pictures are not copied
  --into-non-empty   also where the target holds something else: documents of the same id are replaced, nothing is deleted
Google's credentials are the machine's own; FIRESTORE_EMULATOR_HOST and MEDIA_API_BASE lead to stand-ins.
`,
} as const

const out = (text: string) => process.stdout.write(text)
const onProgress = createProgressBar(process.stderr)
const listDocuments = (documents: Readonly<Record<string, number>>) =>
  Object.entries(documents)
    .map(([collection, count]) => `  ${String(count).padStart(9)}  ${collection}\n`)
    .join('')

/** Throws an Error with a sentence. */
function needed(value: string | undefined, option: string): string {
  if (!value) throw new Error(`Please say ${option}; --help tells more.`)
  return value
}

function renderCopy({ collections, sourceChanged, same, pictures }: StoreCopy): string {
  const rows = collections.map(({ collection, source, target }) => {
    const agree = source.documents === target.documents && source.checksum === target.checksum
    const [ours, theirs] = [source, target].map(
      ({ documents, checksum }) => `${String(documents).padStart(9)}  ${checksum.slice(0, 12)}`,
    )
    return `  ${collection.padEnd(10)} ${ours} ${theirs}  ${agree ? 'same' : 'DIFFERENT'}\n`
  })
  const told =
    pictures === null
      ? 'Pictures were not copied: --bucket says where to.'
      : `${pictures} picture files are there.`
  const last = same
    ? 'Both sides hold the same. Now set STORE and MEDIA, and start core.'
    : sourceChanged
      ? 'The source changed meanwhile: is a core running on it? Stop it and run this again with --into-non-empty.'
      : 'The two sides differ. Do not start core on the target.'
  return `  ${'collection'.padEnd(10)} ${'source'.padStart(23)} ${'target'.padStart(23)}\n${rows.join('')}${told}\n${last}\n`
}

// biome-ignore lint/style/noProcessEnv: an entry point, as main.ts is
const { DATA_DIR, FIRESTORE_EMULATOR_HOST, MEDIA_API_BASE } = process.env
const data = { type: 'string', default: DATA_DIR || './data' } as const
const help = { type: 'boolean', short: 'h', default: false } as const
const [command, ...args] = process.argv.slice(2)

const COMMANDS: Readonly<Record<string, () => Promise<void>>> = {
  async backup() {
    const { values } = parseArgs({ args, options: { data, to: { type: 'string' }, help } })
    if (values.help) return void out(USAGE.backup)
    const to = needed(values.to, '--to FOLDER')
    const { documents, pictures } = await backUp({ data: values.data, to, now: new Date() }, onProgress)
    out(`${listDocuments(documents)}  ${String(pictures).padStart(9)}  picture files\n`)
    out(`The backup is in ${to}, and was read again: everything is there.\n`)
  },
  async restore() {
    const { values } = parseArgs({
      args,
      options: { data, from: { type: 'string' }, replace: { type: 'boolean', default: false }, help },
    })
    if (values.help) return void out(USAGE.restore)
    const from = needed(values.from, '--from FOLDER')
    const { path, replaced, note } = await restore({ ...values, from, now: new Date() }, onProgress)
    out(`${listDocuments(note.documents)}  ${String(note.pictures).padStart(9)}  picture files\n`)
    out(`The collective of ${note.takenAt} is in ${path}.\n`)
    if (replaced) out(`The database before lies in ${replaced}; delete it when you are content.\n`)
    out('Start core, then run npm run money-doctor: Stripe has not gone back in time.\n')
  },
  async copy() {
    const string = { type: 'string' } as const
    const { values } = parseArgs({
      args,
      options: {
        from: string,
        to: string,
        bucket: string,
        'into-non-empty': { type: 'boolean', default: false },
        help,
      },
    })
    if (values.help) return void out(USAGE.copy)
    const copy = await copyStore(
      {
        from: needed(values.from, '--from sqlite:./data or firestore:PROJECT'),
        to: needed(values.to, '--to firestore:PROJECT or sqlite:./data'),
        bucket: values.bucket,
        intoNonEmpty: values['into-non-empty'],
        google: {
          emulatorHost: FIRESTORE_EMULATOR_HOST || undefined,
          mediaApiBase: MEDIA_API_BASE || undefined,
        },
        now: Date.now(),
      },
      onProgress,
    )
    out(renderCopy(copy))
    process.exitCode = copy.same ? 0 : 1
  },
}

try {
  const run = COMMANDS[command ?? '']
  if (!run) throw new Error(`There is ${Object.keys(COMMANDS).join(', ')}, but no store:${command ?? ''}.`)
  await run()
} catch (error) {
  process.exitCode = 1
  process.stderr.write(`store:${command} stopped: ${error instanceof Error ? error.message : error}\n`)
}
