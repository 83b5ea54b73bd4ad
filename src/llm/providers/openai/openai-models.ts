import type { Capabilities, ModelFacts } from '../../core/model-facts.js';

const chat: Capabilities = { streaming: true, tools: true, json: true, vision: false, reasoning: false };
const seeing: Capabilities = { ...chat, vision: true };
const thinking: Capabilities = { ...seeing, reasoning: true };
const silent: Capabilities = { streaming: false, tools: false, json: false, vision: false, reasoning: false };

function model(
  id: string,
  contextWindow: number,
  capabilities: Capabilities,
  [input, output, cachedInput]: readonly [number, number, number?],
): ModelFacts {
  const price = cachedInput === undefined ? { input, output } : { input, output, cachedInput };
  return { id, contextWindow, capabilities, price };
}

/** A model that makes vectors. */
function embedding(id: string, input: number): ModelFacts {
  return { ...model(id, 8_191, silent, [input, 0]), isEmbedding: true };
}

/**
 * OpenAI's models as it publishes them: tokens, capabilities, dollars per million tokens (input, output, cached input).
 */
export const OPENAI_MODELS: readonly ModelFacts[] = [
  model('gpt-4o-mini', 128_000, seeing, [0.15, 0.6, 0.075]),
  model('gpt-4o', 128_000, seeing, [2.5, 10, 1.25]),
  model('gpt-4.1', 1_047_576, seeing, [2, 8, 0.5]),
  model('gpt-4.1-mini', 1_047_576, seeing, [0.4, 1.6, 0.1]),
  model('gpt-4.1-nano', 1_047_576, seeing, [0.1, 0.4, 0.025]),
  model('gpt-5', 400_000, thinking, [1.25, 10, 0.125]),
  model('gpt-5-mini', 400_000, thinking, [0.25, 2, 0.025]),
  model('gpt-5-nano', 400_000, thinking, [0.05, 0.4, 0.005]),
  model('gpt-5.1', 400_000, thinking, [1.25, 10, 0.125]),
  model('o3', 200_000, thinking, [2, 8, 0.5]),
  model('o3-mini', 200_000, { ...thinking, vision: false }, [1.1, 4.4, 0.55]),
  model('o4-mini', 200_000, thinking, [1.1, 4.4, 0.275]),
  model('gpt-4-turbo', 128_000, seeing, [10, 30]),
  model('gpt-4', 8_192, { ...chat, json: false }, [30, 60]),
  model('gpt-3.5-turbo', 16_385, chat, [0.5, 1.5]),
  embedding('text-embedding-3-small', 0.02),
  embedding('text-embedding-3-large', 0.13),
  embedding('text-embedding-ada-002', 0.1),
];
