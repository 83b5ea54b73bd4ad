export type { TracedAnswer, TracedMessage } from './chat-content.js';
export { startChatSpan, type ChatSpan, type ChatSpanEnd, type ChatSpanStart } from './chat-span.js';
export type { MeasuredAttempt, MeasuredBreaker } from './llm-metrics.js';
export { Metrics, type PoolState } from './metrics.js';
export { inSpan, startTurnSpan, type SpanFacts, type TurnSpan } from './spans.js';
export { TelemetryModule } from './telemetry.module.js';
export { startTracing, type Tracing, type TracingConfig } from './tracing.js';
