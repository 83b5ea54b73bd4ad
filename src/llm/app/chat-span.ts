import { SpanKind, type Span } from '@opentelemetry/api';
import { assertNever, type FinishReason, type Usage } from '../../kernel/index.js';
import { activeTracing, markFailed } from '../../platform/telemetry/index.js';
import type { AttemptCause } from '../../usage/index.js';
import { contentAttributes, type TracedAnswer, type TracedMessage } from './chat-content.js';

/** One attempt at a model, before it is made. */
export interface ChatSpanStart {
  readonly provider: string;
  readonly model: string;
  readonly operation: 'chat' | 'embeddings';
  readonly cause: AttemptCause;
}

/** How it ended. */
export interface ChatSpanEnd {
  readonly usage?: Usage | undefined;
  readonly finishReason?: FinishReason | undefined;
  readonly outcome: string;
  /** Of the catalogue of errors. */
  readonly errorCode?: string | null | undefined;
  /** The model that the provider says has answered. */
  readonly responseModel?: string | undefined;
}

/** An attempt at a model in the trace. */
export interface ChatSpan {
  /** Milliseconds from the request to the first piece of the answer. */
  firstToken(milliseconds: number): void;
  /** Takes down question and answer, before {@link end}. Absent unless the operator wants them in traces. */
  content?(question: readonly TracedMessage[], answer: TracedAnswer): void;
  end(ended: ChatSpanEnd): void;
}

const UNTRACED: ChatSpan = { firstToken: () => undefined, end: () => undefined };

/** Where our name of a provider is not the one that the conventions list. */
const CONVENTIONAL_NAMES: Readonly<Record<string, string>> = { claude: 'anthropic' };

/**
 * Begins the span of a call of a model, below the span it is begun in. Follows OpenTelemetry's semantic conventions for
 * generative AI; who asked is not in it.
 */
export function startChatSpan({ provider, model, operation, cause }: ChatSpanStart): ChatSpan {
  const tracing = activeTracing();
  if (tracing === undefined) return UNTRACED;
  const span = tracing.tracer.startSpan(`${operation} ${model}`, {
    kind: SpanKind.CLIENT,
    attributes: {
      'gen_ai.operation.name': operation,
      'gen_ai.provider.name': CONVENTIONAL_NAMES[provider] ?? provider,
      'gen_ai.request.model': model,
      ...causeAttributes(cause),
      ...(operation === 'chat' && { 'gen_ai.request.stream': true }),
    },
  });
  return {
    firstToken: (milliseconds) => {
      span.setAttribute('gen_ai.response.time_to_first_chunk', milliseconds / 1_000);
    },
    end: (ended) => endChatSpan(span, ended),
    ...(tracing.capturesContent && {
      content: (question: readonly TracedMessage[], answer: TracedAnswer) => {
        span.setAttributes(contentAttributes(question, answer));
      },
    }),
  };
}

/** A stateless request is a turn that leaves nothing behind. */
function causeAttributes(cause: AttemptCause): Record<string, string> {
  switch (cause.type) {
    case 'turn':
      return { 'threadline.turn.id': cause.turnId, 'gen_ai.conversation.id': cause.threadId };
    case 'stateless':
      return { 'threadline.turn.id': cause.requestId };
    case 'job':
      return { 'threadline.job.id': cause.jobId };
    default:
      return assertNever(cause);
  }
}

function endChatSpan(
  span: Span,
  { usage, finishReason, outcome, errorCode, responseModel }: ChatSpanEnd,
): void {
  span.setAttribute('threadline.attempt.outcome', outcome);
  if (responseModel !== undefined) span.setAttribute('gen_ai.response.model', responseModel);
  if (finishReason !== undefined) span.setAttribute('gen_ai.response.finish_reasons', [finishReason]);
  if (usage !== undefined) span.setAttributes(usageAttributes(usage));
  if (typeof errorCode === 'string') markFailed(span, errorCode);
  span.end();
}

function usageAttributes(usage: Usage): Record<string, number | boolean> {
  return {
    'gen_ai.usage.input_tokens': usage.inputTokens,
    'gen_ai.usage.output_tokens': usage.outputTokens,
    ...(usage.cachedTokens !== undefined && { 'gen_ai.usage.cache_read.input_tokens': usage.cachedTokens }),
    ...(usage.reasoningTokens !== undefined && {
      'gen_ai.usage.reasoning.output_tokens': usage.reasoningTokens,
    }),
    ...(usage.estimated === true && { 'threadline.usage.estimated': true }),
  };
}
