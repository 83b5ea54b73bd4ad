import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '../../kernel/index.js';
import { CONFIG, ConfigError, type Config } from '../../platform/config/index.js';
import { KNOWN_PROVIDERS, providerNamed, splitModel } from '../core/provider-names.js';
import { LANGUAGE_MODELS, type LanguageModel } from '../ports/language-model.js';

/** What a request says about whom to ask; either may be absent, and `model` may be `provider/model`. */
export interface ModelChoice {
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
}

/** Whom to ask, and by which of its models' names. */
export interface ResolvedModel {
  readonly languageModel: LanguageModel;
  readonly model: string;
}

const LONGEST_MODEL_NAME = 200;

/** The providers this server can ask, and the one it asks when a request names none. */
@Injectable()
export class ModelDirectory {
  private readonly byName: ReadonlyMap<string, LanguageModel>;
  private readonly currentName: string;
  private readonly currentModel: string | undefined;

  /** Throws `ConfigError` when the defaults name a provider that is unknown or not configured. */
  constructor(
    @Inject(LANGUAGE_MODELS) models: readonly LanguageModel[],
    @Inject(CONFIG) config: Pick<Config, 'DEFAULT_PROVIDER' | 'DEFAULT_MODEL'>,
  ) {
    this.byName = new Map(models.map((model) => [model.provider, model]));
    const { provider, model } = this.defaults(config);
    this.currentName = provider;
    this.currentModel = model;
  }

  /** The names of the providers that can be asked, the preferred one first. */
  configured(): string[] {
    return [...this.byName.keys()];
  }

  /** The provider that is asked when a request names none. */
  current(): string {
    return this.currentName;
  }

  /** Whom a request asks. Throws `UNKNOWN_PROVIDER`, `PROVIDER_NOT_CONFIGURED` or `UNKNOWN_MODEL`. */
  resolve(choice: ModelChoice = {}): ResolvedModel {
    const asked = choice.provider?.trim() ? knownProvider(choice.provider) : undefined;
    const wanted = choice.model?.trim() ? splitModel(choice.model.trim(), asked) : undefined;
    const languageModel = this.get(wanted?.provider ?? asked ?? this.currentName);
    if (wanted !== undefined) return { languageModel, model: modelName(wanted.model) };
    const isCurrent = languageModel.provider === this.currentName;
    return {
      languageModel,
      model: (isCurrent ? this.currentModel : undefined) ?? languageModel.defaultModel,
    };
  }

  private get(name: string): LanguageModel {
    const languageModel = this.byName.get(name);
    if (languageModel !== undefined) return languageModel;
    throw new AppError(
      'PROVIDER_NOT_CONFIGURED',
      `The provider ${name} is not configured on this server. Ask one of these instead: ${this.configured().join(', ')}.`,
      { details: { provider: name, configured: this.configured() } },
    );
  }

  private defaults(config: Pick<Config, 'DEFAULT_PROVIDER' | 'DEFAULT_MODEL'>) {
    const named = this.bootProvider('DEFAULT_PROVIDER', config.DEFAULT_PROVIDER);
    const split = splitModel(config.DEFAULT_MODEL?.trim() ?? '', named);
    const provider = named ?? this.bootProvider('DEFAULT_MODEL', split.provider) ?? this.configured()[0];
    if (provider === undefined) throw new Error('a model directory needs at least one provider');
    if (config.DEFAULT_MODEL !== undefined && split.model === '') {
      throw new ConfigError(['DEFAULT_MODEL: names a provider but no model; write provider/model']);
    }
    return { provider, model: split.model === '' ? undefined : split.model };
  }

  private bootProvider(variable: string, value: string | undefined): string | undefined {
    if (value === undefined) return undefined;
    const configured = this.configured().join(', ');
    const name = providerNamed(value);
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

function knownProvider(asked: string): string {
  const name = providerNamed(asked);
  if (name !== undefined) return name;
  throw new AppError(
    'UNKNOWN_PROVIDER',
    `No provider has that name. Known providers are ${KNOWN_PROVIDERS.join(', ')}.`,
    { details: { known: [...KNOWN_PROVIDERS] } },
  );
}

function modelName(name: string): string {
  if (name !== '' && name.length <= LONGEST_MODEL_NAME) return name;
  throw new AppError(
    'UNKNOWN_MODEL',
    `A model's name has 1 to ${LONGEST_MODEL_NAME} characters. Name a model, or leave it out for the default.`,
  );
}
