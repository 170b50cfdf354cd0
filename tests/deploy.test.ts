import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { parseEnv } from 'node:util'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { parse } from 'yaml'
import { ROUTES } from '#contract'
import { parseConfig as parseBot } from '../bot/config.ts'
import { parseConfig as parseCore } from '../core/config.ts'
import { parseConfig as parseWeb } from '../web/config.ts'

// What can be known about deploy/ without Docker and without Google. deploy/README.md lists what cannot.

const ROOT = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')
/** What the pattern's group holds, at each place where the pattern fits. */
const every = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, group = '']) => group)

const PARSERS = { core: parseCore, bot: parseBot, web: parseWeb } as const
type Service = keyof typeof PARSERS
const SERVICES = Object.keys(PARSERS) as Service[]

/** What an operator would put into the secrets and the blank lines of the .env files. */
const OPERATORS_OWN: Readonly<Record<string, string>> = {
  STRIPE_SECRET_KEY: 'sk_test_0123456789',
  STRIPE_WEBHOOK_SECRET: 'whsec_0123456789',
  STRIPE_CONNECT_WEBHOOK_SECRET: 'whsec_9876543210',
  DISCORD_GUILD_ID: '100000000000000000',
  DROPS_CHANNEL_ID: '100000000000000001',
  OPERATORS_CHANNEL_ID: '100000000000000003',
  DISCORD_CLIENT_ID: '100000000000000002',
  TWITCH_CLIENT_ID: 'twitchclient',
}
const dummy = (name: string) => OPERATORS_OWN[name] ?? `a-secret-of-enough-letters-for-${name}`

/** Throws when a service would not start with this environment, and when it would not know a name in it. */
function admit(service: Service, env: Readonly<Record<string, string>>): void {
  const source = read(`${service}/config.ts`)
  const unknown = Object.keys(env).filter((name) => !new RegExp(`^\\s+${name}:`, 'm').test(source))
  assert.deepEqual(unknown, [], `${service} does not know these settings`)
  PARSERS[service](env)
}

// ---- The image ----

interface Instruction {
  readonly name: string
  readonly text: string
}

function dockerfile(): readonly Instruction[] {
  return read('deploy/Dockerfile')
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n\s*/g, ' ')
    .split('\n')
    .filter((line) => line.trim())
    .map((line) => {
      const [, name = '', text = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? []
      assert.ok(name, `not an instruction: ${line}`)
      return { name, text }
    })
}

/** The paths that come from the project's folder, as the Dockerfile copies them. */
function copiedPaths(): readonly string[] {
  return dockerfile()
    .filter(({ name, text }) => name === 'COPY' && !text.includes('--from='))
    .flatMap(({ text }) => text.split(' ').slice(0, -1))
}

/** Docker's rule: the last pattern that fits decides; a pattern also fits what lies below it. */
function isSentToBuilder(path: string): boolean {
  let sent = true
  for (const line of read('.dockerignore').split('\n')) {
    if (!line || line.startsWith('#')) continue
    const pattern = line
      .replace(/^!/, '')
      .replaceAll('.', '\\.')
      .replaceAll('**/', '(.+/)?')
      .replaceAll(/\*/g, '[^/]*')
    if (new RegExp(`^${pattern}(/|$)`).test(path)) sent = line.startsWith('!')
  }
  return sent
}

test('the image runs as nobody special, without a shell, with the Node that the tests ran on', () => {
  const instructions = dockerfile()
  const values = (name: string) => instructions.filter((one) => one.name === name).map(({ text }) => text)
  const { node } = JSON.parse(read('package.json')).dependencies
  assert.deepEqual(values('ARG'), [`NODE_IMAGE=node:${node}-slim`])
  assert.equal(values('FROM').length, 2)
  for (const from of values('FROM'))
    assert.match(from, /^\$\{NODE_IMAGE\}( AS build)?$/, 'the argument, in both stages')
  assert.deepEqual(values('USER'), ['node', 'node'], 'what one user compiled, another does not find')
  for (const form of [...values('ENTRYPOINT'), ...values('CMD')]) assert.ok(Array.isArray(JSON.parse(form)))
  assert.match(values('RUN').join('\n'), /npm ci --omit=dev/)
  const last = instructions.slice(instructions.findLastIndex(({ name }) => name === 'FROM'))
  const order = last.map(({ name }) => name)
  assert.ok(!order.includes('RUN') && !order.includes('ADD'))
  assert.ok(order.lastIndexOf('COPY') < order.indexOf('USER'), 'what runs cannot be written by who runs it')
  assert.doesNotMatch(read('deploy/Dockerfile'), /latest|SECRET|TOKEN|apt-get|curl/)
})

