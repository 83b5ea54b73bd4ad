import type { Caller, Clearance, Offsets } from '../../kernel/index.js';

/** Injection token of the {@link ChunkSearch}. */
export const CHUNK_SEARCH = Symbol('ChunkSearch');

/** Restricts a search to documents that match all of these. */
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
  /** The level of its document, 0 to 3: see `clearanceLevel`. */
  readonly level: number;
}

/** The most characters of a query. */
export const QUERY_LENGTH = 2_000;

/** Finds the chunks that match a query best, among those that the caller may read now. */
export interface ChunkSearch {
  /** Best first. A text without words finds nothing; beyond {@link QUERY_LENGTH} it is cut. */
  search(caller: Caller, text: string, limit: number, filter?: SearchFilter): Promise<SearchHit[]>;
  /** Those of these chunks that the caller may read now, in any order. */
  read(caller: Caller, chunkIds: readonly string[]): Promise<Omit<SearchHit, 'score'>[]>;
}
