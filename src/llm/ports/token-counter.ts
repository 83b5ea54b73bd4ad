/** Injection token of the {@link TokenCounter}. */
export const TOKEN_COUNTER = Symbol('TokenCounter');

/** Counts the tokens of texts when a provider has not. Another model's tokenizer may count a few per cent apart. */
export interface TokenCounter {
  count(texts: readonly string[]): Promise<number>;
  /** The text of tokens as OpenAI's embedding models number them; `undefined` for what is none. */
  textOf(tokens: readonly number[]): Promise<string | undefined>;
}
