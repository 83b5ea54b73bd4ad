import type { Caller, Clearance, Offsets } from '../../kernel/index.js';

/** Injection token of the {@link ChunkSearch}. */
export const CHUNK_SEARCH = Symbol('ChunkSearch');

/** Narrows a search to documents that have all of these. */
export interface SearchFilter {
  readonly documentIds?: readonly string[] | undefined;
  readonly source?: string | undefined;
  readonly securityLevel?: Clearance | undefined;
}

/** A chunk that was found; a higher `score` is a better match, comparable within one search only. */
export interface SearchHit {
  readonly chunkId: string;
  readonly documentId: string;
  readonly title: string;
  readonly content: string;
  readonly score: number;
  readonly offsets: Offsets;
  /** Its document's, 0 to 3: see `clearanceLevel`. */
  readonly level: number;
}

/** Characters of a query that are looked at. */
export const QUERY_LENGTH = 2_000;

/** Finds the chunks that match a query best, among those the caller may read at this moment. */
export interface ChunkSearch {
  /** Best first. A text without words finds nothing; beyond {@link QUERY_LENGTH} it is cut. */
  search(caller: Caller, text: string, limit: number, filter?: SearchFilter): Promise<SearchHit[]>;
}
