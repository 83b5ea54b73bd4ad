import type { ErrorBody } from '../../kernel/index.js';
import type { TextChunk } from '../core/chunk.js';
import type { ContentType } from '../core/document.js';
import type { SearchText } from '../core/search-text.js';

/** Injection token of the {@link IngestionStore}. */
export const INGESTION_STORE = Symbol('IngestionStore');

/** A document that this process has claimed for ingestion, under a lease. */
export interface ClaimedIngestion {
  readonly documentId: string;
  /** Identifies this claim; after the lease expired, the next claim has another one. */
  readonly run: string;
  /** Claims of the document since its last progress, this one included. */
  readonly attempts: number;
  /** The number of chunks, from the first one on, that an earlier run has written. */
  readonly written: number;
  /** Whether those chunks were written by another version, and must be removed first. */
  readonly isOutdated: boolean;
}

export interface LoadedDocument {
  readonly title: string;
  readonly contentType: ContentType;
  readonly content: string;
}

/** A chunk with its position in the document and its terms. */
export interface IndexedChunk extends TextChunk {
  readonly position: number;
  readonly text: SearchText;
}

/**
 * Documents that are being ingested. Methods of a run do nothing and return `false` once its document was deleted or
 * another process has taken it over.
 */
export interface IngestionStore {
  /** Claims the next document, fair between orgs and between users, a bounded number per user at a time. */
  claim(): Promise<ClaimedIngestion | undefined>;
  load(run: ClaimedIngestion): Promise<LoadedDocument | undefined>;
  /** Removes some of the chunks that another version wrote; `undefined` when none is left. */
  removeOutdated(run: ClaimedIngestion): Promise<boolean | undefined>;
  /** Writes the next chunks, all or none of them, and extends the lease. They are not searchable yet. */
  write(run: ClaimedIngestion, chunks: readonly IndexedChunk[]): Promise<boolean>;
  /** Makes the document ready: all of it is searchable from here on. */
  finish(run: ClaimedIngestion): Promise<boolean>;
  fail(run: ClaimedIngestion, error: ErrorBody): Promise<boolean>;
  /** Releases the document for the next claim. */
  release(run: ClaimedIngestion): Promise<void>;
}
