import type { Caller, Passage } from '../../kernel/index.js';

/** A passage, and the level of its document: 0 is `public`, 3 `restricted`. */
export interface RetrievedPassage extends Passage {
  readonly level: number;
}

/** A passage without its text, as it may be kept: the text is read anew by who may read it then. */
export type FoundPassage = Omit<RetrievedPassage, 'content'>;

/** Injection token of the {@link Retriever}. */
export const RETRIEVER = Symbol('Retriever');

/**
 * Finds the passages on which an answer may be based. What every implementation promises, and
 * `test/contracts/retriever.contract.ts` tests:
 *
 * - Only passages that the caller may read now, best first, at most `limit` of them.
 * - Markers are `[1]`, `[2]`, … in that order.
 * - Passages that are hardly related to the query are left out; no match is an empty array.
 * - Any text is a query: an overlong one is cut, one without words finds nothing.
 */
export interface Retriever {
  retrieve(caller: Caller, query: string, limit: number): Promise<RetrievedPassage[]>;
  /** Those of the passages found before that the caller may read now, with the markers and the order that they had. */
  reread(caller: Caller, found: readonly FoundPassage[]): Promise<RetrievedPassage[]>;
}
