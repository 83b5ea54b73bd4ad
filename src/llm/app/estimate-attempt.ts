import { Inject, Injectable } from '@nestjs/common';
import type { AttemptEstimate, AttemptEstimator, BegunAttempt } from '../../usage/index.js';
import { estimateTokens } from '../core/estimate-usage.js';
import { costOf } from '../core/price.js';
import { TOKEN_COUNTER, type TokenCounter } from '../ports/token-counter.js';
import { ModelCatalogue } from './model-catalogue.js';

/** Estimates an attempt from the size of its question and the known part of its answer. */
@Injectable()
export class EstimateAttempt implements AttemptEstimator {
  constructor(
    @Inject(TOKEN_COUNTER) private readonly counter: TokenCounter,
    private readonly catalogue: ModelCatalogue,
  ) {}

  async estimate({ provider, model, promptChars }: BegunAttempt, said: string): Promise<AttemptEstimate> {
    const inputTokens = estimateTokens(promptChars);
    const outputTokens = said === '' ? 0 : await this.counter.count([said]);
    const cost = costOf({ inputTokens, outputTokens }, this.catalogue.facts(provider, model)?.price);
    return { inputTokens, outputTokens, cost };
  }

  publicName(provider: string, model: string): string {
    return this.catalogue.publicName(provider, model);
  }
}
