import { NO_TELEMETRY, type Telemetry } from './telemetry.ts'

/** Traces and metrics of one service, sent to an OTLP/HTTP collector; nothing of it is loaded without one. */
export async function openTelemetry(
  name: 'core' | 'bot' | 'web',
  endpoint: string | null,
): Promise<Telemetry> {
  if (endpoint === null) return NO_TELEMETRY
  const { createOtlpTelemetry } = await import('./otlp-telemetry.ts')
  return createOtlpTelemetry(name, endpoint)
}
