import { context, propagation, trace, type Tracer } from '@opentelemetry/api';
import type { Config } from '../config/index.js';
import type { TraceExport } from './trace-export.js';

/** The settings of tracing. */
export type TracingConfig = Pick<
  Config,
  'OTEL_EXPORTER_OTLP_ENDPOINT' | 'OTEL_SERVICE_NAME' | 'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT'
>;

/** Tracing that was started. */
export interface Tracing {
  /** Sends the remaining spans, for a few seconds at most, and stops. Never rejects. */
  shutdown(): Promise<void>;
}

interface Active {
  readonly tracer: Tracer;
  readonly capturesContent: boolean;
}

// OpenTelemetry is global to the process, and so is this.
let active: Active | undefined;

/** The tracer and what it may record; `undefined` while traces are not exported. */
export function activeTracing(): Active | undefined {
  return active;
}

/**
 * Exports traces as configured. Does nothing, and does not even load the exporter, if no endpoint is configured or this
 * process exports traces already. `warn` is called when the collector begins to reject them.
 */
export async function startTracing(
  config: TracingConfig,
  warn: (problem: string) => void = () => undefined,
): Promise<Tracing> {
  const endpoint = config.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (endpoint === undefined || active !== undefined) return { shutdown: () => Promise.resolve() };
  const { exportTraces } = await import('./trace-export.js');
  const traces = exportTraces(endpoint, config.OTEL_SERVICE_NAME, warn);
  active = {
    tracer: traces.tracer,
    capturesContent: config.OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT,
  };
  return { shutdown: () => stop(traces) };
}

async function stop(traces: TraceExport): Promise<void> {
  active = undefined;
  trace.disable();
  context.disable();
  propagation.disable();
  await traces.shutdown().catch(() => undefined);
}
