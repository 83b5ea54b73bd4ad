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

/** Work on the index that nobody waits for, a little at a time. */
export interface IndexUpkeep {
  /** Removes some of what documents have left behind; `false` when there is nothing, or others are at it. */
  removeSome(): Promise<boolean>;
  /** The first document after the id whose terms an earlier version made. */
  findOutdated(after: string): Promise<OutdatedDocument | undefined>;
  /** The next chunks of a document after the position, a bounded number; none when it has no more. */
  chunksAfter(documentId: string, position: number): Promise<readonly StoredChunk[]>;
  /** Replaces the terms of the document's chunks, in one moment; nothing when the document is gone. */
  replaceTerms(
    documentId: string,
    chunks: readonly { readonly id: string; readonly text: SearchText }[],
  ): Promise<void>;
  /** Notes that all terms of the document are of this version. */
  markCurrent(documentId: string): Promise<void>;
}
