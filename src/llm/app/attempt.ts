import { newId, toAppError, type Caller, type ErrorCode, type Usage } from '../../kernel/index.js';
import type { AttemptCause, AttemptOutcome, AttemptRecord, BegunAttempt } from '../../usage/index.js';
import type { ModelPart } from '../ports/language-model.js';
import { startChatSpan, type ChatSpan } from './chat-span.js';
import { SentRequest } from './sent-request.js';

/** On whose behalf and for what a model is asked. */
export interface AskContext {
  readonly caller: Pick<Caller, 'id' | 'org'>;
  readonly cause: AttemptCause;
  /** Whether its turn ends with the answer, unless that calls tools. */
  readonly endsTurn?: boolean | undefined;
}

/** The result of an attempt when it ends. */
export interface AttemptResult {
  readonly outcome: AttemptOutcome;
  readonly usage: Usage;
  readonly error: unknown;
  readonly cost: number | null;
}

/** A request that failed and was followed by a retry. */
export interface FailedRequest {
  readonly request: SentRequest;
  readonly error: unknown;
}

/** One attempt at one model: its times, what it has yielded, and its requests. */
export class Attempt {
  readonly id = newId();
  readonly startedAt = new Date().toISOString();
  /** Requests after the first one. */
  retries = 0;
  /** Whether a request was sent at all. */
  wasSent = false;
  /** The latest request; absent between its failure and the next one. */
  request: SentRequest | undefined;
  /** The requests before it. */
  readonly lost: FailedRequest[] = [];
  /** Whether anything was yielded that a reset would have to take back. */
  hasEmitted = false;
  firstTokenMs: number | null = null;
  /** The attempt's span in the trace, a child of the active span. */
  readonly span: ChatSpan;
  private readonly createdAt = performance.now();
  private asked = this.createdAt;

  constructor(
    readonly operation: AttemptRecord['operation'],
    readonly provider: string,
    readonly model: string,
    readonly context: AskContext,
  ) {
    this.span = startChatSpan({ provider, model, operation, cause: context.cause });
  }

  /** Notes that a request is being sent. */
  requestSent(): SentRequest {
    this.wasSent = true;
    this.asked = performance.now();
    this.request = new SentRequest();
    return this.request;
  }

  /** Notes that the provider has begun to answer. */
  firstPart(): void {
    if (this.request !== undefined) this.request.wasAnswered = true;
    this.firstTokenMs ??= Math.round((performance.now() - this.asked) * 10) / 10;
  }

  /**
   * Adds a part of the answer. The cost of the prompt may be reported before any text, so it does not count as the
   * first token.
   */
  add(part: ModelPart): void {
    this.request?.add(part);
    if (part.type !== 'prompt_usage') this.firstPart();
  }

  /** Notes that the latest request has failed and will be retried. */
  requestFailed(error: unknown): void {
    if (this.request !== undefined) this.lost.push({ request: this.request, error });
    this.request = undefined;
  }

  /** The attempt as it is recorded when it begins, with the size of its question in UTF-16 code units. */
  begun(promptChars: number): BegunAttempt {
    return { ...this.identity(), promptChars };
  }

  /** The row of the ledger. */
  record({ outcome, usage, error, cost }: AttemptResult): AttemptRecord {
    return {
      ...this.identity(),
      inputTokens: usage.inputTokens,
      outputTokens: usage.outputTokens,
      cachedTokens: usage.cachedTokens ?? 0,
      reasoningTokens: usage.reasoningTokens ?? 0,
      estimated: usage.estimated ?? false,
      cost,
      firstTokenMs: this.firstTokenMs,
      durationMs: Math.round((performance.now() - this.createdAt) * 10) / 10,
      retries: this.retries,
      outcome,
      errorCode: errorCodeOf(outcome, error),
    };
  }

  private identity() {
    const { id, operation, provider, model, context, startedAt: at } = this;
    const { caller, cause } = context;
    return { id, org: caller.org, user: caller.id, cause, operation, provider, model, at };
  }
}

function errorCodeOf(outcome: AttemptOutcome, error: unknown): ErrorCode | null {
  if (outcome === 'completed' || outcome === 'cancelled') return null;
  return error === undefined ? null : toAppError(error).code;
}