test('what the Dockerfile copies exists, and neither keys nor tests are sent to the builder', () => {
  for (const path of copiedPaths())
    assert.ok(existsSync(join(ROOT, path)), `${path} is copied and is not there`)
  for (const path of ['core/main.ts', 'web/public/css/style.css', 'package-lock.json', 'contract/index.ts']) {
    assert.ok(isSentToBuilder(path), path)
  }
  const kept = [
    'core/.env',
    '.git/config',
    'data/core/c500.sqlite',
    'core/config.test.ts',
    'node_modules/x/y.js',
  ]
  for (const path of [
    ...kept,
    'sandbox/launch.ts',
    'core/adapters/store-suite.ts',
    'web/testing/fake-core.ts',
  ]) {
    assert.ok(!isSentToBuilder(path), path)
  }
})

/** A folder with what the image would hold: the copied files, and of node_modules what is no development tool. */
async function layOut(t: TestContext): Promise<string> {
  const app = await mkdtemp(join(tmpdir(), 'c500-image-'))
  t.after(() => rmSync(app, { recursive: true, force: true }))
  for (const path of copiedPaths()) {
    cpSync(join(ROOT, path), join(app, path), {
      recursive: true,
      filter: (from) => from === join(ROOT, path) || isSentToBuilder(relative(ROOT, from)),
    })
  }
  const lock: { packages: Record<string, { dev?: boolean }> } = JSON.parse(read('package-lock.json'))
  for (const [path, { dev }] of Object.entries(lock.packages)) {
    const isTop = path.startsWith('node_modules/') && !path.includes('/node_modules/')
    if (dev || !isTop || !existsSync(join(ROOT, path))) continue
    mkdirSync(dirname(join(app, path)), { recursive: true })
    symlinkSync(join(ROOT, path), join(app, path))
  }
  return app
}

test('the files of the image are enough: every service can be loaded and runs', async (t) => {
  const app = await layOut(t)
  assert.ok(existsSync(join(app, 'node_modules/hono')) && !existsSync(join(app, 'node_modules/typescript')))

  // The Dockerfile's own step, in the folder that stands for /app.
  const compile = dockerfile().find(({ name, text }) => name === 'RUN' && text.startsWith('["node"'))
  assert.ok(compile)
  const [, ...compileArgs] = JSON.parse(compile.text.replaceAll("'/app/'", `'${app}/'`)) as string[]
  for (const path of importedLater(app))
    assert.ok(
      compile.text.includes(`'${path}'`),
      `${path} is loaded later: name it in the step of deploy/Dockerfile that compiles`,
    )
  const compiled = spawnSync(process.execPath, compileArgs, { cwd: app, encoding: 'utf8' })
  assert.equal(compiled.status, 0, compiled.stderr)

  const entry = dockerfile().find(({ name }) => name === 'ENTRYPOINT')
  assert.ok(entry)
  const [, ...flags] = JSON.parse(entry.text) as string[]
  const here = { HOST: '127.0.0.1', PORT: '0' }
  const data = { DATA_DIR: join(app, 'data') }
  const starts: readonly (readonly [Service, Readonly<Record<string, string>>])[] = [
    ['core', { ...composeEnv('core'), ...data }],
    ['web', composeEnv('web')],
    // Core on Firestore cannot be started without one, nor the bot on the gateway without Discord.
    ['bot', cloudEnv('bot')],
    ['web', cloudEnv('web')],
  ]
  for (const [service, env] of starts) {
    const { startupProbe, livenessProbe } = containerOf(cloudService(service))
    await using child = run([...flags, `${service}/main.ts`], { cwd: app, env: { ...env, ...here } })
    const url = await child.listening
    for (const { httpGet } of [startupProbe, livenessProbe]) {
      assert.equal((await fetch(url + httpGet.path)).status, 200, `${service}${httpGet.path}`)
    }
    child.process.kill('SIGTERM')
    assert.deepEqual(await once(child.process, 'exit'), [0, null], service)
  }
})

/** What our own files load only when they need it. */
function importedLater(app: string): readonly string[] {
  return readdirSync(app, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.startsWith('node_modules'))
    .flatMap((path) =>
      every(readFileSync(join(app, path), 'utf8'), /await import\('(\.[^']+)'\)/g).map((to) =>
        join(dirname(path), to),
      ),
    )
}

