import { once } from 'node:events'
import { createServer } from 'node:http'
import { json } from 'node:stream/consumers'
import { z } from 'zod'

const Attribute = z.object({
  key: z.string(),
  value: z.object({ stringValue: z.string().optional() }).loose(),
})
const Spans = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: z.array(Attribute) }),
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.object({
              traceId: z.string(),
              spanId: z.string(),
              parentSpanId: z.string().optional(),
              name: z.string(),
            }),
          ),
        }),
      ),
    }),
  ),
})
const Metrics = z.object({
  resourceMetrics: z.array(
    z.object({
      scopeMetrics: z.array(z.object({ metrics: z.array(z.object({ name: z.string() }).loose()) })),
    }),
  ),
})

export interface SeenSpan {
  readonly service: string
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
}

/** An OpenTelemetry collector on loopback that takes OTLP/HTTP with JSON and keeps what it saw. */
export interface LocalCollector extends AsyncDisposable {
  readonly url: string
  readonly spans: readonly SeenSpan[]
  readonly metrics: ReadonlyMap<string, object>
  /** Everything as it came, to look for what should not be in it. */
  readonly text: () => string
}

export async function startLocalCollector(): Promise<LocalCollector> {
  const spans: SeenSpan[] = []
  const metrics = new Map<string, object>()
  const bodies: unknown[] = []
  const server = createServer(async (request, response) => {
    const body = await json(request)
    bodies.push(body)
    if (request.url === '/v1/traces') {
      for (const { resource, scopeSpans } of Spans.parse(body).resourceSpans) {
        const name = resource.attributes.find(({ key }) => key === 'service.name')
        const service = name?.value.stringValue ?? ''
        for (const span of scopeSpans.flatMap((scope) => scope.spans)) {
          spans.push({ ...span, service, parentSpanId: span.parentSpanId || undefined })
        }
      }
    } else {
      const { resourceMetrics } = Metrics.parse(body)
      for (const metric of resourceMetrics.flatMap((r) => r.scopeMetrics.flatMap((scope) => scope.metrics))) {
        metrics.set(metric.name, metric)
      }
    }
    response.setHeader('content-type', 'application/json').end('{}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    spans,
    metrics,
    text: () => JSON.stringify(bodies),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}
