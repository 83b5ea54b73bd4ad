import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from '../../kernel/index.js';
import { DOCUMENT_STORE, type DocumentStore, type DocumentText } from '../ports/document-store.js';

/** What is read of a document at once, in characters. */
const MAX_CHARS = 1_000_000;

/** Reads the text of a document, from its beginning. */
@Injectable()
export class ReadDocument {
  constructor(@Inject(DOCUMENT_STORE) private readonly documents: Pick<DocumentStore, 'text'>) {}

  /** Absent for a document that the caller may not read. */
  read(caller: Caller, id: string): Promise<DocumentText | undefined> {
    return this.documents.text(caller, id, MAX_CHARS);
  }
}
