import type { BUILT_IN_PROVIDERS, PROVIDER_WIRES } from '../../platform/config/index.js';
import { claude } from './claude/claude-provider.js';
import { groq } from './groq/groq-provider.js';
import { ollama } from './ollama/ollama-provider.js';
import { loadCompatible, openAi } from './openai/openai-provider.js';
import { openRouter } from './openrouter/openrouter-provider.js';
import type { LoadModel, ProviderDescriptor } from './provider-descriptor.js';

export type { EndpointSettings } from './provider-descriptor.js';

/** The providers that are built in, the preferred one first; without the one that stands in for them. */
export const PROVIDERS: Readonly<
  Record<Exclude<keyof typeof BUILT_IN_PROVIDERS, 'local'>, ProviderDescriptor>
> = { openai: openAi, claude, groq, openrouter: openRouter, ollama };

/** How one is made that only the operator's file names, by the wire it speaks. */
export const BY_WIRE: Readonly<Record<(typeof PROVIDER_WIRES)[number], LoadModel>> = {
  openai: loadCompatible,
  anthropic: claude.load,
  ollama: ollama.load,
};
