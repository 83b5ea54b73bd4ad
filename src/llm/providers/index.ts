import type { BUILT_IN_PROVIDERS, PROVIDER_WIRES } from '../../platform/config/index.js';
import { claude } from './claude/claude-provider.js';
import { groq } from './groq/groq-provider.js';
import { ollama } from './ollama/ollama-provider.js';
import { loadCompatible, openAi } from './openai/openai-provider.js';
import { openRouter } from './openrouter/openrouter-provider.js';
import type { LoadModel, ProviderDescriptor } from './provider-descriptor.js';

export type { EndpointSettings } from './provider-descriptor.js';

/** The built-in providers, the preferred one first; without the local stand-in. */
export const PROVIDERS: Readonly<
  Record<Exclude<keyof typeof BUILT_IN_PROVIDERS, 'local'>, ProviderDescriptor>
> = { openai: openAi, claude, groq, openrouter: openRouter, ollama };

/** Creates a provider that only the operator's file names, by its wire. */
export const BY_WIRE: Readonly<Record<(typeof PROVIDER_WIRES)[number], LoadModel>> = {
  openai: loadCompatible,
  anthropic: claude.load,
  ollama: ollama.load,
};
