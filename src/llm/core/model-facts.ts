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
  /** Input that the provider had in its cache; the input's price when absent. */
  readonly cachedInput?: number | undefined;
}

/** What is known about one model. An absent fact is unknown, not false. */
export interface ModelFacts {
  readonly id: string;
  /** It makes vectors of texts and answers nothing. */
  readonly isEmbedding?: boolean | undefined;
  /** Tokens of question and answer together. */
  readonly contextWindow?: number | undefined;
  readonly capabilities?: { readonly [Name in keyof Capabilities]?: boolean | undefined } | undefined;
  readonly price?: Price | undefined;
}

/** What a request needs of the model that answers it. */
export interface Needs {
  readonly tools: boolean;
  readonly vision: boolean;
  /** Tokens of the question, estimated, and of the answer it may have. */
  readonly contextTokens: number;
}
