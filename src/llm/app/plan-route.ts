import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../../platform/config/index.js';
import type { Needs } from '../core/model-facts.js';
import { canServe, likelyCost } from '../core/needs.js';
import { FirstTokenTimes } from './first-token-times.js';
import { ModelCatalogue } from './model-catalogue.js';
import { ModelDirectory, type ModelChoice, type ResolvedModel } from './model-directory.js';

type Policy = Config['LLM_POLICY'];

/** Names that choose a policy in place of a model. */
const POLICIES: Readonly<Record<string, Policy>> = { cheapest: 'cheapest', fastest: 'fastest' };

/** Plans which models are asked, and in which order. */
@Injectable()
export class PlanRoute {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'LLM_POLICY'>,
    private readonly directory: ModelDirectory,
    private readonly catalogue: ModelCatalogue,
    private readonly times: FirstTokenTimes,
  ) {}

  /**
   * The models that a request of the organisation asks, in order: the requested one, or the policy's choice if none is
   * requested, then the configured fallbacks that can serve the request. Throws `UNKNOWN_PROVIDER`,
   * `PROVIDER_NOT_CONFIGURED` or `UNKNOWN_MODEL`.
   */
  route(choice: ModelChoice, needs: Needs, org?: string): readonly [ResolvedModel, ...ResolvedModel[]] {
    const first = this.withAvailableDefault(this.first(choice, needs, org));
    const rest = this.fallbacksOf(choice)
      .map((fallback) => this.withAvailableDefault(fallback))
      .filter((fallback) => !isSame(fallback, first) && this.can(fallback, needs));
    return [first, ...rest];
  }

  /** Those of the request in place of the configured ones; one that is not here is passed over. */
  private fallbacksOf({ fallbacks }: ModelChoice): readonly ResolvedModel[] {
    if (fallbacks === undefined) return this.directory.fallbacks;
    return fallbacks.flatMap((fallback) => {
      try {
        return [this.directory.fallback(fallback)];
      } catch {
        return [];
      }
    });
  }

  /** The model's context window in tokens, question and answer together; `undefined` if it is unknown. */
  windowOf({ languageModel, model }: ResolvedModel): number | undefined {
    return this.catalogue.facts(languageModel.provider, model)?.contextWindow;
  }

  /** Whether the model is known to see: one that does not refuses the whole question for an image. */
  sees({ languageModel, model }: ResolvedModel): boolean {
    return this.catalogue.facts(languageModel.provider, model)?.capabilities?.vision === true;
  }

  private first(choice: ModelChoice, needs: Needs, org: string | undefined): ResolvedModel {
    const names = { provider: choice.provider?.trim() ?? '', model: choice.model?.trim() ?? '' };
    const named = names.provider === '' ? policyNamed(names.model) : undefined;
    const policy =
      named ?? (names.provider === '' && names.model === '' ? this.config.LLM_POLICY : 'default');
    if (policy === 'default') return this.directory.resolve(choice, org);
    const chosen = policy === 'cheapest' ? this.cheapest(needs) : this.fastest(needs);
    return chosen ?? this.directory.resolve({}, org);
  }

  private cheapest(needs: Needs): ResolvedModel | undefined {
    const priced = this.directory.models().flatMap((languageModel) =>
      languageModel.isStandIn === true
        ? []
        : this.catalogue
            .known(languageModel.provider)
            .filter((facts) => facts.isEmbedding !== true && canServe(facts, needs))
            .flatMap((facts) => {
              const cost = likelyCost(facts, needs);
              return cost === undefined ? [] : [{ languageModel, model: facts.id, cost }];
            }),
    );
    return priced.sort((left, right) => left.cost - right.cost)[0];
  }

  /**
   * Among each provider's default model and the fallbacks; one without measurements comes first, so that it is
   * measured.
   */
  private fastest(needs: Needs): ResolvedModel | undefined {
    const defaults = this.directory
      .models()
      .filter(({ isStandIn }) => isStandIn !== true)
      .map(({ provider }) => this.withAvailableDefault(this.directory.resolve({ provider })));
    const fallbacks = this.directory.fallbacks.map((fallback) => this.withAvailableDefault(fallback));
    const able = [...defaults, ...fallbacks].filter((candidate) => this.can(candidate, needs));
    const timed = able.map((candidate) => ({
      candidate,
      time: this.times.of(candidate.languageModel.provider, candidate.model) ?? 0,
    }));
    return timed.sort((left, right) => left.time - right.time)[0]?.candidate;
  }

  /** An assumed default model is replaced by one that the provider really has. */
  private withAvailableDefault(resolved: ResolvedModel): ResolvedModel {
    const { languageModel, model, isAssumed } = resolved;
    if (isAssumed !== true) return resolved;
    return { languageModel, model: this.catalogue.defaultModel(languageModel.provider) ?? model };
  }

  private can({ languageModel, model }: ResolvedModel, needs: Needs): boolean {
    return canServe(this.catalogue.facts(languageModel.provider, model), needs);
  }
}

function policyNamed(name: string): Policy | undefined {
  return Object.hasOwn(POLICIES, name) ? POLICIES[name] : undefined;
}

function isSame(left: ResolvedModel, right: ResolvedModel): boolean {
  return left.languageModel === right.languageModel && left.model === right.model;
}
