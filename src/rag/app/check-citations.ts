import { Inject, Injectable } from '@nestjs/common';
import type { Caller, Citation } from '../../kernel/index.js';
import { DOCUMENT_STORE, type DocumentStore } from '../ports/document-store.js';

/** Checks which citations of earlier answers their reader may still follow. */
@Injectable()
export class CheckCitations {
  constructor(@Inject(DOCUMENT_STORE) private readonly documents: DocumentStore) {}

  /** The ids of the cited documents that the caller may read now. */
  async readable(caller: Caller, citations: readonly Citation[]): Promise<ReadonlySet<string>> {
    const ids = new Set(citations.map(({ documentId }) => documentId));
    return ids.size === 0 ? ids : this.documents.readableAmong(caller, [...ids]);
  }
}
