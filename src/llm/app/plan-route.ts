import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../../platform/config/index.js';
import type { Needs } from '../core/model-facts.js';
import { canServe, likelyCost } from '../core/needs.js';
import { FirstTokenTimes } from './first-token-times.js';
import { ModelCatalogue } from './model-catalogue.js';
import { ModelDirectory, type ModelChoice, type ResolvedModel } from './model-directory.js';

type Policy = Config['LLM_POLICY'];

/** A model's name that asks for a policy instead of a model. */
const POLICIES: Readonly<Record<string, Policy>> = { cheapest: 'cheapest', fastest: 'fastest' };

/** Decides whom to ask, and whom after that. */
@Injectable()
export class PlanRoute {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'LLM_POLICY'>,
    private readonly directory: ModelDirectory,
    private readonly catalogue: ModelCatalogue,
    private readonly times: FirstTokenTimes,
  ) {}

  /**
   * The models a request of the organisation asks, in order: the one asked for, or the policy's choice where none is, then the configured fallbacks
   * that can do what is needed. Throws `UNKNOWN_PROVIDER`, `PROVIDER_NOT_CONFIGURED` or `UNKNOWN_MODEL`.
   */
  route(choice: ModelChoice, needs: Needs, org?: string): readonly [ResolvedModel, ...ResolvedModel[]] {
    const first = this.settled(this.first(choice, needs, org));
    const rest = this.directory.fallbacks
      .map((fallback) => this.settled(fallback))
      .filter((fallback) => !isSame(fallback, first) && this.can(fallback, needs));
    return [first, ...rest];
  }

  /** Tokens of question and answer that a model takes together; `undefined` where that is not known. */
  windowOf({ languageModel, model }: ResolvedModel): number | undefined {
    return this.catalogue.facts(languageModel.provider, model)?.contextWindow;
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

  /** Each provider's default model and the fallbacks; one that nobody has measured yet is measured first. */
  private fastest(needs: Needs): ResolvedModel | undefined {
    const defaults = this.directory
      .models()
      .filter(({ isStandIn }) => isStandIn !== true)
      .map(({ provider }) => this.settled(this.directory.resolve({ provider })));
    const fallbacks = this.directory.fallbacks.map((fallback) => this.settled(fallback));
    const able = [...defaults, ...fallbacks].filter((candidate) => this.can(candidate, needs));
    const timed = able.map((candidate) => ({
      candidate,
      time: this.times.of(candidate.languageModel.provider, candidate.model) ?? 0,
    }));
    return timed.sort((left, right) => left.time - right.time)[0]?.candidate;
  }

  /** A model that nobody has named is one that the provider has. */
  private settled(resolved: ResolvedModel): ResolvedModel {
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
