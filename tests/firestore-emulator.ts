import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from './free-port.ts'

/** Google's own emulator of Firestore, running: where it is. Or why there is none. */
export type FirestoreEmulator = { readonly host: string } | { readonly missing: string }

const JAR = 'platform/cloud-firestore-emulator/cloud-firestore-emulator.jar'
const MAIN_CLASS = 'com.google.cloud.datastore.emulator.firestore.CloudFirestore'
const SDK_ROOTS = ['/usr/lib/google-cloud-sdk', '/usr/share/google-cloud-sdk', '/opt/google-cloud-sdk']
const START_MS = 60_000

const WARM = 'projects/demo-warm/databases/(default)'

let running: Promise<FirestoreEmulator> | undefined

/**
 * The one emulator of this process: FIRESTORE_EMULATOR_HOST, or one started here on a free port that ends with this
 * process, however it ends. Without an installed emulator the answer says so, in a sentence to skip tests with; under
 * CI it throws instead, so that nobody believes tests that never ran. Each test takes a project of its own.
 */
export function firestoreEmulator(): Promise<FirestoreEmulator> {
  running ??= findOrStart()
  return running
}

/** A project nobody has used: as good as an empty database. */
export const emptyProject = () => `demo-${crypto.randomUUID()}`

async function findOrStart(): Promise<FirestoreEmulator> {
  const given = process.env.FIRESTORE_EMULATOR_HOST
  if (given) return { host: given }
  const jar = findJar()
  const missing = !jar
    ? "Google's Firestore emulator is not installed (gcloud components install cloud-firestore-emulator)"
    : spawnSync('java', ['-version']).status !== 0
      ? "Google's Firestore emulator needs Java, which is not installed"
      : null
  if (jar && !missing) return { host: await start(jar) }
  if (process.env.CI) throw new Error(`CI must run the tests on Firestore: ${missing}`)
  return { missing: `${missing}; set FIRESTORE_EMULATOR_HOST or install it to run this` }
}

function findJar(): string | undefined {
  const usual = SDK_ROOTS.map((root) => join(root, JAR)).find((path) => existsSync(path))
  if (usual) return usual
  const asked = spawnSync('gcloud', ['info', '--format=value(installation.sdk_root)'], { encoding: 'utf8' })
  const path = asked.status === 0 ? join(asked.stdout.trim(), JAR) : undefined
  return path && existsSync(path) ? path : undefined
}

/**
 * It lives for minutes and shares its processors with what is tested and measured: compiling for hours of service and
 * collecting beside the work took more of them than the emulator's own work (docs/scale.md).
 */
const LIGHT_JAVA = ['-Xmx1g', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC']

/** The shell waits for its input to end, which it does when this process ends, and then ends the emulator. */
const UNTIL_INPUT_ENDS = '"$@" >/dev/null 2>&1 </dev/null & read -r _; kill -9 $!; wait $!'

async function start(jar: string): Promise<string> {
  const host = `127.0.0.1:${await freePort()}`
  const java = ['java', ...LIGHT_JAVA, '-Duser.language=en', '-cp', jar, MAIN_CLASS, '--host=127.0.0.1']
  const args = ['-c', UNTIL_INPUT_ENDS, 'sh', ...java, `--port=${host.split(':')[1]}`]
  const shell = spawn('sh', args, { stdio: ['pipe', 'ignore', 'ignore'] })
  shell.unref()
  // A pipe of a child is a socket, though its type does not say so; it must not keep this process.
  if ('unref' in shell.stdin && typeof shell.stdin.unref === 'function') shell.stdin.unref()
  const until = performance.now() + START_MS
  // A write is what it is slowest at when it does it first; no test shall wait for that.
  const body = JSON.stringify({ writes: [{ update: { name: `${WARM}/documents/a/b`, fields: {} } }] })
  const headers = { authorization: 'Bearer owner', 'content-type': 'application/json' }
  for (;;) {
    const written = fetch(`http://${host}/v1/${WARM}/documents:commit`, { method: 'POST', headers, body })
    const ready = await written.then(
      (response) => response.ok,
      () => false,
    )
    if (ready) return host
    if (performance.now() > until) throw new Error(`the Firestore emulator did not start on ${host}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
