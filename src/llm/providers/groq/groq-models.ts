import type { Capabilities, ModelFacts } from '../../core/model-facts.js';

const chat: Capabilities = { streaming: true, tools: true, json: true, vision: false, reasoning: false };
const seeing: Capabilities = { ...chat, vision: true };
const thinking: Capabilities = { ...chat, reasoning: true };

/**
 * Groq's models as it publishes them: tokens, capabilities, and dollars per million tokens where the price is fixed.
 */
export const GROQ_MODELS: readonly ModelFacts[] = [
  {
    id: 'llama-3.3-70b-versatile',
    contextWindow: 131_072,
    capabilities: chat,
    price: { input: 0.59, output: 0.79 },
  },
  {
    id: 'llama-3.1-8b-instant',
    contextWindow: 131_072,
    capabilities: chat,
    price: { input: 0.05, output: 0.08 },
  },
  {
    id: 'meta-llama/llama-4-scout-17b-16e-instruct',
    contextWindow: 131_072,
    capabilities: seeing,
    price: { input: 0.11, output: 0.34 },
  },
  {
    id: 'meta-llama/llama-4-maverick-17b-128e-instruct',
    contextWindow: 131_072,
    capabilities: seeing,
    price: { input: 0.2, output: 0.6 },
  },
  {
    id: 'qwen/qwen3-32b',
    contextWindow: 131_072,
    capabilities: thinking,
    price: { input: 0.29, output: 0.59 },
  },
  {
    id: 'moonshotai/kimi-k2-instruct-0905',
    contextWindow: 262_144,
    capabilities: chat,
    price: { input: 1, output: 3 },
  },
  { id: 'openai/gpt-oss-120b', contextWindow: 131_072, capabilities: thinking },
  { id: 'openai/gpt-oss-20b', contextWindow: 131_072, capabilities: thinking },
];
