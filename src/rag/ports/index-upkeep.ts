import type { SearchText } from '../core/search-text.js';

/** Injection token of the {@link IndexUpkeep}. */
export const INDEX_UPKEEP = Symbol('IndexUpkeep');

export interface OutdatedDocument {
  readonly id: string;
  readonly title: string;
}

export interface StoredChunk {
  readonly id: string;
  readonly position: number;
  readonly content: string;
}

/** Maintenance of the index in the background, in small steps. */
export interface IndexUpkeep {
  /** Removes some chunks of deleted documents; `false` when there are none, or other processes work on them. */
  removeSome(): Promise<boolean>;
  /** The first document after the id whose terms an earlier version made. */
  findOutdated(after: string): Promise<OutdatedDocument | undefined>;
  /** The next chunks of a document after the position, a bounded number; none when it has no more. */
  chunksAfter(documentId: string, position: number): Promise<readonly StoredChunk[]>;
  /** Replaces the terms of the document's chunks atomically; does nothing if the document was deleted. */
  replaceTerms(
    documentId: string,
    chunks: readonly { readonly id: string; readonly text: SearchText }[],
  ): Promise<void>;
  /** Records that all terms of the document are of the current version. */
  markCurrent(documentId: string): Promise<void>;
}
