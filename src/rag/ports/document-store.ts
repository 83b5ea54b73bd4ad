import type { Caller, Clearance } from '../../kernel/index.js';
import type { Chunk } from '../core/chunk.js';
import type { ContentType, Metadata, RagDocument, Visibility } from '../core/document.js';

/** Injection token of the {@link DocumentStore}. */
export const DOCUMENT_STORE = Symbol('DocumentStore');

export interface NewDocument {
  readonly id: string;
  readonly title: string;
  readonly source: string | undefined;
  readonly contentType: ContentType;
  readonly content: string;
  readonly bytes: number;
  readonly securityLevel: Clearance;
  readonly visibility: Visibility;
  readonly metadata: Metadata;
}

/** What came of an attempt to delete; `absent` also when the caller may not know of the document. */
export type Removal = 'removed' | 'not_allowed' | 'absent';

/**
 * Documents and their chunks. Every method sees only what the caller may read: their org's documents up to their
 * clearance, shared with the org or their own. What a method changed holds for the very next read.
 */
export interface DocumentStore {
  /** Keeps a document with its chunks, ready to be searched, entirely or not at all. The caller owns it. */
  add(caller: Caller, document: NewDocument, chunks: readonly Chunk[]): Promise<RagDocument>;
  find(caller: Caller, id: string): Promise<RagDocument | undefined>;
  /** Those of the ids whose documents are there and may be read. */
  readableAmong(caller: Caller, ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** At most so many documents, newest first, those older than `before` if it is given. */
  list(caller: Caller, limit: number, before: string | undefined): Promise<RagDocument[]>;
  /** Removes a document of the caller's own, or any that an admin may read. */
  remove(caller: Caller, id: string): Promise<Removal>;
}
