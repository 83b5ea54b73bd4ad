import type { Caller, Passage } from '../../kernel/index.js';

/** A passage, and how high its document is: 0 is `public`, 3 `restricted`. */
export interface RetrievedPassage extends Passage {
  readonly level: number;
}

/** Injection token of the {@link Retriever}. */
export const RETRIEVER = Symbol('Retriever');

/**
 * Finds what an answer may lean on. What every implementation promises, and
 * `test/contracts/retriever.contract.ts` holds it to:
 *
 * - Only passages that the caller may read at this moment, best first, at most `limit` of them.
 * - Markers are `[1]`, `[2]`, … in that order.
 * - Passages that have next to nothing to do with the query are left out; none at all is an empty array.
 * - Any text is a query: what is too long is cut, what has no words finds nothing.
 */
export interface Retriever {
  retrieve(caller: Caller, query: string, limit: number): Promise<RetrievedPassage[]>;
}
