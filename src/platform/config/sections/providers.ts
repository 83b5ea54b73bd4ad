import { z } from 'zod';
import { webAddress } from '../value-types.js';

/** Some systems pass the full URL of the chat endpoint; the client library expects its base. */
const openAiBase = webAddress.transform((value) =>
  value.replace(/\/+$/, '').replace(/\/chat\/completions$/, ''),
);

/** Keys and addresses of the built-in providers. */
export const providerVariables = {
  OPENAI_API_KEY: z.string().optional().describe('key of the `openai` provider'),
  OPENAI_URL: openAiBase.optional().describe('any OpenAI-compatible endpoint; its key may be unset'),
  OPENAI_API_URL: openAiBase.optional().describe('another name of OPENAI_URL'),
  ANTHROPIC_API_KEY: z.string().optional().describe('key of the `claude` provider'),
  ANTHROPIC_API_VERSION: z.string().default('2023-06-01').describe('version header of the `claude` provider'),
  ANTHROPIC_URL: webAddress.optional().describe('endpoint of the `claude` provider'),
  GROQ_API_KEY: z.string().optional().describe('key of the `groq` provider'),
  GROQ_URL: webAddress.optional().describe('endpoint of the `groq` provider'),
  OPENROUTER_API_KEY: z.string().optional().describe('key of the `openrouter` provider'),
  OPENROUTER_URL: webAddress.optional().describe('endpoint of the `openrouter` provider'),
  OPENROUTER_REFERER: z.string().optional().describe('HTTP-Referer header of the `openrouter` provider'),
  OPENROUTER_TITLE: z.string().optional().describe('X-Title header of the `openrouter` provider'),
  OLLAMA_URL: webAddress.optional().describe('endpoint of the `ollama` provider'),
} as const;

/** The wires that an operator's own providers may speak. */
export const PROVIDER_WIRES = ['openai', 'anthropic', 'ollama'] as const;

/** The built-in providers: each one's wire and its alias. `llm/providers` implements them. */
export const BUILT_IN_PROVIDERS = {
  openai: { type: 'openai' },
  claude: { type: 'anthropic', alias: 'anthropic' },
  groq: { type: 'openai' },
  openrouter: { type: 'openai' },
  ollama: { type: 'ollama' },
  local: { type: 'local' },
} as const satisfies Record<string, { readonly type: string; readonly alias?: string }>;

/** The built-in providers by their aliases. */
export const PROVIDER_ALIASES: ReadonlyMap<string, string> = new Map(
  Object.entries(BUILT_IN_PROVIDERS).flatMap(([name, provider]) =>
    'alias' in provider ? [[provider.alias, name] as const] : [],
  ),
);
