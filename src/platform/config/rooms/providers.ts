import { z } from 'zod';
import { webAddress } from '../value-types.js';

/** Some systems hand over the whole path of the chat endpoint; the client library wants its base. */
const openAiBase = webAddress.transform((value) =>
  value.replace(/\/+$/, '').replace(/\/chat\/completions$/, ''),
);

/** Keys and addresses of the providers that are built in. */
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
