import {
  type Counter,
  type Histogram,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { METRICS, type Telemetry } from './telemetry.ts'
import { currentTrace, runInTrace } from './trace.ts'

const METRICS_EVERY_MS = 30_000
const SEND_WITHIN_MS = 5_000
const CLOSE_WITHIN_MS = 1_000
/** Seconds, from a read in memory to a slow vendor. */
const BOUNDARIES = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
const KINDS = { client: SpanKind.CLIENT, server: SpanKind.SERVER } as const

/**
 * Telemetry by OpenTelemetry's own parts. Which step the code is in is known from `trace.ts` alone, as it is without
 * telemetry, so that logs, headers and spans always agree. `endpoint` is a base address, as in
 * OTEL_EXPORTER_OTLP_ENDPOINT; the exporters read OTEL_EXPORTER_OTLP_HEADERS themselves.
 */
export function createOtlpTelemetry(name: string, endpoint: string): Telemetry {
  const resource = resourceFromAttributes({ 'service.name': name, 'service.namespace': 'c500' })
  const tracerProvider = new TracerProvider({
    resource,
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: new OTLPTraceExporter({ url: `${endpoint}/v1/traces`, timeoutMillis: SEND_WITHIN_MS }),
      }),
    ],
  })
  const meterProvider = new MeterProvider({
    resource,
    readers: [
      new PeriodicExportingMetricReader({
        exporter: new OTLPMetricExporter({ url: `${endpoint}/v1/metrics`, timeoutMillis: SEND_WITHIN_MS }),
        exportIntervalMillis: METRICS_EVERY_MS,
        exportTimeoutMillis: SEND_WITHIN_MS,
      }),
    ],
  })
  const tracer = tracerProvider.getTracer('c500')
  const meter = meterProvider.getMeter('c500')
  const counters = new Map<string, Counter>()
  const histograms = new Map<string, Histogram>()
  for (const [metric, { kind, about: description }] of Object.entries(METRICS)) {
    if (kind === 'counter') counters.set(metric, meter.createCounter(metric, { description }))
    if (kind === 'histogram') {
      const advice = { explicitBucketBoundaries: BOUNDARIES }
      histograms.set(metric, meter.createHistogram(metric, { description, unit: 's', advice }))
    }
  }

  return {
    async inStep(stepName, attributes, work, side) {
      const parent = currentTrace()
      const context =
        parent && parent.spanId !== null
          ? trace.setSpanContext(ROOT_CONTEXT, {
              traceId: parent.traceId,
              spanId: parent.spanId,
              traceFlags: parent.sampled ? 1 : 0,
              isRemote: true,
            })
          : ROOT_CONTEXT
      const kind = side ? KINDS[side] : SpanKind.INTERNAL
      const span = tracer.startSpan(stepName, { kind, attributes }, context)
      const { traceId, spanId, traceFlags } = span.spanContext()
      const requestId = parent?.requestId ?? crypto.randomUUID()
      const step = {
        rename: (to: string) => void span.updateName(to),
        note: (more: typeof attributes) => void span.setAttributes(more),
      }
      try {
        return await runInTrace({ traceId, spanId, sampled: traceFlags === 1, requestId }, () => work(step))
      } catch (error) {
        // The kind alone: an error's own words may hold what no collector should keep.
        const type =
          error instanceof Error ? ('code' in error && String(error.code)) || error.name : 'unknown'
        span.setAttribute('error.type', type)
        span.setStatus({ code: SpanStatusCode.ERROR })
        throw error
      } finally {
        span.end()
      }
    },
    count: (metric, attributes) => counters.get(metric)?.add(1, attributes),
    time: (metric, value, attributes) => histograms.get(metric)?.record(value, attributes),
    gauge(metric, read) {
      const { about: description } = METRICS[metric]
      meter.createObservableGauge(metric, { description }).addCallback(async (result) => {
        for (const [value, attributes] of await read()) result.observe(value, attributes)
      })
    },
    async close() {
      const late = new Promise((resolve) => setTimeout(resolve, CLOSE_WITHIN_MS).unref())
      // A collector that is away must not keep a service from leaving.
      await Promise.race([Promise.allSettled([tracerProvider.shutdown(), meterProvider.shutdown()]), late])
    },
  }
}
