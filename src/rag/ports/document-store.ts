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

/** The text of a document, or its beginning. */
export interface DocumentText {
  readonly title: string;
  readonly contentType: ContentType;
  readonly content: string;
}

/** The result of a deletion; `absent` also when the caller may not know of the document. */
export type DocumentRemoval = 'removed' | 'not_allowed' | 'absent';

/**
 * Documents. Every method sees only what the caller may read: their org's documents up to their clearance, shared with
 * the org or their own. A change is visible to the very next read.
 */
export interface DocumentStore {
  /** The amounts that the caller and their org have stored and queued now. */
  count(caller: Caller): Promise<DocumentCounts>;
  /**
   * Stores and queues a document, owned by the caller. `admit` gets the counts including it, while no other document of
   * the org can be added: if it throws, nothing is stored.
   */
  add(caller: Caller, document: NewDocument, admit: (counts: DocumentCounts) => void): Promise<RagDocument>;
  find(caller: Caller, id: string): Promise<RagDocument | undefined>;
  /** At most so many characters (code points) of its text. */
  text(caller: Caller, id: string, maxChars: number): Promise<DocumentText | undefined>;
  /** Those of the ids whose documents exist and may be read. */
  readableAmong(caller: Caller, ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** At most so many documents, newest first, those older than `before` if it is given. */
  list(caller: Caller, limit: number, before: string | undefined): Promise<RagDocument[]>;
  /** Removes a document of the caller's own, or any that an admin may read; no search finds its passages from then on. */
  remove(caller: Caller, id: string): Promise<DocumentRemoval>;
}
