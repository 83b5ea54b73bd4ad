import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '../../kernel/index.js';
import {
  BUILT_IN_PROVIDERS,
  CONFIG,
  ConfigError,
  PROVIDER_ALIASES,
  type Config,
} from '../../platform/config/index.js';
import { ProviderNames } from '../core/provider-names.js';
import { LANGUAGE_MODELS, type LanguageModel } from '../ports/language-model.js';
import { CurrentProvider } from './current-provider.js';

/** The choice of a request; either may be absent, and `model` may be `provider/model`. */
export interface ModelChoice {
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
  /** Whom to ask when that fails, in place of the configured ones, as `provider` or `provider/model`. */
  readonly fallbacks?: readonly string[] | undefined;
}

/** The model to ask, under the provider's name for it. */
export interface ResolvedModel {
  readonly languageModel: LanguageModel;
  readonly model: string;
  /** Nobody has named the model: it is the provider's usual one. */
  readonly isAssumed?: true;
}

/** A provider that a request may name. */
export interface KnownProvider {
  readonly name: string;
  /** The wire that it speaks. */
  readonly type: string;
  readonly configured: boolean;
}

type Defaults = Pick<Config, 'DEFAULT_PROVIDER' | 'DEFAULT_MODEL' | 'LLM_FALLBACKS' | 'providers'>;

const MAX_MODEL_NAME_LENGTH = 200;

/** The providers that this server can ask, and the one that is asked when a request names none. */
@Injectable()
export class ModelDirectory {
  /** The failover targets, in order. */
  readonly fallbacks: readonly ResolvedModel[];
  private readonly byName: ReadonlyMap<string, LanguageModel>;
  private readonly further: ReadonlyMap<string, string | undefined>;
  private readonly names: ProviderNames;
  /** The providers whose default model is configured. */
  private readonly configuredDefaults: ReadonlySet<string>;
  private readonly byDefault: { readonly provider: string; readonly model: string | undefined };

  /** Throws `ConfigError` when the settings name a provider that is unknown or not configured. */
  constructor(
    @Inject(LANGUAGE_MODELS) models: readonly LanguageModel[],
    @Inject(CONFIG) config: Defaults,
    private readonly selected: CurrentProvider,
  ) {
    this.byName = new Map(models.map((model) => [model.provider, model]));
    this.further = new Map(config.providers.map(({ name, type }) => [name, type]));
    this.configuredDefaults = new Set(
      config.providers.filter(({ defaultModel }) => defaultModel !== undefined).map(({ name }) => name),
    );
    this.names = new ProviderNames(
      [...Object.keys(BUILT_IN_PROVIDERS), ...this.further.keys()],
      PROVIDER_ALIASES,
    );
    this.byDefault = this.defaults(config);
    this.fallbacks = (config.LLM_FALLBACKS ?? []).map((entry) => this.fallback(entry));
  }

  /** The names of the configured providers, the preferred one first. */
  configured(): string[] {
    return [...this.byName.keys()];
  }

  /** The configured providers. */
  models(): readonly LanguageModel[] {
    return [...this.byName.values()];
  }

  /** Every provider that a request may name. */
  known(): readonly KnownProvider[] {
    return this.names.all.map((name) => ({
      name,
      type: this.byName.get(name)?.type ?? this.further.get(name) ?? builtInType(name) ?? 'unknown',
      configured: this.byName.has(name),
    }));
  }

  /**
   * The provider that is asked when a request names none: the organisation's selection, or else the selection for all,
   * if it is configured. Without an organisation, the server's own default.
   */
  current(org?: string): string {
    return this.selected.names(org).find((name) => this.byName.has(name)) ?? this.byDefault.provider;
  }

  /** The provider of a name or alias. Throws `UNKNOWN_PROVIDER` or `PROVIDER_NOT_CONFIGURED`. */
  get(name: string): LanguageModel {
    const own = this.ownName(name);
    const languageModel = this.byName.get(own);
    if (languageModel !== undefined) return languageModel;
    throw new AppError(
      'PROVIDER_NOT_CONFIGURED',
      `The provider ${own} is not configured on this server. Ask one of these instead: ${this.configured().join(', ')}.`,
      { details: { provider: own, configured: this.configured() } },
    );
  }

  /** The provider of a name or alias, if it is configured. */
  find(name: string): LanguageModel | undefined {
    return this.byName.get(this.names.find(name) ?? '');
  }

