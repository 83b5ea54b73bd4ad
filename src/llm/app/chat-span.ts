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

/** How an attempt ended. */
export interface ChatSpanEnd {
  readonly usage?: Usage | undefined;
  readonly finishReason?: FinishReason | undefined;
  readonly outcome: string;
  /** A code of the error catalogue. */
  readonly errorCode?: string | null | undefined;
  /** The model that answered, as the provider reports it. */
  readonly responseModel?: string | undefined;
}

/** The span of an attempt at a model. */
export interface ChatSpan {
  /** Milliseconds from the request to the first piece of the answer. */
  firstToken(milliseconds: number): void;
  /** Records question and answer; called before {@link end}. Absent unless the operator has enabled it. */
  content?(question: readonly TracedMessage[], answer: TracedAnswer): void;
  end(ended: ChatSpanEnd): void;
}

const UNTRACED: ChatSpan = { firstToken: () => undefined, end: () => undefined };

/** Names of the conventions for providers that have another name here. */
const CONVENTIONAL_NAMES: Readonly<Record<string, string>> = { claude: 'anthropic' };

/**
 * Starts the span of a model call as a child of the active span. It follows OpenTelemetry's semantic conventions for
 * generative AI and does not identify the user.
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

/** A stateless request is reported as a turn that stores nothing. */
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
