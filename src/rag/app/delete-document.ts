import { Inject, Injectable } from '@nestjs/common';
import { AppError, type Caller } from '../../kernel/index.js';
import { DOCUMENT_STORE, type DocumentStore } from '../ports/document-store.js';
import { noSuchDocument } from './get-document.js';

/** Removes a document with its passages; the next search no longer finds it. */
@Injectable()
export class DeleteDocument {
  constructor(@Inject(DOCUMENT_STORE) private readonly documents: DocumentStore) {}

  /**
   * Throws `NOT_FOUND`, also for documents that the caller may not read, and `FORBIDDEN` for those that the caller may
   * only read.
   */
  async delete(caller: Caller, id: string): Promise<void> {
    const removal = await this.documents.remove(caller, id);
    if (removal === 'absent') throw noSuchDocument();
    if (removal === 'not_allowed') {
      throw new AppError(
        'FORBIDDEN',
        'Only who put the document in, or an admin, may delete it; ask one of them.',
      );
    }
  }
}
