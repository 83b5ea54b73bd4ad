import { Inject, Injectable } from '@nestjs/common';
import { AppError, type Caller } from '../../kernel/index.js';
import type { RagDocument } from '../core/document.js';
import { DOCUMENT_STORE, type DocumentStore } from '../ports/document-store.js';

/** Reads one document. */
@Injectable()
export class GetDocument {
  constructor(@Inject(DOCUMENT_STORE) private readonly documents: DocumentStore) {}

  /** Throws `NOT_FOUND`, also for documents that the caller may not read. */
  async get(caller: Caller, id: string): Promise<RagDocument> {
    const document = await this.documents.find(caller, id);
    if (document === undefined) throw noSuchDocument();
    return document;
  }
}

/** The same error for documents that do not exist and for those that the caller may not know of. */
export function noSuchDocument(): AppError {
  return new AppError('NOT_FOUND', 'There is no such document; list the documents to see what there is.');
}
