import type { ModelFacts } from '../../core/model-facts.js';
import type { ModelRequest } from '../../ports/language-model.js';
import type { EndpointSettings } from '../provider-descriptor.js';
import { catalogueOf } from '../upstream/catalogue.js';
import type { Body } from './openai-body.js';
import { OPENAI_MODELS } from './openai-models.js';
import { adaptToOpenAi } from './openai-reasoning.js';

/** What one vendor's endpoint does its own way. */
export interface OpenAiProfile {
  readonly provider: string;
  /** The base of the endpoint's paths; what stands behind its `?` goes with every request. */
  readonly baseUrl: string;
  /** Sent with every request. */
  readonly headers: Readonly<Record<string, string>>;
  readonly defaultModel: string;
  readonly catalogue: readonly ModelFacts[];
  /** Whether its list of models says what they cost. */
  readonly listsPrices: boolean;
  /** The field that bounds the answer. */
  readonly tokenLimit: 'max_tokens' | 'max_completion_tokens';
  /** Where it wants back what was thought before tool calls; absent where it refuses to be told. */
  readonly reasoningField: 'reasoning_content' | 'reasoning' | undefined;
  readonly hasEmbeddings: boolean;
  /** Whether it tells the developer's messages from the system's; templates of open models refuse the word. */
  readonly hasDeveloper: boolean;
  /** Whether it may be told what to keep; others refuse the word. */
  readonly hasCacheControl: boolean;
  /** The body with what only this vendor says, or without what it refuses. */
  readonly adapt: (body: Body, request: ModelRequest) => Body;
  /** What it says about one of its models besides the name. */
  readonly describe: (listed: Readonly<Record<string, unknown>>) => Omit<ModelFacts, 'id'>;
}

const OPENAI_URL = 'https://api.openai.com/v1';
const DEFAULT_MODEL = 'gpt-4o-mini';

/** OpenAI, or whatever server stands at the address given in its place: such a one has its own models and prices. */
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

/** A further endpoint on OpenAI's wire: what is known of its models is what its operator says. */
export function compatibleProfile(settings: EndpointSettings & { readonly url: string }): OpenAiProfile {
  const defaultModel = settings.defaultModel ?? settings.models?.[0]?.id;
  return openAiProfile({ ...settings, defaultModel });
}

/** The base address requests go to. A bare origin means the place where the vendor, or any compatible server, has its API. */
export function baseUrlOf(url: string | undefined, official: string): string {
  if (url === undefined) return official;
  const parsed = new URL(url);
  if (parsed.pathname !== '/') return url;
  const base = parsed.hostname === new URL(official).hostname ? official : `${parsed.origin}/v1`;
  return base + parsed.search;
}

/** How many tokens a model takes, in the words of the servers that say it. */
export function describeListed(listed: Readonly<Record<string, unknown>>): Omit<ModelFacts, 'id'> {
  const said = listed['context_length'] ?? listed['context_window'] ?? listed['max_model_len'];
  return typeof said === 'number' && Number.isSafeInteger(said) && said > 0 ? { contextWindow: said } : {};
}
