import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resumeTrace } from './trace.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const SPAN = 'b7ad6b7169203331'

test('a W3C traceparent is gone on with, and so is the older header of Google', () => {
  const w3c = resumeTrace({ traceparent: `00-${TRACE}-${SPAN}-00`, requestId: 'r' })
  assert.deepEqual(w3c, { traceId: TRACE, spanId: SPAN, sampled: false, requestId: 'r' })
  const google = resumeTrace({ cloudTrace: `${TRACE}/1;o=1`, requestId: 'r' })
  assert.deepEqual(google, { traceId: TRACE, spanId: '0000000000000001', sampled: true, requestId: 'r' })
  const both = resumeTrace({ traceparent: `00-${TRACE}-${SPAN}-01`, cloudTrace: `${'1'.repeat(32)}/1` })
  assert.equal(both.traceId, TRACE)
})

test('nonsense begins a trace of its own', () => {
  const zero = '0'.repeat(32)
  for (const traceparent of [
    '',
    'x',
    `00-${TRACE}`,
    `00-${zero}-${SPAN}-01`,
    `ff-${TRACE}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01garbage`,
  ]) {
    const trace = resumeTrace({ traceparent, cloudTrace: `${zero}/${'9'.repeat(40)}` })
    assert.match(trace.traceId, /^[\da-f]{32}$/)
    assert.equal(trace.spanId, null)
    assert.notEqual(trace.traceId, TRACE)
    assert.notEqual(trace.traceId, zero)
  }
})
