import type { Capabilities, ModelFacts } from '../../core/model-facts.js';

const chat: Capabilities = { streaming: true, tools: true, json: true, vision: false, reasoning: false };
const seeing: Capabilities = { ...chat, vision: true };
const thinking: Capabilities = { ...seeing, reasoning: true };

/**
 * Well-known models at OpenRouter. A price is left out if it depends on the current host of the model, or on the size
 * of the request: the list of models has it.
 */
export const OPENROUTER_MODELS: readonly ModelFacts[] = [
  {
    id: 'openai/gpt-4o-mini',
    contextWindow: 128_000,
    capabilities: seeing,
    price: { input: 0.15, output: 0.6, cachedInput: 0.075 },
  },
  {
    id: 'openai/gpt-4o',
    contextWindow: 128_000,
    capabilities: seeing,
    price: { input: 2.5, output: 10, cachedInput: 1.25 },
  },
  {
    id: 'openai/gpt-4.1',
    contextWindow: 1_047_576,
    capabilities: seeing,
    price: { input: 2, output: 8, cachedInput: 0.5 },
  },
  {
    id: 'openai/gpt-5',
    contextWindow: 400_000,
    capabilities: thinking,
    price: { input: 1.25, output: 10, cachedInput: 0.125 },
  },
  {
    id: 'openai/gpt-5-mini',
    contextWindow: 400_000,
    capabilities: thinking,
    price: { input: 0.25, output: 2, cachedInput: 0.025 },
  },
  { id: 'anthropic/claude-3.5-sonnet', contextWindow: 200_000, capabilities: seeing },
  { id: 'anthropic/claude-sonnet-4.5', capabilities: thinking },
  {
    id: 'anthropic/claude-haiku-4.5',
    contextWindow: 200_000,
    capabilities: thinking,
    price: { input: 1, output: 5, cachedInput: 0.1 },
  },
  { id: 'google/gemini-2.5-pro', contextWindow: 1_048_576, capabilities: thinking },
  {
    id: 'google/gemini-2.5-flash',
    contextWindow: 1_048_576,
    capabilities: thinking,
    price: { input: 0.3, output: 2.5 },
  },
  { id: 'meta-llama/llama-3.1-70b-instruct', contextWindow: 131_072, capabilities: chat },
  { id: 'meta-llama/llama-3.3-70b-instruct', contextWindow: 131_072, capabilities: chat },
];
