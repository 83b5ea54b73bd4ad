import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from '../../kernel/index.js';
import type { RagDocument } from '../core/document.js';
import { DOCUMENT_STORE, type DocumentStore } from '../ports/document-store.js';

/** A page of a list. `lastId` is where the next page begins; it is absent on the last page. */
export interface DocumentPage {
  readonly documents: readonly RagDocument[];
  readonly lastId: string | undefined;
}

/** Lists the documents that the caller may read, newest first. */
@Injectable()
export class ListDocuments {
  constructor(@Inject(DOCUMENT_STORE) private readonly store: DocumentStore) {}

  async list(caller: Caller, limit: number, before: string | undefined): Promise<DocumentPage> {
    // One more than requested shows whether there is a next page.
    const found = await this.store.list(caller, limit + 1, before);
    const documents = found.slice(0, limit);
    return { documents, lastId: found.length > limit ? documents.at(-1)?.id : undefined };
  }
}
