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

/** A span that goes on until it is ended. */
export interface OpenSpan {
  /** Runs the work with the span as the active one. */
  within<Result>(work: () => Result): Result;
  /** Ends the span with these facts; `failure` says in one word of ours why it failed. Only the first call counts. */
  end(facts: SpanFacts, failure?: string): void;
}

const UNTRACED: OpenSpan = { within: (work) => work(), end: () => undefined };

/** Starts a span as a child of the active one. */
export function openSpan(name: string, facts: SpanFacts): OpenSpan {
  const tracing = activeTracing();
  if (tracing === undefined) return UNTRACED;
  const span = tracing.tracer.startSpan(name, { kind: SpanKind.INTERNAL, attributes: { ...facts } });
  const inside = trace.setSpan(context.active(), span);
  return {
    within: (work) => context.with(inside, work),
    end: (more, failure) => {
      span.setAttributes({ ...more });
      if (failure !== undefined) markFailed(span, failure);
      span.end();
    },
  };
}

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
  const span = openSpan('turn', {
    'threadline.turn.id': turn.turnId,
    'gen_ai.conversation.id': turn.threadId,
  });
  return {
    within: (work) => span.within(work),
    end({ outcome, errorCode }) {
      const why = errorCode === undefined ? {} : { 'error.type': errorCode };
      const failure = outcome === 'failed' ? (errorCode ?? 'INTERNAL') : undefined;
      span.end({ 'threadline.turn.outcome': outcome, ...why }, failure);
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
