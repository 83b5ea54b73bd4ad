import { context, propagation, trace, type Tracer } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider, type SpanExporter } from '@opentelemetry/sdk-trace-node';
import { VERSION, type Config } from '../config/index.js';

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

/** A collector that does not answer must not hold up the end of the process. */
const EXPORT_TIMEOUT_MS = 3_000;

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
 * Sends traces where the configuration says. Does nothing where it says nowhere, or when this process traces already.
 * `warn` is told when the collector stops taking them.
 */
export function startTracing(
  config: TracingConfig,
  warn: (problem: string) => void = () => undefined,
): Tracing {
  const endpoint = config.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (endpoint === undefined || active !== undefined) return { shutdown: () => Promise.resolve() };
  const exporter = telling(
    warn,
    new OTLPTraceExporter({ url: tracesAddress(endpoint), timeoutMillis: EXPORT_TIMEOUT_MS }),
  );
  const provider = new NodeTracerProvider({
    resource: defaultResource().merge(
      resourceFromAttributes({ 'service.name': config.OTEL_SERVICE_NAME, 'service.version': VERSION }),
    ),
    spanProcessors: [new BatchSpanProcessor(exporter, { exportTimeoutMillis: EXPORT_TIMEOUT_MS })],
  });
  provider.register();
  active = {
    tracer: provider.getTracer('threadline', VERSION),
    capturesContent: config.OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT,
  };
  return { shutdown: () => stop(provider) };
}

async function stop(provider: NodeTracerProvider): Promise<void> {
  active = undefined;
  trace.disable();
  context.disable();
  propagation.disable();
  await provider.shutdown().catch(() => undefined);
}

/** The setting is the base of all signals' addresses; each has a path of its own below it. */
function tracesAddress(endpoint: string): string {
  const address = new URL(endpoint);
  address.pathname = `${address.pathname.replace(/\/+$/, '')}/v1/traces`;
  return address.href;
}

/** The exporter, saying so once each time the collector begins to fail. What it answered is not repeated. */
function telling(warn: (problem: string) => void, exporter: SpanExporter): SpanExporter {
  let hasFailed = false;
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        // 0 is success.
        const fails = Number(result.code) !== 0;
        if (fails && !hasFailed)
          warn('The collector at OTEL_EXPORTER_OTLP_ENDPOINT takes no traces; they are lost.');
        hasFailed = fails;
        done(result);
      }),
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
  };
}
