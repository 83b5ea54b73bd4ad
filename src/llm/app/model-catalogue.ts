import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { waitAtMost } from '../../kernel/index.js';
import { CONFIG, type Config } from '../../platform/config/index.js';
import { OTHER_MODEL } from '../../usage/index.js';
import { familyNames } from '../core/model-family.js';
import type { ModelFacts } from '../core/model-facts.js';
import { LANGUAGE_MODELS, type LanguageModel } from '../ports/language-model.js';
import { listModels } from './list-models.js';

const MOST_MODELS = 2_000;
const LONGEST_NAME = 200;
const PATIENCE_AT_START_MS = 1_000;
/** A provider that could not be asked is left alone for so long. */
const RETRY_MS = 10_000;

/** What is known of one provider. */
interface Shelf {
  readonly languageModel: LanguageModel;
  facts: ReadonlyMap<string, ModelFacts>;
  /** The names it listed last; absent until it has. */
  listed: ReadonlySet<string> | undefined;
  freshUntil: number;
  refreshing: Promise<void> | undefined;
}

/**
 * What is known of each provider's models: what its own list says, kept for `LLM_MODELS_TTL_MS`, under what is built in
 * or configured. A provider that is down gives what was known of it before.
 */
@Injectable()
export class ModelCatalogue implements OnApplicationBootstrap {
  private readonly logger = new Logger(ModelCatalogue.name);
  private readonly shelves: ReadonlyMap<string, Shelf>;

  constructor(
    @Inject(LANGUAGE_MODELS) models: readonly LanguageModel[],
    @Inject(CONFIG) private readonly config: Pick<Config, 'LLM_MODELS_TTL_MS' | 'providers'>,
  ) {
    this.shelves = new Map(models.map((languageModel) => [languageModel.provider, shelfOf(languageModel)]));
  }

  /** So that the first request knows which models there are; a provider that is slow keeps nobody waiting for long. */
  async onApplicationBootstrap(): Promise<void> {
    const lists = [...this.shelves.keys()].map((provider) => this.list(provider));
    await waitAtMost(PATIENCE_AT_START_MS, Promise.all(lists));
  }

  /** What is known of a model right now, by its own name or its family's; waits for nobody. */
  facts(provider: string, model: string): ModelFacts | undefined {
    const shelf = this.shelves.get(provider);
    const facts = shelf && factsIn(shelf.facts, model);
    // For the next time: without its list the bill would stay open.
    if (facts?.price === undefined && shelf?.languageModel.listsPrices === true) void this.list(provider);
    return facts;
  }

  /**
   * The models a provider has as far as is known right now: what it listed and what the operator named, or, until it has
   * listed any, what is built in. Nothing for a provider that is not configured.
   */
  known(provider: string): readonly ModelFacts[] {
    const all = this.shelves.get(provider)?.facts.values() ?? [];
    return [...all].filter(({ id }) => this.isThere(provider, id));
  }

  /** Whether a model is among the {@link known} ones. */
  knows(provider: string, model: string): boolean {
    return this.shelves.get(provider)?.facts.has(model) === true && this.isThere(provider, model);
  }

  /** The model's name where everybody may see it: there is no end to what clients type, and it is nobody else's business. */
  publicName(provider: string, model: string): string {
    return this.knows(provider, model) ? model : OTHER_MODEL;
  }

  /** The model to ask where nobody has named one: the usual one, or the first there is where the provider lacks that. */
  defaultModel(provider: string): string | undefined {
    const shelf = this.shelves.get(provider);
    const usual = shelf?.languageModel.defaultModel;
    // For the next time, if it was not there to ask.
    if (shelf?.listed === undefined) void this.list(provider);
    if (usual === undefined || this.knows(provider, usual)) return usual;
    return this.known(provider).find(({ isEmbedding }) => isEmbedding !== true)?.id ?? usual;
  }

  /** The same, after asking the provider when its list is too old; takes five seconds at most and never throws. */
  async list(provider: string): Promise<readonly ModelFacts[]> {
    const shelf = this.shelves.get(provider);
    if (shelf !== undefined && shelf.freshUntil <= Date.now()) {
      shelf.refreshing ??= this.refresh(shelf).finally(() => (shelf.refreshing = undefined));
      await shelf.refreshing;
    }
    return this.known(provider);
  }

  private isThere(provider: string, id: string): boolean {
    const listed = this.shelves.get(provider)?.listed;
    if (listed === undefined || listed.size === 0 || listed.has(id)) return true;
    const named = this.config.providers.find(({ name }) => name === provider);
    return id === named?.defaultModel || Object.hasOwn(named?.models ?? {}, id);
  }

  private async refresh(shelf: Shelf): Promise<void> {
    const { languageModel } = shelf;
    try {
      const listed = await listModels(languageModel);
      shelf.facts = merged(languageModel.catalogue, listed);
      shelf.listed = new Set(listed.map(({ id }) => id));
      shelf.freshUntil = Date.now() + this.config.LLM_MODELS_TTL_MS;
    } catch (error) {
      shelf.freshUntil = Date.now() + Math.min(RETRY_MS, this.config.LLM_MODELS_TTL_MS);
      this.logger.warn({ err: error, provider: languageModel.provider }, 'The list of models was not had.');
    }
  }
}

function shelfOf(languageModel: LanguageModel): Shelf {
  return {
    languageModel,
    facts: merged(languageModel.catalogue, []),
    listed: undefined,
    freshUntil: 0,
    refreshing: undefined,
  };
}

/** What we know comes first and counts more; a listed version has what its family has, as far as its own list is silent. */
function merged(own: readonly ModelFacts[], listed: readonly ModelFacts[]): ReadonlyMap<string, ModelFacts> {
  const ours = new Map(own.map((facts) => [facts.id, facts]));
  const all = new Map(ours);
  for (const facts of listed.filter(({ id }) => id !== '' && id.length <= LONGEST_NAME)) {
    if (all.size >= MOST_MODELS) break;
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

/** The first's facts, and where it has none the second's. */
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
