export { Metrics } from './metrics.js';
export {
  inSpan,
  markFailed,
  openSpan,
  startTurnSpan,
  type OpenSpan,
  type SpanFacts,
  type TurnSpan,
} from './spans.js';
export { TelemetryModule } from './telemetry.module.js';
export { activeTracing, startTracing, type Tracing, type TracingConfig } from './tracing.js';
