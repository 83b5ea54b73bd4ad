import { Inject, Injectable } from '@nestjs/common';
import { setTimeout as pause } from 'node:timers/promises';
import type { AnswerPart, ToolCall } from '../../kernel/index.js';
import { CONFIG, type Config } from '../../platform/config/index.js';
import { waitMs } from '../core/backoff.js';
import { isTrouble, ModelError } from '../core/model-error.js';
import { needsOf } from '../core/needs.js';
import type { ModelPart, ModelRequest } from '../ports/language-model.js';
import type { Attempt, AskContext } from './attempt.js';
import { CircuitBreakers } from './circuit-breakers.js';
import { leftAlone } from './left-alone.js';
import type { ModelChoice, ResolvedModel } from './model-directory.js';
import { ProviderLimits } from './provider-limits.js';
import { SettleAttempt } from './settle-attempt.js';

/** A question to whichever model the route finds; the rest is as in a {@link ModelRequest}. */
export interface Question extends Omit<ModelRequest, 'model'> {
  readonly choice: ModelChoice;
  readonly context: AskContext;
  /** Whether what was said can be taken back, so that another attempt may follow it. */
  readonly resettable: boolean;
  /** Whether tool calls are to be told while they come; they count as said then. */
  readonly toolPieces?: boolean;
}

type Finish = Extract<ModelPart, { type: 'finish' }>;
/** What an attempt that came to its end has given besides its text. */
export type Told = { readonly finish: Finish; readonly toolCalls: readonly ToolCall[] };

/** Makes one attempt at one model: within its limits, past its breaker, and with its row in the ledger. */
@Injectable()
export class MakeAttempt {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'LLM_MAX_RETRIES' | 'LLM_MAX_RETRY_WAIT_MS'>,
    private readonly breakers: CircuitBreakers,
    private readonly limits: ProviderLimits,
    private readonly settle: SettleAttempt,
  ) {}

  /** One attempt at one model, with its retries before the first token; exactly one row of the ledger. */
  async *make(
    attempt: Attempt,
    target: ResolvedModel,
    question: Question,
    signal: AbortSignal,
  ): AsyncGenerator<AnswerPart, Told, undefined> {
    const slot = await this.limits.enter(attempt.provider, needsOf(question).contextTokens, signal);
    let finish: Finish | undefined;
    let toolCalls: readonly ToolCall[] = [];
    let failure: unknown;
    try {
      const told = yield* this.persist(attempt, target, question, signal);
      ({ finish, toolCalls } = told);
      return told;
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      // Neither an end nor an error: whoever read has gone.
      const isUnfinished = finish === undefined && failure === undefined;
      const wasCancelled = isUnfinished || (signal.aborted && !(failure instanceof ModelError));
      try {
        const end = { finish, toolCalls, error: failure, wasCancelled };
        slot.settle(await this.settle.settle(attempt, question.messages, end));
      } finally {
        slot.leave();
      }
    }
  }

  private async *persist(
    attempt: Attempt,
    target: ResolvedModel,
    question: Question,
    signal: AbortSignal,
  ): AsyncGenerator<AnswerPart, Told, undefined> {
    for (;;) {
      try {
        return yield* this.guarded(attempt, target, question, signal);
      } catch (error) {
        signal.throwIfAborted();
        const wait = this.waitBefore(attempt, error);
        if (wait === undefined) throw error;
        attempt.loses(error);
        await pause(wait, undefined, { signal }).catch(() => signal.throwIfAborted());
        attempt.retries += 1;
      }
    }
  }

  /** One request, and what its breaker is to think of it. */
  private async *guarded(
    attempt: Attempt,
    target: ResolvedModel,
    question: Question,
    signal: AbortSignal,
  ): AsyncGenerator<AnswerPart, Told, undefined> {
    const breaker = this.breakers.of(attempt.provider, target.model);
    if (!breaker.tryEnter()) throw leftAlone(attempt.provider, breaker.retryAt);
    let verdict: 'succeeded' | 'failed' | 'abandoned' = 'abandoned';
    try {
      // A probe that is answered has told what it was sent for; the answer itself may take minutes.
      const isProbe = breaker.state === 'half_open';
      const told = yield* this.once(attempt, target, question, signal, () => {
        if (isProbe) breaker.succeeded();
      });
      verdict = 'succeeded';
      return told;
    } catch (error) {
      // A provider that says no is alive.
      if (!signal.aborted) verdict = isTrouble(error) ? 'failed' : 'succeeded';
      throw error;
    } finally {
      breaker[verdict]();
    }
  }

  private async *once(
    attempt: Attempt,
    { languageModel, model }: ResolvedModel,
    { choice: _choice, context: _context, resettable: _resettable, toolPieces, ...request }: Question,
    signal: AbortSignal,
    onAnswered: () => void,
  ): AsyncGenerator<AnswerPart, Told, undefined> {
    if (!attempt.wasAsked) await this.settle.begin(attempt, request.messages);
    const sent = attempt.asks();
    let isAnswering = false;
    for await (const part of languageModel.stream({ ...request, model }, signal)) {
      // What the question cost is known before any word of the answer.
      if (part.type === 'prompt_usage') {
        attempt.hearsPrompt(part);
        continue;
      }
      if (!isAnswering) onAnswered();
      isAnswering = true;
      attempt.hears();
      if (part.type === 'finish') return { finish: part, toolCalls: sent.toolCalls };
      sent.hears(part);
      if (part.type === 'tool_call' || (part.type === 'tool_piece' && toolPieces !== true)) continue;
      attempt.hasSpoken = true;
      yield part;
    }
    throw new Error(`${languageModel.provider} ended an answer without saying so`);
  }

  /** Milliseconds to wait before the same model is asked again, or `undefined` when it should not be. */
  private waitBefore(attempt: Attempt, error: unknown): number | undefined {
    if (!(error instanceof ModelError) || attempt.hasSpoken) return undefined;
    if (attempt.retries >= this.config.LLM_MAX_RETRIES || !isWorthRepeating(error)) return undefined;
    if (this.breakers.isOpen(attempt.provider, attempt.model)) return undefined;
    return waitMs({
      attempt: attempt.retries + 1,
      retryAfterSeconds: error.retryAfter,
      maxWaitMs: this.config.LLM_MAX_RETRY_WAIT_MS,
      random: Math.random,
    });
  }
}

/** A provider that was silent once has cost whoever waits enough: that is for another one to answer. */
function isWorthRepeating(error: ModelError): boolean {
  return error.fault === 'rate' || (error.fault === 'server' && error.code !== 'PROVIDER_TIMEOUT');
}
