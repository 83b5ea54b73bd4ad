import type { ModelFacts } from '../../core/model-facts.js';
import type { ModelRequest } from '../../ports/language-model.js';
import type { EndpointSettings } from '../provider-descriptor.js';
import { catalogueOf } from '../upstream/catalogue.js';
import type { Body } from './openai-body.js';
import { OPENAI_MODELS } from './openai-models.js';
import { adaptToOpenAi } from './openai-reasoning.js';

/** Where a vendor's endpoint differs from OpenAI's. */
export interface OpenAiProfile {
  readonly provider: string;
  /** The base of the endpoint's paths; its query string is added to every request. */
  readonly baseUrl: string;
  /** Sent with every request. */
  readonly headers: Readonly<Record<string, string>>;
  readonly defaultModel: string;
  readonly catalogue: readonly ModelFacts[];
  /** Whether the list of its models has their prices. */
  readonly listsPrices: boolean;
  /** The field that limits the answer's tokens. */
  readonly tokenLimit: 'max_tokens' | 'max_completion_tokens';
  /** The field in which it takes back the reasoning before tool calls; absent where it rejects it. */
  readonly reasoningField: 'reasoning_content' | 'reasoning' | undefined;
  readonly hasEmbeddings: boolean;
  /** Whether it has the role `developer`; the chat templates of open models reject it. */
  readonly hasDeveloper: boolean;
  /** Whether it accepts `cache_control`; others reject it. */
  readonly hasCacheControl: boolean;
  /** Adds fields that only this vendor has, and removes those that it rejects. */
  readonly adapt: (body: Body, request: ModelRequest) => Body;
  /** The facts in its list about a model, besides the name. */
  readonly describe: (listed: Readonly<Record<string, unknown>>) => Omit<ModelFacts, 'id'>;
}

const OPENAI_URL = 'https://api.openai.com/v1';
const DEFAULT_MODEL = 'gpt-4o-mini';

/** OpenAI, or the server at the configured address, which has its own models and prices. */
export function openAiProfile(settings: EndpointSettings): OpenAiProfile {
  const baseUrl = baseUrlOf(settings.url, OPENAI_URL);
  const isOfficial = new URL(baseUrl).hostname === new URL(OPENAI_URL).hostname;
  const defaultModel = settings.defaultModel ?? DEFAULT_MODEL;
  return {
    provider: settings.name ?? 'openai',
    baseUrl,
    headers: settings.headers ?? {},
    defaultModel,
    catalogue: catalogueOf(isOfficial ? OPENAI_MODELS : [], settings.models ?? [], defaultModel),
    listsPrices: false,
    tokenLimit: isOfficial ? 'max_completion_tokens' : 'max_tokens',
    reasoningField: isOfficial ? undefined : 'reasoning_content',
    hasEmbeddings: true,
    hasDeveloper: isOfficial,
    hasCacheControl: false,
    adapt: adaptToOpenAi,
    describe: describeListed,
  };
}

/** Another endpoint on OpenAI's wire: only its operator knows its models. */
export function compatibleProfile(settings: EndpointSettings & { readonly url: string }): OpenAiProfile {
  const defaultModel = settings.defaultModel ?? settings.models?.[0]?.id;
  return openAiProfile({ ...settings, defaultModel });
}

/** The base URL of requests. A bare origin gets the path at which the vendor, or any compatible server, has its API. */
export function baseUrlOf(url: string | undefined, official: string): string {
  if (url === undefined) return official;
  const parsed = new URL(url);
  if (parsed.pathname !== '/') return url;
  const base = parsed.hostname === new URL(official).hostname ? official : `${parsed.origin}/v1`;
  return base + parsed.search;
}

/** A model's context window, under the names that servers give it. */
export function describeListed(listed: Readonly<Record<string, unknown>>): Omit<ModelFacts, 'id'> {
  const said = listed['context_length'] ?? listed['context_window'] ?? listed['max_model_len'];
  return typeof said === 'number' && Number.isSafeInteger(said) && said > 0 ? { contextWindow: said } : {};
}
