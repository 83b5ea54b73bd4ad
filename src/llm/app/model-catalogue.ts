import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { waitAtMost } from '../../kernel/index.js';
import { CONFIG, type Config } from '../../platform/config/index.js';
import { OTHER_MODEL } from '../../usage/index.js';
import { familyNames } from '../core/model-family.js';
import type { ModelFacts } from '../core/model-facts.js';
import { LANGUAGE_MODELS, type LanguageModel } from '../ports/language-model.js';
import { listModels } from './list-models.js';

const MAX_MODELS = 2_000;
const MAX_NAME_LENGTH = 200;
const STARTUP_WAIT_MS = 1_000;
/** After a failed request, the provider's list is not requested again for this long. */
const RETRY_MS = 10_000;

/** What is known of one provider's models. */
interface ProviderModels {
  readonly languageModel: LanguageModel;
  facts: ReadonlyMap<string, ModelFacts>;
  /** The names in its latest list; absent until there is one. */
  listed: ReadonlySet<string> | undefined;
  freshUntil: number;
  refreshing: Promise<void> | undefined;
}

/**
 * What is known of each provider's models: its own list, kept for `LLM_MODELS_TTL_MS`, under the facts that are built
 * in or configured. While a provider is down, its previous list is used.
 */
@Injectable()
export class ModelCatalogue implements OnApplicationBootstrap {
  private readonly logger = new Logger(ModelCatalogue.name);
  private readonly byProvider: ReadonlyMap<string, ProviderModels>;

  constructor(
    @Inject(LANGUAGE_MODELS) models: readonly LanguageModel[],
    @Inject(CONFIG) private readonly config: Pick<Config, 'LLM_MODELS_TTL_MS' | 'providers'>,
  ) {
    this.byProvider = new Map(
      models.map((languageModel) => [languageModel.provider, modelsOf(languageModel)]),
    );
  }

  /** So that the first request knows the models; a slow provider does not delay the start for long. */
  async onApplicationBootstrap(): Promise<void> {
    const lists = [...this.byProvider.keys()].map((provider) => this.list(provider));
    await waitAtMost(STARTUP_WAIT_MS, Promise.all(lists));
  }

  /** What is known of a model right now, by its own name or its family's; does not wait. */
  facts(provider: string, model: string): ModelFacts | undefined {
    const models = this.byProvider.get(provider);
    const facts = models && factsIn(models.facts, model);
    // For the next request: without the list the price would stay unknown.
    if (facts?.price === undefined && models?.languageModel.listsPrices === true) void this.list(provider);
    return facts;
  }

  /**
   * The models of a provider as far as is known right now: those it listed and those that are configured, or, until it
   * has listed any, the built-in ones. Empty for a provider that is not configured.
   */
  known(provider: string): readonly ModelFacts[] {
    const all = this.byProvider.get(provider)?.facts.values() ?? [];
    return [...all].filter(({ id }) => this.isThere(provider, id));
  }

  /** Whether a model is among the {@link known} ones. */
  knows(provider: string, model: string): boolean {
    return this.byProvider.get(provider)?.facts.has(model) === true && this.isThere(provider, model);
  }

  /**
   * The model's name for metrics and public lists. Clients may type any name: names that are not known would be
   * unbounded, and must not be shown to others.
   */
  publicName(provider: string, model: string): string {
    return this.knows(provider, model) ? model : OTHER_MODEL;
  }

  /**
   * The model to ask when a request names none: the usual one, or the first of the list if the provider does not have
   * that.
   */
  defaultModel(provider: string): string | undefined {
    const models = this.byProvider.get(provider);
    const usual = models?.languageModel.defaultModel;
    // For the next request, if the list could not be read yet.
    if (models?.listed === undefined) void this.list(provider);
    if (usual === undefined || this.knows(provider, usual)) return usual;
    return this.known(provider).find(({ isEmbedding }) => isEmbedding !== true)?.id ?? usual;
  }

  /** The known models, after refreshing a list that is too old; takes five seconds at most and never throws. */
  async list(provider: string): Promise<readonly ModelFacts[]> {
    const models = this.byProvider.get(provider);
    if (models !== undefined && models.freshUntil <= Date.now()) {
      models.refreshing ??= this.refresh(models).finally(() => (models.refreshing = undefined));
      await models.refreshing;
    }
    return this.known(provider);
  }

  private isThere(provider: string, id: string): boolean {
    const listed = this.byProvider.get(provider)?.listed;
    if (listed === undefined || listed.size === 0 || listed.has(id)) return true;
    const named = this.config.providers.find(({ name }) => name === provider);
    return id === named?.defaultModel || Object.hasOwn(named?.models ?? {}, id);
  }

  private async refresh(models: ProviderModels): Promise<void> {
    const { languageModel } = models;
    try {
      const listed = await listModels(languageModel);
      models.facts = merged(languageModel.catalogue, listed);
      models.listed = new Set(listed.map(({ id }) => id));
      models.freshUntil = Date.now() + this.config.LLM_MODELS_TTL_MS;
    } catch (error) {
      models.freshUntil = Date.now() + Math.min(RETRY_MS, this.config.LLM_MODELS_TTL_MS);
      this.logger.warn({ err: error, provider: languageModel.provider }, 'The list of models was not had.');
    }
  }
}

function modelsOf(languageModel: LanguageModel): ProviderModels {
  return {
    languageModel,
    facts: merged(languageModel.catalogue, []),
    listed: undefined,
    freshUntil: 0,
    refreshing: undefined,
  };
}

/** The own facts take precedence; a listed version has its family's facts as far as its own entry is silent. */
function merged(own: readonly ModelFacts[], listed: readonly ModelFacts[]): ReadonlyMap<string, ModelFacts> {
  const ours = new Map(own.map((facts) => [facts.id, facts]));
  const all = new Map(ours);
  for (const facts of listed.filter(({ id }) => id !== '' && id.length <= MAX_NAME_LENGTH)) {
    if (all.size >= MAX_MODELS) break;
    const known = ours.get(facts.id);
    all.set(facts.id, known === undefined ? over(facts, factsIn(ours, facts.id)) : over(known, facts));
  }
  return all;
}

function factsIn(known: ReadonlyMap<string, ModelFacts>, model: string): ModelFacts | undefined {
  const exact = known.get(model);
  if (exact !== undefined) return exact;
  const family = familyNames(model).find((name) => known.has(name));
  return family === undefined ? undefined : { ...known.get(family), id: model };
}

/** The first one's facts, and the second one's where it has none. */
function over(first: ModelFacts, second: ModelFacts | undefined): ModelFacts {
  return {
    id: first.id,
    isEmbedding: first.isEmbedding ?? second?.isEmbedding,
    contextWindow: first.contextWindow ?? second?.contextWindow,
    capabilities: { ...second?.capabilities, ...definedOf(first.capabilities) },
    price: first.price ?? second?.price,
  };
}

function definedOf(capabilities: ModelFacts['capabilities'] = {}): ModelFacts['capabilities'] {
  return Object.fromEntries(Object.entries(capabilities).filter(([, value]) => value !== undefined));
}
