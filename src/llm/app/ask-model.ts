import { Inject, Injectable } from '@nestjs/common';
import { toAppError, type AnswerPart, type Sink } from '../../kernel/index.js';
import { CONFIG, type Config } from '../../platform/config/index.js';
import { needsOf } from '../core/needs.js';
import { withOwnMetadata } from '../app/own-metadata.js';
import { withSeenImages } from './seen-images.js';
import { AnswerBudget } from './answer-budget.js';
import { Attempt } from './attempt.js';
import { CircuitBreakers } from './circuit-breakers.js';
import { LlmMetrics } from './llm-metrics.js';
import { MakeAttempt } from './make-attempt.js';
import type { ModelChoice, ResolvedModel } from './model-directory.js';
import { PlanRoute } from './plan-route.js';
import type { Answered, Question } from './question.js';
import { RouteWalk } from './route-walk.js';

/** Asks models: walks the route within the limits, skips open breakers, and records every attempt in the ledger. */
@Injectable()
export class AskModel {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'LLM_TOTAL_TIMEOUT_MS' | 'MAX_ANSWER_CHARS'>,
    private readonly plan: PlanRoute,
    private readonly breakers: CircuitBreakers,
    private readonly attempts: MakeAttempt,
    private readonly metrics: LlmMetrics,
  ) {}

  /**
   * The model that a request of the organisation would ask first. Throws `UNKNOWN_PROVIDER`, `PROVIDER_NOT_CONFIGURED`
   * or `UNKNOWN_MODEL` for a choice that cannot be asked.
   */
  check(choice: ModelChoice, org: string): ResolvedModel {
    return this.plan.route(choice, { tools: false, vision: false, contextTokens: 0 }, org)[0];
  }

  /**
   * Throws the signal's reason when it aborts, the last attempt's error when the route is exhausted, and
   * `PROVIDER_ERROR` for an answer that would exceed `MAX_ANSWER_CHARS`; everything up to that bound was given to the
   * sink. Pieces of tool calls are given only where they are asked for; the calls themselves are part of the result. A
   * sink that throws or rejects cancels the answer, with that error.
   */
  async ask(question: Question, caller: AbortSignal, sink: Sink<AnswerPart>): Promise<Answered> {
    const budget = new AnswerBudget(caller, this.config);
    const give = cancelling(budget, sink);
    try {
      const walk = this.walk(question);
      for (let target = walk.next(); target !== undefined; target = walk.next()) {
        const { provider } = target.languageModel;
        await give({ type: 'attempt', provider, model: target.model });
        const attempt = new Attempt('chat', provider, target.model, question.context);
        try {
          return await this.attempts.make(attempt, target, await this.shown(question, target), budget, give);
        } catch (error) {
          budget.signal.throwIfAborted();
          walk.failed(target, error);
          if (!attempt.hasEmitted) continue;
          if (!question.resettable || !walk.hasNext) throw error;
          await give({ type: 'reset', reason: toAppError(error).code });
          budget.forget();
        }
      }
      throw walk.failure;
    } finally {
      budget.close();
    }
  }

  /** The question as this model takes it. */
  private async shown(question: Question, target: ResolvedModel): Promise<Question> {
    const { messages, readImage } = question;
    const own = withOwnMetadata(messages, target.languageModel.provider, target.model);
    const shown = await withSeenImages(own, this.plan.sees(target), readImage);
    return shown === messages ? question : { ...question, messages: shown };
  }

  private walk(question: Question): RouteWalk {
    const { choice, context } = question;
    const route = this.plan.route(choice, needsOf(question), context.caller.org);
    return new RouteWalk(route, choice, {
      windowOf: (target) => this.plan.windowOf(target),
      refusal: (provider, model) => this.breakers.refusal(provider, model),
      failover: (from, to) => this.metrics.failover(from, to),
    });
  }
}

/** The same sink; its failure ends the answer, and says nothing about the model. */
function cancelling<Item>(budget: AnswerBudget, sink: Sink<Item>): Sink<Item> {
  const fail = (error: unknown): never => {
    budget.end(error);
    throw error;
  };
  return (item) => {
    try {
      return sink(item)?.catch(fail);
    } catch (error) {
      return fail(error);
    }
  };
}
