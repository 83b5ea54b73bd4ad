import { catalogueOf } from '../upstream/catalogue.js';
import { withLeastEffort, without, type Body } from '../openai/openai-body.js';
import { baseUrlOf, describeListed, type OpenAiProfile } from '../openai/openai-profile.js';
import { onOpenAiWire } from '../openai/openai-provider.js';
import type { EndpointSettings, ProviderDescriptor } from '../provider-descriptor.js';
import { GROQ_MODELS } from './groq-models.js';

const GROQ_URL = 'https://api.groq.com/openai/v1';
const DEFAULT_MODEL = 'llama-3.3-70b-versatile';

/** Groq, also behind a proxy, where its prices still apply. */
export const groq: ProviderDescriptor = {
  reach: ({ GROQ_API_KEY: apiKey, GROQ_URL: url }) => ({ apiKey, url }),
  load: onOpenAiWire(groqProfile),
};

/** Where Groq's endpoint differs from OpenAI's. */
export function groqProfile(settings: EndpointSettings): OpenAiProfile {
  const defaultModel = settings.defaultModel ?? DEFAULT_MODEL;
  return {
    provider: settings.name ?? 'groq',
    baseUrl: baseUrlOf(settings.url, GROQ_URL),
    headers: settings.headers ?? {},
    defaultModel,
    catalogue: catalogueOf(GROQ_MODELS, settings.models ?? [], defaultModel),
    listsPrices: false,
    tokenLimit: 'max_completion_tokens',
    // It rejects messages with `reasoning_content`.
    reasoningField: 'reasoning',
    hasEmbeddings: false,
    hasDeveloper: false,
    hasCacheControl: false,
    adapt: adaptToGroq,
    describe: describeListed,
  };
}

/** Qwen models would put their reasoning into the answer, and know no other effort than on and off. */
function adaptToGroq(body: Body): Body {
  const model = String(body['model']);
  if (!model.startsWith('qwen/qwen3')) return withLeastEffort(body, true);
  return { ...without(body, ['reasoning_effort']), reasoning_format: 'parsed' };
}
