import { Inject, Injectable } from '@nestjs/common';
import {
  toAppError,
  type AnswerPart,
  type FinishReason,
  type ToolCall,
  type Usage,
} from '../../kernel/index.js';
import { CONFIG, type Config } from '../../platform/config/index.js';
import { Metrics } from '../../platform/telemetry/index.js';
import { ModelError } from '../core/model-error.js';
import { needsOf } from '../core/needs.js';
import { Attempt } from './attempt.js';
import { CircuitBreakers } from './circuit-breakers.js';
import { leftAlone } from './left-alone.js';
import type { ModelChoice, ResolvedModel } from './model-directory.js';
import { MakeAttempt, type Question } from './make-attempt.js';
import { PlanRoute } from './plan-route.js';
import { Rooms } from './rooms.js';

/** A whole answer, and who gave it. */
export interface Answered {
  readonly provider: string;
  readonly model: string;
  readonly finishReason: FinishReason;
  readonly usage: Usage;
  readonly toolCalls: readonly ToolCall[];
}

/** Asks models: along the route, within the limits, past the dead ones, and with every attempt in the ledger. */
@Injectable()
export class AskModel {
  constructor(
    @Inject(CONFIG)
    private readonly config: Pick<
      Config,
      'LLM_MAX_RETRIES' | 'LLM_MAX_RETRY_WAIT_MS' | 'LLM_TOTAL_TIMEOUT_MS'
    >,
    private readonly plan: PlanRoute,
    private readonly breakers: CircuitBreakers,
    private readonly attempts: MakeAttempt,
    private readonly metrics: Metrics,
  ) {}

  /**
   * Whom a request of the organisation would ask. Throws `UNKNOWN_PROVIDER`, `PROVIDER_NOT_CONFIGURED` or `UNKNOWN_MODEL`
   * for a choice that cannot be asked.
   */
  check(choice: ModelChoice, org: string): ResolvedModel {
    return this.plan.route(choice, { tools: false, vision: false, contextTokens: 0 }, org)[0];
  }

  /**
   * Throws the signal's reason when it aborts, and the last attempt's error when none is left to make. Pieces of tool
   * calls come only where they are asked for; the calls themselves come with the answer.
   */
  async *ask(question: Question, caller: AbortSignal): AsyncGenerator<AnswerPart, Answered, undefined> {
    const budget = new AbortController();
    const timer = setTimeout(() => budget.abort(outOfTime()), this.config.LLM_TOTAL_TIMEOUT_MS);
    const signal = AbortSignal.any([caller, budget.signal]);
    try {
      const { choice, context } = question;
      const route = this.plan.route(choice, needsOf(question), context.caller.org);
      return yield* this.along(route, question, signal);
    } finally {
      clearTimeout(timer);
    }
  }

  private async *along(
    route: readonly ResolvedModel[],
    question: Question,
    signal: AbortSignal,
  ): AsyncGenerator<AnswerPart, Answered, undefined> {
    let failure: unknown;
    let former: string | undefined;
    const rooms = new Rooms((target) => this.plan.windowOf(target));
    for (const [index, target] of route.entries()) {
      const { provider } = target.languageModel;
      if (!rooms.mayHold(target)) continue;
      if (this.breakers.isOpen(provider, target.model)) {
        failure ??= leftAlone(provider, this.breakers.of(provider, target.model).retryAt);
        former = provider;
        continue;
      }
      if (former !== undefined) this.metrics.llm.failover(former, provider);
      former = provider;
      yield { type: 'attempt', provider, model: target.model };
      const attempt = new Attempt('chat', provider, target.model, question.context);
      try {
        const { finish, toolCalls } = yield* this.attempts.make(attempt, target, question, signal);
        return { provider, model: target.model, finishReason: finish.reason, usage: finish.usage, toolCalls };
      } catch (error) {
        signal.throwIfAborted();
        const isNamed = index === 0 && (question.choice.model?.trim() ?? '') !== '';
        if (isTooLong(error)) rooms.wasTooLong(target);
        else if (!goesElsewhere(error, isNamed)) throw error;
        failure = error;
        if (!attempt.hasSpoken) continue;
        const left = route.slice(index + 1).filter((other) => rooms.mayHold(other));
        if (!question.resettable || !this.isAnyoneLeft(left)) throw error;
        yield { type: 'reset', reason: toAppError(error).code };
      }
    }
    throw failure;
  }

  private isAnyoneLeft(route: readonly ResolvedModel[]): boolean {
    return route.some(({ languageModel, model }) => !this.breakers.isOpen(languageModel.provider, model));
  }
}

/** A model that is not there is the request's fault only where the request has named it. */
function goesElsewhere(error: unknown, isNamed: boolean): boolean {
  if (!(error instanceof ModelError)) return false;
  if (error.code === 'UNKNOWN_MODEL') return !isNamed;
  return error.fault !== 'request' && error.fault !== 'refusal';
}

function isTooLong(error: unknown): boolean {
  return error instanceof ModelError && error.code === 'CONTEXT_TOO_LONG';
}

function outOfTime(): ModelError {
  return new ModelError(
    'server',
    'PROVIDER_TIMEOUT',
    'The answer took longer than this server lets any answer take. Try again, or choose another provider.',
  );
}
