import type { Usage } from '../../kernel/index.js';

const CHARACTERS_PER_TOKEN = 4;

/** Tokens of a text of so many UTF-16 code units, at four a token, rounded up. */
export function estimateTokens(characters: number): number {
  return Math.ceil(characters / CHARACTERS_PER_TOKEN);
}

/** What an answer will have cost when its provider does not say. Both sizes are in UTF-16 code units. */
export function estimateUsage(inputCharacters: number, outputCharacters: number): Usage {
  const inputTokens = estimateTokens(inputCharacters);
  const outputTokens = estimateTokens(outputCharacters);
  return { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens, estimated: true };
}

/** The size of a conversation in UTF-16 code units. */
export function sizeOf(messages: readonly { readonly content: string }[]): number {
  return messages.reduce((size, { content }) => size + content.length, 0);
}
