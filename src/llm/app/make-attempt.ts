import { Inject, Injectable } from '@nestjs/common';
import { setTimeout as pause } from 'node:timers/promises';
import type { Piece, Sink } from '../../kernel/index.js';
import { CONFIG, type Config } from '../../platform/config/index.js';
import { waitMs } from '../core/backoff.js';
import { ModelError } from '../core/model-error.js';
import { needsOf } from '../core/needs.js';
import type { ModelPart } from '../ports/language-model.js';
import type { AnswerBudget } from './answer-budget.js';
import type { Attempt } from './attempt.js';
import { CircuitBreakers, type Permit } from './circuit-breakers.js';
import type { ResolvedModel } from './model-directory.js';
import { limited } from './limited-parts.js';
import { ProviderLimits, type Slot } from './provider-limits.js';
import type { Answered, Question } from './question.js';
import type { SentRequest } from './sent-request.js';
import { RecordAttempt } from './record-attempt.js';

/** Makes one attempt at one model: within its limits, through its breaker, and with its row in the ledger. */
@Injectable()
export class MakeAttempt {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'LLM_MAX_RETRIES' | 'LLM_MAX_RETRY_WAIT_MS'>,
    private readonly breakers: CircuitBreakers,
    private readonly limits: ProviderLimits,
    private readonly recordAttempt: RecordAttempt,
  ) {}

  /**
   * One attempt at one model, with its retries before the first token; exactly one row of the ledger. Pieces are given to
   * the sink as they arrive; a sink that fails must have ended the budget.
   */
  async make(
    attempt: Attempt,
    { languageModel, model }: ResolvedModel,
    question: Question,
    budget: AnswerBudget,
    sink: Sink<Piece>,
  ): Promise<Answered> {
    const { signal } = budget;
    const { choice: _choice, context: _context, resettable: _resettable, ...rest } = question;
    const { toolPieces, readImage: _readImage, limitText, ...asked } = rest;
    const slot = await this.limits.acquire(attempt.provider, needsOf(question).contextTokens, signal);
    let failure: unknown;
    try {
      for (;;) {
        let permit: Permit | undefined;
        try {
          permit = this.breakers.enter(attempt.provider, model);
          const sent = await this.nextRequest(attempt, question);
          const said = languageModel.stream({ ...asked, model }, signal);
          for await (const part of limitText === undefined ? said : limited(said, limitText(), asked, sent)) {
            attempt.add(part);
            if (part.type !== 'prompt_usage') permit.answered();
            if (!isEmitted(part, toolPieces)) continue;
            budget.spend(part.text.length);
            attempt.hasEmitted = true;
            const taken = sink(part);
            if (taken !== undefined) await taken;
          }
          const answer = answered(attempt, sent);
          permit.succeeded();
          return answer;
        } catch (error) {
          permit?.failed(error, signal);
          await this.beforeNext(attempt, error, signal);
        } finally {
          permit?.abandoned();
        }
      }
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      await this.finish(slot, attempt, question, failure, signal);
    }
  }

  /** The request that is sent next. The attempt is in the ledger before its first request is sent. */
  private async nextRequest(attempt: Attempt, { messages }: Question): Promise<SentRequest> {
    if (!attempt.wasSent) await this.recordAttempt.begin(attempt, messages);
    return attempt.requestSent();
  }

  /** Waits until the same model may be asked again. Throws the error if it should not be. */
  private async beforeNext(attempt: Attempt, error: unknown, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const wait = this.waitBefore(attempt, error);
    if (wait === undefined) throw error;
    attempt.requestFailed(error);
    await pause(wait, undefined, { signal }).catch(() => signal.throwIfAborted());
    attempt.retries += 1;
  }

  /** Milliseconds to wait before the same model is asked again, or `undefined` if it should not be. */
  private waitBefore(attempt: Attempt, error: unknown): number | undefined {
    if (!(error instanceof ModelError) || attempt.hasEmitted) return undefined;
    if (attempt.retries >= this.config.LLM_MAX_RETRIES || !isWorthRepeating(error)) return undefined;
    if (this.breakers.isOpen(attempt.provider, attempt.model)) return undefined;
    return waitMs({
      attempt: attempt.retries + 1,
      retryAfterSeconds: error.retryAfter,
      maxWaitMs: this.config.LLM_MAX_RETRY_WAIT_MS,
      random: Math.random,
    });
  }

  /** Records the attempt's result in the ledger, and releases its slot. */
  private async finish(
    slot: Slot,
    attempt: Attempt,
    { messages }: Question,
    error: unknown,
    signal: AbortSignal,
  ): Promise<void> {
    const { finish, toolCalls = [] } = attempt.request ?? {};
    // Neither an end nor an error: the reader has gone.
    const isUnfinished = finish === undefined && error === undefined;
    const wasCancelled = isUnfinished || (signal.aborted && !(error instanceof ModelError));
    try {
      slot.correctTokens(
        await this.recordAttempt.record(attempt, messages, { finish, toolCalls, error, wasCancelled }),
      );
    } finally {
      slot.release();
    }
  }
}

/** Whether a part is yielded: usage and whole calls are part of the result at the end. */
function isEmitted(part: ModelPart, toolPieces = false): part is Piece {
  return part.type === 'text' || part.type === 'reasoning' || (toolPieces && part.type === 'tool_piece');
}

function answered(
  { provider, model }: Attempt,
  { finish, toolCalls, metadata, text, reasoning }: SentRequest,
): Answered {
  if (finish === undefined) throw new Error(`${provider} ended an answer without saying so`);
  const { reason: finishReason, usage } = finish;
  const { type: _type, ...attached } = metadata ?? { type: undefined };
  return {
    ...{ provider, model, finishReason, usage, toolCalls, said: { text, reasoning } },
    ...(metadata !== undefined && { metadata: { provider, model, ...attached } }),
  };
}

/** After a time-out the caller has waited long enough: that calls for failover. */
function isWorthRepeating(error: ModelError): boolean {
  return error.fault === 'rate' || (error.fault === 'server' && error.code !== 'PROVIDER_TIMEOUT');
}