function run(args: readonly string[], options: { cwd: string; env: Readonly<Record<string, string>> }) {
  const process_ = spawn(process.execPath, args, { ...options, stdio: ['ignore', 'pipe', 'inherit'] })
  const { promise: listening, resolve, reject } = Promise.withResolvers<string>()
  createInterface(process_.stdout).on('line', (line) => {
    const { url } = JSON.parse(line)
    if (url) resolve(url)
  })
  process_.once('exit', (code) => reject(new Error(`ended with ${code} before it listened`)))
  return {
    process: process_,
    listening,
    async [Symbol.asyncDispose]() {
      if (process_.exitCode === null && process_.signalCode === null) {
        process_.kill('SIGKILL')
        await once(process_, 'exit')
      }
    },
  }
}

// ---- Cloud Run ----

interface Variable {
  readonly name: string
  readonly value?: string
  readonly valueFrom?: { readonly secretKeyRef: { readonly name: string } }
}
interface Probe {
  readonly httpGet: { readonly path: string }
  readonly periodSeconds: number
  readonly timeoutSeconds: number
  readonly failureThreshold: number
}
interface CloudService {
  readonly metadata: { readonly name: string; readonly annotations: Readonly<Record<string, string>> }
  readonly spec: {
    readonly template: {
      readonly metadata: { readonly annotations: Readonly<Record<string, string>> }
      readonly spec: {
        readonly serviceAccountName: string
        readonly containers: readonly [
          {
            readonly args: readonly string[]
            readonly env: readonly Variable[]
            readonly startupProbe: Probe
            readonly livenessProbe: Probe
          },
        ]
      }
    }
  }
}

const NUMBER = '123456789012'
const address = (service: Service) => `https://c500-${service}-${NUMBER}.us-central1.run.app`
/** The answers to terraform.tfvars.example, as deploy/terraform/rendered.tf turns them into placeholders. */
const PLACEHOLDERS: Readonly<Record<string, string>> = {
  PROJECT: 'my-collective',
  IMAGE: `us-central1-docker.pkg.dev/my-collective/c500/c500@sha256:${'1'.repeat(64)}`,
  MEDIA_BUCKET: 'my-collective-c500-media',
  CORE_URL: address('core'),
  BOT_URL: address('bot'),
  WEB_URL: address('web'),
  DISCORD_CLIENT_ID: '100000000000000002',
  DISCORD_PUBLIC_KEY: '0'.repeat(64),
  DISCORD_GUILD_ID: '100000000000000000',
  DROPS_CHANNEL_ID: '100000000000000001',
  OPERATORS_CHANNEL_ID: '100000000000000003',
  DISCORD_INVITE_URL: 'https://discord.gg/...',
  OPERATOR_NAME: 'Our Collective',
  OPERATOR_CONTACT: 'hello@example.com',
  TWITCH_CLIENT_ID: 'abcdefghijklmnopqrstuvwxyz0123',
}

function cloudService(service: Service): CloudService {
  const filled = read(`deploy/cloud-run/${service}.yaml`).replace(/\$\{(\w+)\}/g, (_, name: string) => {
    const value = PLACEHOLDERS[name]
    assert.ok(value !== undefined, `${service}.yaml: nothing fills in ${name}`)
    return value
  })
  return parse(filled) as CloudService
}

/** A service's whole environment on Cloud Run: what its file sets, the image's HOST and the PORT that Google gives. */
function cloudEnv(service: Service): Record<string, string> {
  const { env } = containerOf(cloudService(service))
  const given = Object.fromEntries(env.map(({ name, value }) => [name, value ?? dummy(name)]))
  return { HOST: '0.0.0.0', PORT: '8080', ...given }
}

const containerOf = (service: CloudService) => service.spec.template.spec.containers[0]

test('the Cloud Run files have the shape of a Cloud Run service', () => {
  const admits = new Ajv2020({ allErrors: true }).compile(
    JSON.parse(read('deploy/cloud-run/service.schema.json')),
  )
  for (const service of SERVICES) {
    const file = cloudService(service)
    assert.ok(admits(file), `${service}.yaml: ${JSON.stringify(admits.errors, null, 1)}`)
    assert.equal(file.metadata.name, `c500-${service}`)
    const { args, startupProbe, livenessProbe } = containerOf(file)
    assert.deepEqual(args, [`${service}/main.ts`])
    assert.equal(startupProbe.httpGet.path, '/readyz')
    assert.equal(livenessProbe.httpGet.path, '/livez')
    for (const probe of [startupProbe, livenessProbe]) {
      assert.ok(
        probe.timeoutSeconds <= probe.periodSeconds,
        'Cloud Run refuses a probe longer than its period',
      )
    }
    assert.ok(startupProbe.periodSeconds * startupProbe.failureThreshold <= 240)
    assert.equal(
      file.spec.template.spec.serviceAccountName,
      `c500-${service}@my-collective.iam.gserviceaccount.com`,
    )
  }
})

