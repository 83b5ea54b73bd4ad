import type { LanguageModel } from '../../src/llm/index.js';
import { groqProfile } from '../../src/llm/providers/groq/groq-provider.js';
import { OpenAiModel } from '../../src/llm/providers/openai/openai-model.js';
import { compatibleProfile, openAiProfile } from '../../src/llm/providers/openai/openai-profile.js';
import {
  openRouterProfile,
  type OpenRouterSettings,
} from '../../src/llm/providers/openrouter/openrouter-provider.js';

/** The key of the models. */
export const KEY = 'sk-very-private';
/** How long a provider is waited for. */
export const times = { connectTimeoutMs: 5_000, firstTokenTimeoutMs: 20_000, idleTimeoutMs: 20_000 };

type Settings = OpenRouterSettings;
/** A model of OpenAI. */
export const openAiModel = (settings: Settings) => new OpenAiModel(settings, openAiProfile(settings));
/** A model of Groq. */
export const groqModel = (settings: Settings) => new OpenAiModel(settings, groqProfile(settings));
/** A model of OpenRouter. */
export const openRouterModel = (settings: Settings) => new OpenAiModel(settings, openRouterProfile(settings));
/** A model of a server that speaks OpenAI’s wire. */
export const compatibleModel = (settings: Settings & { readonly url: string }) =>
  new OpenAiModel(settings, compatibleProfile(settings));

/** For each provider, a model of the server at an address. */
export const makers: Readonly<Record<string, (url: string, more?: Partial<typeof times>) => LanguageModel>> =
  {
    openai: (url, more) => openAiModel({ apiKey: KEY, url, ...times, ...more }),
    groq: (url, more) => groqModel({ apiKey: KEY, url, ...times, ...more }),
    openrouter: (url, more) => openRouterModel({ apiKey: KEY, url, ...times, ...more }),
    mine: (url, more) => compatibleModel({ name: 'mine', apiKey: undefined, url, ...times, ...more }),
  };