  /**
   * Makes a provider the current one of an organisation, or of all that have not selected one, in every process;
   * returns its own name. Throws as `get` does.
   */
  async select(name: string, org: string | undefined): Promise<string> {
    const { provider } = this.get(name);
    await this.selected.select({ org, provider });
    return provider;
  }

  /**
   * The model that a request of the organisation asks. Throws `UNKNOWN_PROVIDER`, `PROVIDER_NOT_CONFIGURED` or
   * `UNKNOWN_MODEL`.
   */
  resolve(choice: ModelChoice = {}, org?: string): ResolvedModel {
    const asked = choice.provider?.trim() ? this.ownName(choice.provider) : undefined;
    const wanted = choice.model?.trim() ? this.names.split(choice.model.trim(), asked) : undefined;
    const name = wanted?.provider ?? asked;
    if (wanted === undefined) return this.withDefaultModel(name ?? this.current(org));
    const model = checkedName(wanted.model);
    return { languageModel: name === undefined ? this.ownerOf(model, org) : this.get(name), model };
  }

  /** The provider of a model that was named alone: the current one, unless only another one is known to have it. */
  private ownerOf(model: string, org: string | undefined): LanguageModel {
    const current = this.get(this.current(org));
    const has = ({ catalogue }: LanguageModel) => catalogue.some(({ id }) => id === model);
    return has(current) ? current : (this.models().find(has) ?? current);
  }

  private withDefaultModel(name: string): ResolvedModel {
    const languageModel = this.get(name);
    const own = name === this.byDefault.provider ? this.byDefault.model : undefined;
    return own === undefined ? this.assumed(languageModel) : { languageModel, model: own };
  }

  /** The provider's default model: the configured one, or its usual one. */
  private assumed(languageModel: LanguageModel): ResolvedModel {
    const { provider, defaultModel: model } = languageModel;
    return this.configuredDefaults.has(provider)
      ? { languageModel, model }
      : { languageModel, model, isAssumed: true };
  }

  private ownName(asked: string): string {
    const name = this.names.find(asked);
    if (name !== undefined) return name;
    throw new AppError(
      'UNKNOWN_PROVIDER',
      `No provider has that name. Known providers are ${this.names.all.join(', ')}.`,
      { details: { known: [...this.names.all] } },
    );
  }

  private defaults({ DEFAULT_PROVIDER, DEFAULT_MODEL }: Defaults) {
    const named = this.bootProvider('DEFAULT_PROVIDER', DEFAULT_PROVIDER);
    const split = this.names.split(DEFAULT_MODEL?.trim() ?? '', named);
    const provider = named ?? this.bootProvider('DEFAULT_MODEL', split.provider) ?? this.configured()[0];
    if (provider === undefined) throw new Error('a model directory needs at least one provider');
    if (DEFAULT_MODEL !== undefined && split.model === '') {
      throw new ConfigError(['DEFAULT_MODEL: names a provider but no model; write provider/model']);
    }
    return { provider, model: split.model === '' ? undefined : split.model };
  }

  /** The model of an entry `provider` or `provider/model`. Throws a `ConfigError` for one that is not here. */
  fallback(entry: string): ResolvedModel {
    const slash = entry.indexOf('/');
    const provider = slash < 0 ? entry : entry.slice(0, slash);
    const languageModel = this.byName.get(this.bootProvider('LLM_FALLBACKS', provider) ?? '')!;
    if (slash < 0) return this.assumed(languageModel);
    const model = entry.slice(slash + 1);
    if (model !== '') return { languageModel, model };
    throw new ConfigError(['LLM_FALLBACKS: names a provider but no model behind its slash']);
  }

  private bootProvider(variable: string, value: string | undefined): string | undefined {
    if (value === undefined) return undefined;
    const configured = this.configured().join(', ');
    const name = this.names.find(value);
    if (name === undefined) {
      throw new ConfigError([`${variable}: names no known provider; configured are ${configured}`]);
    }
    if (!this.byName.has(name)) {
      throw new ConfigError([
        `${variable}: the provider ${name} is not configured; configured are ${configured}`,
      ]);
    }
    return name;
  }
}

function builtInType(name: string): string | undefined {
  return Object.entries(BUILT_IN_PROVIDERS).find(([known]) => known === name)?.[1].type;
}

function checkedName(name: string): string {
  if (name !== '' && name.length <= MAX_MODEL_NAME_LENGTH) return name;
  throw new AppError(
    'UNKNOWN_MODEL',
    `A model's name has 1 to ${MAX_MODEL_NAME_LENGTH} characters. Name a model, or leave it out for the default.`,
  );
}
