/** A line of the report. */
export interface Row {
  readonly measure: string;
  readonly threadline: string;
  readonly pipe: string;
  /** Of a naive Nest server, where it is measured too. */
  readonly naive?: string;
  readonly compared: string;
}

/** What a measurement found: lines for the table, everything it saw, and what a reader has to know. */
export interface Result {
  readonly rows: readonly Row[];
  readonly details: unknown;
  readonly notes: readonly string[];
}

/** How long the whole may take: the quick one shows that it works, and its numbers are worth little. */
export interface Effort {
  readonly isQuick: boolean;
  /** Of a measure with several cases only those with these words in their names. */
  readonly only?: string | undefined;
}
