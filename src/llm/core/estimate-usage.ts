import type { Usage } from '../../kernel/index.js';

const CHARACTERS_PER_TOKEN = 4;

/** Tokens of a text of this many UTF-16 code units, at four code units a token, rounded up. */
export function estimateTokens(characters: number): number {
  return Math.ceil(characters / CHARACTERS_PER_TOKEN);
}

/** The estimated usage of an answer whose provider does not report it. Both sizes are in UTF-16 code units. */
export function estimateUsage(inputCharacters: number, outputCharacters: number): Usage {
  const inputTokens = estimateTokens(inputCharacters);
  const outputTokens = estimateTokens(outputCharacters);
  return { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens, estimated: true };
}

/** The size of a conversation in UTF-16 code units. */
export function sizeOf(messages: readonly { readonly content: string }[]): number {
  return messages.reduce((size, { content }) => size + content.length, 0);
}
