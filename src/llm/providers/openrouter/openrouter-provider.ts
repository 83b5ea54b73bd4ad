import { catalogueOf } from '../upstream/catalogue.js';
import { without, type Body } from '../openai/openai-body.js';
import { baseUrlOf, type OpenAiProfile } from '../openai/openai-profile.js';
import { onOpenAiWire } from '../openai/openai-provider.js';
import type { EndpointSettings, ProviderDescriptor } from '../provider-descriptor.js';
import { describeOpenRouterModel } from './openrouter-listing.js';
import { OPENROUTER_MODELS } from './openrouter-models.js';

/** The settings of the endpoint, and how the application identifies itself to OpenRouter. */
export interface OpenRouterSettings extends EndpointSettings {
  /** The application's URL. */
  readonly referer?: string | undefined;
  /** The application's name. */
  readonly title?: string | undefined;
}

const OPENROUTER_URL = 'https://openrouter.ai/api/v1';
const DEFAULT_MODEL = 'openai/gpt-4o-mini';

/** OpenRouter, also behind a proxy, where its prices still apply. */
export const openRouter: ProviderDescriptor = {
  reach: ({ OPENROUTER_API_KEY: apiKey, OPENROUTER_URL: url }) => ({ apiKey, url }),
  load: onOpenAiWire((settings, { OPENROUTER_REFERER: referer, OPENROUTER_TITLE: title }) =>
    openRouterProfile({ ...settings, referer, title }),
  ),
};

/** Where OpenRouter's endpoint differs from OpenAI's. */
export function openRouterProfile(settings: OpenRouterSettings): OpenAiProfile {
  const { referer, title } = settings;
  const defaultModel = settings.defaultModel ?? DEFAULT_MODEL;
  return {
    provider: settings.name ?? 'openrouter',
    baseUrl: baseUrlOf(settings.url, OPENROUTER_URL),
    headers: {
      ...(referer === undefined ? {} : { 'HTTP-Referer': printable(referer) }),
      ...(title === undefined ? {} : { 'X-Title': printable(title) }),
      ...settings.headers,
    },
    defaultModel,
    catalogue: catalogueOf(OPENROUTER_MODELS, settings.models ?? [], defaultModel),
    listsPrices: true,
    tokenLimit: 'max_tokens',
    reasoningField: 'reasoning',
    hasEmbeddings: true,
    hasDeveloper: true,
    hasCacheControl: true,
    adapt: adaptToOpenRouter,
    describe: describeOpenRouterModel,
  };
}

/** OpenRouter's own field for the effort works with the models of every vendor. */
function adaptToOpenRouter(body: Body): Body {
  const effort = body['reasoning_effort'];
  return effort === undefined ? body : { ...without(body, ['reasoning_effort']), reasoning: { effort } };
}

/** Characters that are invalid in a header would make every request fail. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/gu, '?');
}