test('each service starts with what its Cloud Run file sets, and knows every name in it', () => {
  for (const service of SERVICES) {
    const { env } = containerOf(cloudService(service))
    const names = env.map(({ name }) => name)
    assert.deepEqual(names, [...new Set(names)], `${service}.yaml: no name twice`)
    for (const { name, value } of env) {
      const isSecret = /TOKEN|SECRET|PASSWORD/.test(name)
      assert.equal(
        value === undefined,
        isSecret,
        `${service}.yaml: ${name}: secrets, and only they, are secret`,
      )
    }
    admit(service, cloudEnv(service))
  }
})

test('the services believe exactly each other’s accounts, at the addresses they call', () => {
  const settings = (service: Service) =>
    Object.fromEntries(containerOf(cloudService(service)).env.map(({ name, value }) => [name, value]))
  const accountOf = (service: Service) => cloudService(service).spec.template.spec.serviceAccountName
  const core = settings('core')
  const bot = settings('bot')
  for (const service of SERVICES) assert.equal(settings(service).SERVICE_AUTH, 'google')
  assert.equal(core.SERVICE_ACCOUNT_BOT, accountOf('bot'))
  assert.equal(core.SERVICE_ACCOUNT_WEB, accountOf('web'))
  assert.equal(bot.SERVICE_ACCOUNT_CORE, accountOf('core'))
  assert.deepEqual([core.SERVICE_AUDIENCE, core.PUBLIC_URL], [bot.CORE_URL, bot.CORE_URL])
  assert.equal(settings('web').CORE_URL, core.SERVICE_AUDIENCE)
  assert.equal(bot.SERVICE_AUDIENCE, core.BOT_URL)

  const scheduler = read('deploy/terraform/schedule.tf')
  assert.equal(core.SERVICE_ACCOUNT_SCHEDULER, 'c500-scheduler@my-collective.iam.gserviceaccount.com')
  assert.match(scheduler, /audience\s+= local\.address\.core/)
  assert.match(scheduler, /service_account_email = google_service_account\.of\["scheduler"\]\.email/)
  const [path] = every(scheduler, /uri\s+= "\$\{local\.address\.core\}([^"]+)"/g)
  assert.equal(path, ROUTES.runJobs.path)
  assert.ok(ROUTES.runJobs.input.safeParse({}).success, 'the scheduler sends an empty object')
  const annotations = cloudService('core').spec.template.metadata.annotations
  assert.equal(core.MAX_INSTANCES, annotations['autoscaling.knative.dev/maxScale'])
})

// ---- One machine ----

interface ComposeService {
  readonly command?: readonly string[]
  readonly image?: string
  readonly env_file?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly pull_policy?: string
  readonly read_only?: boolean
  readonly restart?: string
  readonly cap_drop?: readonly string[]
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly networks?: readonly string[]
}
const compose = parse(read('deploy/compose.yaml'), { merge: true }) as {
  readonly services: Readonly<Record<string, ComposeService>>
  readonly volumes: Readonly<Record<string, unknown>>
}

/** A service's whole environment in compose: a filled-in copy of its .env.example, and compose's own lines over it. */
function composeEnv(service: Service): Record<string, string> {
  const { env_file, environment = {} } = compose.services[service] ?? {}
  assert.deepEqual(env_file, [`../${service}/.env`])
  const lines = read(`${service}/.env.example`).matchAll(/^([A-Z][A-Z0-9_]*)=(.*)$/gm)
  const fromFile = [...lines].map(([, name = '', value = '']) => [name, value || (OPERATORS_OWN[name] ?? '')])
  const own = Object.entries(environment).map(([name, value]) => [
    name,
    value.replace(/\$\{SHOP_DOMAIN[^}]*\}/, 'shop.example'),
  ])
  const together: Record<string, string> = Object.fromEntries([...fromFile, ...own])
  // Blank secrets that a service insists on are the operator's to invent.
  for (const name of Object.keys(together)) {
    if (together[name] === '' && /TOKEN|SECRET/.test(name) && !/THIN|PREVIOUS/.test(name))
      together[name] = dummy(name)
  }
  return together
}

