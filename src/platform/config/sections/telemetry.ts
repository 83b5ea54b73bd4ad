import { z } from 'zod';
import { flag, webAddress } from '../value-types.js';

/** Metrics and traces. */
export const telemetryVariables = {
  METRICS: flag.prefault('true').describe('GET /metrics for Prometheus, without a token'),
  OTEL_EXPORTER_OTLP_ENDPOINT: webAddress
    .optional()
    .describe('where OpenTelemetry traces are sent (OTLP over HTTP); unset: nowhere'),
  OTEL_SERVICE_NAME: z.string().default('threadline').describe('name of this service in traces'),
  OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: flag
    .prefault('false')
    .describe('puts prompts and answers into traces'),
} as const;
