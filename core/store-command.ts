import { parseArgs } from 'node:util'
import { createProgressBar } from './progress-bar.ts'
import { backUp, restore } from './store-backup.ts'

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

// biome-ignore lint/style/noProcessEnv: an entry point, as main.ts is
const { DATA_DIR } = process.env
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
}

try {
  const run = COMMANDS[command ?? '']
  if (!run) throw new Error(`There is ${Object.keys(COMMANDS).join(', ')}, but no store:${command ?? ''}.`)
  await run()
} catch (error) {
  process.exitCode = 1
  process.stderr.write(`store:${command} stopped: ${error instanceof Error ? error.message : error}\n`)
}
