import { Injectable } from '@nestjs/common';
import { waitAtMost } from '../../kernel/index.js';
import type { Capabilities, ModelFacts } from '../core/model-facts.js';
import { ModelCatalogue } from './model-catalogue.js';
import { ModelDirectory, type KnownProvider } from './model-directory.js';
import { ProviderHealth, type HealthState } from './provider-health.js';

/** A provider as it is listed; `capabilities` are those that at least one of its models is known to have. */
export interface ListedProvider {
  readonly name: string;
  readonly type: string;
  readonly isDefault: boolean;
  readonly configured: boolean;
  readonly streaming: boolean;
  readonly models: readonly string[];
  readonly health: HealthState;
  readonly capabilities: Capabilities;
}

/** The longest wait of a list for one slow provider. */
const MAX_WAIT_MS = 1_000;

/** Lists every provider there could be, and the models of one. */
@Injectable()
export class ListProviders {
  constructor(
    private readonly directory: ModelDirectory,
    private readonly catalogue: ModelCatalogue,
    private readonly health: ProviderHealth,
  ) {}

  /**
   * All providers, configured or not, and the organisation's current one. For a provider that does not answer within a
   * second, the previous list is used.
   */
  async list(
    org: string,
  ): Promise<{ readonly providers: readonly ListedProvider[]; readonly current: string }> {
    const known = this.directory.known();
    const current = this.directory.current(org);
    const lists = known.map(({ name }) => this.catalogue.list(name));
    await waitAtMost(MAX_WAIT_MS, Promise.all([this.health.check(), ...lists]));
    const states = new Map(this.health.latest().map(({ provider, state }) => [provider, state]));
    return {
      current,
      providers: known.map((provider) => this.listed(provider, current, states.get(provider.name))),
    };
  }

  /** The models of a provider by its name or alias. Throws `UNKNOWN_PROVIDER` or `PROVIDER_NOT_CONFIGURED`. */
  async models(name: string): Promise<readonly ModelFacts[]> {
    return this.catalogue.list(this.directory.get(name).provider);
  }

  private listed(provider: KnownProvider, current: string, state: HealthState = 'unknown'): ListedProvider {
    const { name, type, configured } = provider;
    const facts = this.catalogue.known(name);
    return {
      name,
      type,
      isDefault: name === current,
      configured,
      // Every implementation of LanguageModel streams.
      streaming: configured,
      models: facts.map(({ id }) => id),
      health: state,
      capabilities: {
        streaming: configured,
        tools: some(facts, 'tools'),
        json: some(facts, 'json'),
        vision: some(facts, 'vision'),
        reasoning: some(facts, 'reasoning'),
      },
    };
  }
}

function some(facts: readonly ModelFacts[], capability: keyof Capabilities): boolean {
  return facts.some(({ capabilities }) => capabilities?.[capability] === true);
}
