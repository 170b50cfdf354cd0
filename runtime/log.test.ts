import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLog, type LogConfig } from './log.ts'
import { runInTrace } from './trace.ts'

const TRACE = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), sampled: true, requestId: 'req-1' }

function write(
  config: Partial<LogConfig>,
  say: (log: ReturnType<typeof createLog>) => void,
  describeError?: (error: unknown) => object | undefined,
) {
  const lines: Record<string, unknown>[] = []
  const to = { write: (line: string) => void lines.push(JSON.parse(line)) }
  const log = createLog(
    'core',
    { level: 'info', format: 'json', ...config },
    { to, ...(describeError && { describeError }) },
  )
  say(log)
  return lines
}

test('a cloud line has the fields that Cloud Logging reads', () => {
  const [line] = write({ format: 'cloud', project: 'our-shop' }, (log) =>
    runInTrace(TRACE, () => log.warn({ dropId: 'drp_1' }, 'careful')),
  )
  assert.equal(line?.severity, 'WARNING')
  assert.equal(line?.message, 'careful')
  assert.match(String(line?.time), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
  assert.equal(line?.['logging.googleapis.com/trace'], `projects/our-shop/traces/${TRACE.traceId}`)
  assert.equal(line?.['logging.googleapis.com/spanId'], TRACE.spanId)
  assert.equal(line?.['logging.googleapis.com/trace_sampled'], true)
  assert.deepEqual([line?.requestId, line?.dropId, line?.name], ['req-1', 'drp_1', 'core'])
})

test('an answered request is drawn as a request in the cloud, and stays plain elsewhere', () => {
  const answered = { method: 'GET', route: '/pay/:token', status: 200, ms: 12.5 }
  const [cloud] = write({ format: 'cloud' }, (log) => log.info(answered, 'answered'))
  assert.deepEqual(cloud?.httpRequest, {
    requestMethod: 'GET',
    requestUrl: '/pay/:token',
    status: 200,
    latency: '0.0125s',
  })
  const [plain] = write({}, (log) => runInTrace(TRACE, () => log.info(answered, 'answered')))
  assert.deepEqual([plain?.route, plain?.level, plain?.requestId], ['/pay/:token', 30, 'req-1'])
})

test('an error is told with its cause, and a service may shorten errors that hold secrets, causes too', () => {
  const error = new Error('outer', { cause: new TypeError('token abc') })
  const hide = (error: unknown) => (error instanceof TypeError ? { name: error.name } : undefined)
  const [line] = write({}, (log) => log.error({ err: error }, 'failed'), hide)
  const err = line?.err as { message: string; stack: string; cause: object }
  assert.equal(err.message, 'outer')
  assert.match(err.stack, /log\.test/)
  assert.deepEqual(err.cause, { name: 'TypeError' })
})