test('each service starts with its .env.example filled in and what compose sets over it', () => {
  for (const service of SERVICES) {
    const env = composeEnv(service)
    admit(service, env)
    assert.equal(env.WEB_URL, 'https://shop.example')
    assert.deepEqual(compose.services[service]?.command, [`${service}/main.ts`])
  }
  assert.equal(composeEnv('core').BOT_URL, `http://bot:${composeEnv('bot').PORT}`)
  for (const caller of ['bot', 'web'] as const) {
    assert.equal(composeEnv(caller).CORE_URL, `http://core:${composeEnv('core').PORT}`)
  }
})

test('on one machine only Caddy has open ports, and everything is read-only and comes back by itself', () => {
  for (const [name, service] of Object.entries(compose.services)) {
    assert.equal(service.read_only, true, name)
    assert.equal(service.restart, 'unless-stopped', name)
    assert.deepEqual(service.cap_drop, ['ALL'], name)
    assert.equal(service.ports !== undefined, name === 'caddy', name)
    assert.equal(service.pull_policy, service.image === 'c500' ? 'never' : undefined, 'nobody else has it')
    for (const volume of service.volumes ?? []) {
      const [from = ''] = volume.split(':')
      const exists = from.startsWith('.') ? existsSync(join(ROOT, 'deploy', from)) : from in compose.volumes
      assert.ok(exists, `${name}: ${volume}`)
    }
  }
  assert.ok(!compose.services.bot?.networks?.includes('edge'), 'Caddy cannot reach the bot')
  const upstreams = [
    ...read('deploy/Caddyfile').matchAll(
      /handle (\S+) \{\s+reverse_proxy (\S+)|handle \{\s+reverse_proxy (\S+)/g,
    ),
  ]
  assert.deepEqual(
    upstreams.map(([, path, at, rest]) => [path ?? 'the rest', at ?? rest]),
    [
      ['/webhooks/*', `core:${composeEnv('core').PORT}`],
      ['the rest', `web:${composeEnv('web').PORT}`],
    ],
  )
})

// ---- The Google project ----

const hasTerraform = spawnSync('terraform', ['version']).status === 0
const TERRAFORM = { skip: hasTerraform ? false : 'terraform is not installed: its files are not checked' }
const terraform = (args: readonly string[], cwd: string, input = '') =>
  spawnSync('terraform', [...args], {
    cwd,
    input,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: cwd, CHECKPOINT_DISABLE: '1' },
  })

test('the Terraform files parse and are formatted', TERRAFORM, () => {
  const checked = terraform(['fmt', '-check', '-diff', '-recursive'], join(ROOT, 'deploy/terraform'))
  assert.equal(checked.status, 0, `${checked.stdout}\n${checked.stderr}`)
})

test(
  'Terraform fills in the Cloud Run files as these tests do, and finds every secret',
  TERRAFORM,
  async (t) => {
    // rendered.tf needs no provider, so that Terraform itself can answer what it makes of the files.
    const folder = await mkdtemp(join(tmpdir(), 'c500-terraform-'))
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    cpSync(join(ROOT, 'deploy/cloud-run'), join(folder, 'cloud-run'), { recursive: true })
    const at = join(folder, 'terraform')
    mkdirSync(at)
    for (const file of ['rendered.tf', 'variables.tf'])
      cpSync(join(ROOT, 'deploy/terraform', file), join(at, file))
    cpSync(join(ROOT, 'deploy/terraform/terraform.tfvars.example'), join(at, 'terraform.tfvars'))
    writeFileSync(join(at, 'project.tf'), `locals {\n  project_number = "${NUMBER}"\n}\n`)
    const answer = terraform(
      ['console', `-var=image=${PLACEHOLDERS.IMAGE}`],
      at,
      'jsonencode({ services = local.services, readers = local.secret_readers, secrets = local.secrets, bot_settings = local.bot_settings })',
    )
    assert.equal(answer.status, 0, answer.stderr)
    const made = JSON.parse(JSON.parse(answer.stdout))
    const expected = Object.fromEntries(SERVICES.map((service) => [service, cloudService(service)]))
    assert.deepEqual(made.services, expected)
    const readers = SERVICES.flatMap((service) =>
      containerOf(cloudService(service))
        .env.flatMap(({ valueFrom }) => valueFrom?.secretKeyRef.name ?? [])
        .map((secret) => `${service}/${secret}`),
    )
    assert.deepEqual(made.readers, readers.toSorted())
    assert.deepEqual(made.secrets, [...new Set(readers.map((reader) => reader.split('/')[1]))].toSorted())

    // What the page has written to bot/.env, with the token beside it, is the bot as it runs there.
    const { HOST: _host, PORT: _port, DISCORD_TOKEN = '', ...settings } = cloudEnv('bot')
    assert.deepEqual({ ...parseEnv(made.bot_settings) }, settings)
    admit('bot', { ...settings, DISCORD_TOKEN })
  },
)

test('no Terraform file holds a secret or grants more than it names', () => {
  const text = readdirSync(join(ROOT, 'deploy/terraform'))
    .filter((file) => file.endsWith('.tf'))
    .map((file) => read(`deploy/terraform/${file}`))
    .join('\n')
  assert.doesNotMatch(
    text,
    /google_secret_manager_secret_version|roles\/(owner|editor|viewer)"|\.admin"|allUsers/,
  )
  assert.deepEqual(every(text, /"(roles\/[\w.]+)"/g).toSorted(), [
    'roles/datastore.user',
    'roles/secretmanager.secretAccessor',
    'roles/storage.objectUser',
  ])
})

test('the words that an alert waits for are words that core writes', () => {
  const words = every(read('deploy/terraform/alerts.tf'), /jsonPayload\.message=\\"([^"\\]+)\\"/g)
  assert.equal(words.length, 3)
  const core = read('core/start.ts') + read('core/jobs/run-jobs.ts')
  for (const text of words) assert.ok(core.includes(`'${text}'`), text)
})

