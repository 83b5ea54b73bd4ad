import type { ModelFacts } from '../../core/model-facts.js';
import type { ModelRequest } from '../../ports/language-model.js';
import { catalogueOf } from '../upstream/catalogue.js';
import type { Body } from './openai-body.js';
import { OPENAI_MODELS } from './openai-models.js';
import { adaptToOpenAi } from './openai-reasoning.js';

/** How to reach an endpoint, and what its operator says about it. Times are in milliseconds. */
export interface OpenAiSettings {
  /** The provider's name, as requests say it; the vendor's own when absent. */
  readonly name?: string | undefined;
  readonly apiKey: string | undefined;
  /** The base of the endpoint's paths; the vendor's own when absent. */
  readonly url?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly defaultModel?: string | undefined;
  /** What the operator knows of models; it counts more than what is built in. */
  readonly models?: readonly ModelFacts[] | undefined;
  readonly connectTimeoutMs: number;
  readonly firstTokenTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly keepAliveTimeoutMs?: number | undefined;
}

/** What one vendor's endpoint does its own way. */
export interface OpenAiProfile {
  readonly provider: string;
  /** The base of the endpoint's paths; what stands behind its `?` goes with every request. */
  readonly baseUrl: string;
  /** Sent with every request. */
  readonly headers: Readonly<Record<string, string>>;
  readonly defaultModel: string;
  readonly catalogue: readonly ModelFacts[];
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
export function openAiProfile(settings: OpenAiSettings): OpenAiProfile {
  const baseUrl = baseUrlOf(settings.url, OPENAI_URL);
  const isOfficial = new URL(baseUrl).hostname === new URL(OPENAI_URL).hostname;
  const defaultModel = settings.defaultModel ?? DEFAULT_MODEL;
  return {
    provider: settings.name ?? 'openai',
    baseUrl,
    headers: settings.headers ?? {},
    defaultModel,
    catalogue: catalogueOf(isOfficial ? OPENAI_MODELS : [], settings.models ?? [], defaultModel),
    tokenLimit: isOfficial ? 'max_completion_tokens' : 'max_tokens',
    reasoningField: isOfficial ? undefined : 'reasoning_content',
    hasEmbeddings: true,
    hasDeveloper: isOfficial,
    hasCacheControl: false,
    adapt: adaptToOpenAi,
    describe: describeListed,
  };
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
