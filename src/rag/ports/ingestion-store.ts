import type { ErrorBody } from '../../kernel/index.js';
import type { TextChunk } from '../core/chunk.js';
import type { ContentType } from '../core/document.js';
import type { SearchText } from '../core/search-text.js';

/** Injection token of the {@link IngestionStore}. */
export const INGESTION_STORE = Symbol('IngestionStore');

/** A document that this process has taken to take in, under a lease. */
export interface ClaimedIngestion {
  readonly documentId: string;
  /** Names this claim; one whose lease ran out is another's after it. */
  readonly run: string;
  /** Claims of the document since something of it was last written, this one included. */
  readonly attempts: number;
  /** Chunks that an earlier run has written already, the first so many. */
  readonly written: number;
  /** Whether what is written was written by another version, and is to be removed first. */
  readonly isOutdated: boolean;
}

export interface LoadedDocument {
  readonly title: string;
  readonly contentType: ContentType;
  readonly content: string;
}

/** A chunk with its place in the document and what it is found by. */
export interface IndexedChunk extends TextChunk {
  readonly position: number;
  readonly text: SearchText;
}

/**
 * Documents on their way in. Methods of a run do nothing, and answer `false`, once its document is deleted or
 * another process has taken it over.
 */
export interface IngestionStore {
  /** Takes the next document there is, fair between orgs and between users, a bounded number of a user at a time. */
  claim(): Promise<ClaimedIngestion | undefined>;
  load(run: ClaimedIngestion): Promise<LoadedDocument | undefined>;
  /** Removes what another version has written, some at a time; `undefined` when nothing is left of it. */
  unwrite(run: ClaimedIngestion): Promise<boolean | undefined>;
  /** Writes the next chunks, all or none of them, and extends the lease. Nobody finds them yet. */
  write(run: ClaimedIngestion, chunks: readonly IndexedChunk[]): Promise<boolean>;
  /** Makes the document ready: it is found, whole, from here on. */
  finish(run: ClaimedIngestion): Promise<boolean>;
  fail(run: ClaimedIngestion, error: ErrorBody): Promise<boolean>;
  /** Gives the document back, for whoever claims next. */
  release(run: ClaimedIngestion): Promise<void>;
}
