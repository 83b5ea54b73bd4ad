import { context, propagation, trace, type Tracer } from '@opentelemetry/api';
import type { Config } from '../config/index.js';
import type { TraceExport } from './trace-export.js';

/** What tracing needs to know. */
export type TracingConfig = Pick<
  Config,
  'OTEL_EXPORTER_OTLP_ENDPOINT' | 'OTEL_SERVICE_NAME' | 'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT'
>;

/** Tracing under way. */
export interface Tracing {
  /** Sends what is left, for a few seconds at most, and ends. Never rejects. */
  shutdown(): Promise<void>;
}

interface Active {
  readonly tracer: Tracer;
  readonly capturesContent: boolean;
}

// OpenTelemetry is of the process, not of an application: so is this.
let active: Active | undefined;

/** The tracer and what it may record; `undefined` while traces go nowhere. */
export function activeTracing(): Active | undefined {
  return active;
}

/**
 * Sends traces where the configuration says. Does nothing where it says nowhere, or when this process traces already:
 * what it takes to send them is not even loaded then. `warn` is told when the collector stops taking them.
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
