/** What a model can do. */
export interface Capabilities {
  readonly streaming: boolean;
  readonly tools: boolean;
  readonly json: boolean;
  readonly vision: boolean;
  readonly reasoning: boolean;
}

/** US dollars per million tokens. */
export interface Price {
  readonly input: number;
  readonly output: number;
  /** Input tokens that the provider read from its cache; the input's price when absent. */
  readonly cachedInput?: number | undefined;
}

/** What is known about one model. An absent fact is unknown, not false. */
export interface ModelFacts {
  readonly id: string;
  /** It makes vectors and does not chat. */
  readonly isEmbedding?: boolean | undefined;
  /** Tokens of question and answer together. */
  readonly contextWindow?: number | undefined;
  readonly capabilities?: { readonly [Name in keyof Capabilities]?: boolean | undefined } | undefined;
  readonly price?: Price | undefined;
}

/** What a request needs of a model. */
export interface Needs {
  readonly tools: boolean;
  readonly vision: boolean;
  /** The estimated tokens of the question plus those of the longest answer. */
  readonly contextTokens: number;
}
