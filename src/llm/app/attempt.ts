import { newId, toAppError, type Caller, type ErrorCode, type Usage } from '../../kernel/index.js';
import type { AttemptCause, AttemptOutcome, AttemptRecord, BegunAttempt } from '../../usage/index.js';
import type { ModelPart } from '../ports/language-model.js';
import { startChatSpan, type ChatSpan } from './chat-span.js';
import { SentRequest } from './sent-request.js';

/** For whom and what a model is asked. */
export interface AskContext {
  readonly caller: Pick<Caller, 'id' | 'org'>;
  readonly cause: AttemptCause;
}

/** What an attempt has come to by the time it ends. */
export interface AttemptResult {
  readonly outcome: AttemptOutcome;
  readonly usage: Usage;
  readonly error: unknown;
  readonly cost: number | null;
}

/** A request that failed and was followed by another. */
export interface FailedRequest {
  readonly request: SentRequest;
  readonly error: unknown;
}

/** One attempt at one model: its clock, what it has said, and how often it asked. */
export class Attempt {
  readonly id = newId();
  readonly startedAt = new Date().toISOString();
  /** Requests beyond the first. */
  retries = 0;
  /** Whether a request was sent at all. */
  wasAsked = false;
  /** The latest request; absent from its failure to the next one. */
  request: SentRequest | undefined;
  /** What was sent before it. */
  readonly lost: FailedRequest[] = [];
  /** Whether anything was given out that would have to be taken back. */
  hasSpoken = false;
  firstTokenMs: number | null = null;
  /** The attempt in the trace, below whatever span it is begun in. */
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

  /** A request is sent now. */
  requestSent(): SentRequest {
    this.wasAsked = true;
    this.asked = performance.now();
    this.request = new SentRequest();
    return this.request;
  }

  /** The provider has begun to answer. */
  firstPart(): void {
    if (this.request !== undefined) this.request.wasAnswered = true;
    this.firstTokenMs ??= Math.round((performance.now() - this.asked) * 10) / 10;
  }

  /** A part of the answer has come. What the question cost is known before any word of it, and is no beginning. */
  add(part: ModelPart): void {
    this.request?.add(part);
    if (part.type !== 'prompt_usage') this.firstPart();
  }

  /** The latest request has failed, and another one is to follow. */
  requestFailed(error: unknown): void {
    if (this.request !== undefined) this.lost.push({ request: this.request, error });
    this.request = undefined;
  }

  /** Whose attempt at what it is, with the size of its question in UTF-16 code units. */
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
