import {
  context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Span,
} from '@opentelemetry/api';
import { AppError, type TurnOutcome } from '../../kernel/index.js';
import { activeTracing } from './tracing.js';

/** Attributes of a span: counts, names, ids; never user text. */
export type SpanFacts = Readonly<Record<string, string | number | boolean>>;

/** The span of a turn. */
export interface TurnSpan {
  /** Runs the work with the turn's span as the active one. */
  within<Result>(work: () => Result): Result;
  /** Ends the span with the turn's outcome, and the code of its error. Only the first call counts. */
  end(ended: { readonly outcome: TurnOutcome | 'waiting'; readonly errorCode?: string | undefined }): void;
}

const UNTRACED_TURN: TurnSpan = { within: (work) => work(), end: () => undefined };

/** Runs the work inside a span, which is the parent of spans started in it. Rejects as the work does. */
export async function inSpan<Result>(
  name: string,
  facts: SpanFacts,
  work: () => Promise<Result>,
): Promise<Result> {
  const tracing = activeTracing();
  if (tracing === undefined) return work();
  return tracing.tracer.startActiveSpan(name, { attributes: { ...facts } }, async (span) => {
    try {
      return await work();
    } catch (error) {
      markFailed(span, errorType(error));
      throw error;
    } finally {
      span.end();
    }
  });
}

/** Starts the span of a turn, as a child of its request's if that has a trace. */
export function startTurnSpan(turn: { readonly turnId: string; readonly threadId: string }): TurnSpan {
  const tracing = activeTracing();
  if (tracing === undefined) return UNTRACED_TURN;
  const span = tracing.tracer.startSpan('turn', {
    kind: SpanKind.INTERNAL,
    attributes: { 'threadline.turn.id': turn.turnId, 'gen_ai.conversation.id': turn.threadId },
  });
  const inside = trace.setSpan(context.active(), span);
  return {
    within: (work) => context.with(inside, work),
    end: ({ outcome, errorCode }) => {
      span.setAttribute('threadline.turn.outcome', outcome);
      if (errorCode !== undefined) span.setAttribute('error.type', errorCode);
      if (outcome === 'failed') markFailed(span, errorCode ?? 'INTERNAL');
      span.end();
    },
  };
}

/** Runs the work as a child of the span in the request's `traceparent`, if there is one. */
export function belowRemoteSpan<Result>(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  work: () => Result,
): Result {
  if (activeTracing() === undefined || headers['traceparent'] === undefined) return work();
  // Only these two headers: baggage contains text of the client.
  const { traceparent, tracestate } = headers;
  return context.with(propagation.extract(ROOT_CONTEXT, { traceparent, tracestate }), work);
}

/** Marks a span as failed without the error's message, which may quote user text. */
export function markFailed(span: Span, type: string): void {
  span.setAttribute('error.type', type);
  span.setStatus({ code: SpanStatusCode.ERROR });
}

function errorType(error: unknown): string {
  if (error instanceof AppError) return error.code;
  return error instanceof Error ? error.name : '_OTHER';
}
