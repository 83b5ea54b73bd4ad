import type { Tracer } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider, type SpanExporter } from '@opentelemetry/sdk-trace-node';
import { VERSION } from '../config/index.js';

/** A collector that does not respond must not delay the end of the process. */
const EXPORT_TIMEOUT_MS = 3_000;

/** The tracer and the shutdown of its export. */
export interface TraceExport {
  readonly tracer: Tracer;
  /** Sends the remaining spans. */
  shutdown(): Promise<void>;
}

/** Registers this process's tracer and exports its spans to the endpoint; `warn` is called when that fails. */
export function exportTraces(
  endpoint: string,
  serviceName: string,
  warn: (problem: string) => void,
): TraceExport {
  const exporter = telling(
    warn,
    new OTLPTraceExporter({ url: tracesAddress(endpoint), timeoutMillis: EXPORT_TIMEOUT_MS }),
  );
  const provider = new NodeTracerProvider({
    resource: defaultResource().merge(
      resourceFromAttributes({ 'service.name': serviceName, 'service.version': VERSION }),
    ),
    spanProcessors: [new BatchSpanProcessor(exporter, { exportTimeoutMillis: EXPORT_TIMEOUT_MS })],
  });
  provider.register();
  return { tracer: provider.getTracer('threadline', VERSION), shutdown: () => provider.shutdown() };
}

/** The setting is the base URL of all signals; traces have their own path below it. */
function tracesAddress(endpoint: string): string {
  const address = new URL(endpoint);
  address.pathname = `${address.pathname.replace(/\/+$/, '')}/v1/traces`;
  return address.href;
}

/** Wraps the exporter: warns once each time exports begin to fail. The collector's response is not logged. */
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
