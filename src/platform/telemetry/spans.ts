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

/** Facts about a span: counts, names, ids; never what anybody wrote. */
export type SpanFacts = Readonly<Record<string, string | number | boolean>>;

/** A turn in the trace. */
export interface TurnSpan {
  /** Does the work with the turn as the parent of every span begun in it. */
  within<Result>(work: () => Result): Result;
  /** How it ended, and the error's code of the catalogue if one ended it. Only the first call counts. */
  end(ended: { readonly outcome: TurnOutcome | 'waiting'; readonly errorCode?: string | undefined }): void;
}

const UNTRACED_TURN: TurnSpan = { within: (work) => work(), end: () => undefined };

/** Does the work inside a span, which is then the parent of those begun in it. Rejects as the work does. */
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

/** Begins the span of a turn, below the request that brought it if that came with a trace of its own. */
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

/** Does the work below the span that the request's `traceparent` names, if it names one. */
export function belowRemoteSpan<Result>(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  work: () => Result,
): Result {
  if (activeTracing() === undefined || headers['traceparent'] === undefined) return work();
  // Nothing but these two: baggage is a client's own text.
  const { traceparent, tracestate } = headers;
  return context.with(propagation.extract(ROOT_CONTEXT, { traceparent, tracestate }), work);
}

/** Marks a span as failed without the error's message, which may quote what somebody wrote. */
export function markFailed(span: Span, type: string): void {
  span.setAttribute('error.type', type);
  span.setStatus({ code: SpanStatusCode.ERROR });
}

function errorType(error: unknown): string {
  if (error instanceof AppError) return error.code;
  return error instanceof Error ? error.name : '_OTHER';
}