// ---- The page to go live by ----

test('the page names every event that core looks at, and only those, and every address', () => {
  const page = read('deploy/README.md')
  const looked = every(read('core/usecases/take-hint.ts'), /^ {2}'([\w.[\]]+)': '/gm)
  const named = every(page, /`((?:checkout|charge|refund|account|capability|v2)\.[\w.[\]]+)`/g)
  assert.ok(looked.length > 20)
  assert.deepEqual(named.toSorted(), looked.toSorted())
  for (const path of every(page, /`SHOP(\/[\w/]+)`/g)) {
    assert.ok(read('core/start.ts').includes(`}${path}\``), path)
  }
  const webhooks = read('core/http/app.ts') + read('core/http/twitch-webhook.ts')
  for (const path of every(page, /`CORE(\/[\w/-]+)`/g))
    assert.match(webhooks, new RegExp(`'${path}(/:mark\\?)?'`))
})

const hasShellcheck = spawnSync('shellcheck', ['--version']).status === 0
test('what the pages tell a shell to do, and what CI does, passes shellcheck', {
  skip: hasShellcheck ? false : 'shellcheck is not installed: the commands are not checked',
}, () => {
  const blocks = ['README.md', 'deploy/README.md'].flatMap((page) =>
    read(page)
      .split('\n\n')
      .filter((block) => block.split('\n').every((line) => /^ {4}|^$/.test(line))),
  )
  assert.ok(blocks.length > 8)
  for (const script of [...blocks, read('.ci/run')]) {
    const { status, stdout } = spawnSync('shellcheck', ['--shell=bash', '-'], {
      input: script,
      encoding: 'utf8',
    })
    assert.equal(status, 0, stdout)
  }
})

test('the commands that the page has run in the image are in it', () => {
  const commands = new Set(every(read('deploy/README.md'), /(?:core|node) (core\/[\w-]+\.ts)/g))
  assert.deepEqual([...commands].toSorted(), ['core/money-doctor.ts', 'core/store-command.ts'])
  for (const path of commands) assert.ok(existsSync(join(ROOT, path)) && isSentToBuilder(path), path)
})

test('the page names every secret that Cloud Run reads', () => {
  const page = read('deploy/README.md')
  for (const service of SERVICES) {
    for (const { valueFrom } of containerOf(cloudService(service)).env) {
      if (valueFrom) assert.match(page, new RegExp(`\\b${valueFrom.secretKeyRef.name}\\b`))
    }
  }
})

test('every setting of the page’s example is asked for, and no other', () => {
  const asked = every(read('deploy/terraform/variables.tf'), /^variable "(\w+)"/gm)
  const given = every(read('deploy/terraform/terraform.tfvars.example'), /^(?:# )?(\w+)\s+= /gm)
  assert.deepEqual(given.toSorted(), asked.filter((name) => name !== 'monthly_budget').toSorted())
})
