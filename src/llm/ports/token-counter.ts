/** Injection token of the {@link TokenCounter}. */
export const TOKEN_COUNTER = Symbol('TokenCounter');

/**
 * Counts the tokens of texts when a provider has not. For models with another tokenizer it may be off by a few per
 * cent.
 */
export interface TokenCounter {
  count(texts: readonly string[]): Promise<number>;
  /** The text of tokens in the encoding of OpenAI's embedding models; `undefined` for invalid tokens. */
  textOf(tokens: readonly number[]): Promise<string | undefined>;
}
