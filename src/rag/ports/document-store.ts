import type { Caller, Clearance } from '../../kernel/index.js';
import type { ContentType, Metadata, RagDocument, Visibility } from '../core/document.js';
import type { DocumentCounts } from '../core/document-quota.js';

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
export type DocumentRemoval = 'removed' | 'not_allowed' | 'absent';

/**
 * Documents. Every method sees only what the caller may read: their org's documents up to their
 * clearance, shared with the org or their own. What a method changed holds for the very next read.
 */
export interface DocumentStore {
  /** What the caller and their org have put in and what waits, at this moment. */
  count(caller: Caller): Promise<DocumentCounts>;
  /**
   * Keeps a document, to be taken in by whoever claims it. The caller owns it. `admit` sees the counts with it in them,
   * while nobody else of the org can be added: what it throws is thrown, and nothing is kept.
   */
  add(caller: Caller, document: NewDocument, admit: (counts: DocumentCounts) => void): Promise<RagDocument>;
  find(caller: Caller, id: string): Promise<RagDocument | undefined>;
  /** Those of the ids whose documents are there and may be read. */
  readableAmong(caller: Caller, ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** At most so many documents, newest first, those older than `before` if it is given. */
  list(caller: Caller, limit: number, before: string | undefined): Promise<RagDocument[]>;
  /** Removes a document of the caller's own, or any that an admin may read; no search finds its passages from then on. */
  remove(caller: Caller, id: string): Promise<DocumentRemoval>;
}
