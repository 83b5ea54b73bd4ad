import { estimateTokens, sizeOf } from './estimate-usage.js';
import type { ModelFacts, Needs } from './model-facts.js';

interface Asked {
  readonly messages: readonly {
    readonly role: string;
    readonly content: string;
    readonly images?: readonly unknown[];
  }[];
  readonly tools?: readonly unknown[];
  readonly maxTokens?: number;
}

/** What a question needs, estimated without counting tokens. */
export function needsOf({ messages, tools = [], maxTokens = 0 }: Asked): Needs {
  return {
    tools: tools.length > 0,
    // Images of results are shown in words to a model that does not see.
    vision: messages.some(({ role, images = [] }) => role !== 'tool' && images.length > 0),
    contextTokens: estimateTokens(sizeOf(messages)) + maxTokens,
  };
}

/** Whether a model can serve the needs, as far as is known: an unknown fact does not count against it. */
export function canServe(facts: ModelFacts | undefined, needs: Needs): boolean {
  if (facts === undefined) return true;
  if (needs.tools && facts.capabilities?.tools === false) return false;
  if (needs.vision && facts.capabilities?.vision === false) return false;
  return facts.contextWindow === undefined || facts.contextWindow >= needs.contextTokens;
}

/** US dollars for a request with these needs, if its answer is as long as its question; `undefined` without a price. */
export function likelyCost({ price }: ModelFacts, { contextTokens }: Needs): number | undefined {
  return price && ((price.input + price.output) * Math.max(contextTokens, 1)) / 1_000_000;
}
