import { Injectable } from '@nestjs/common';
import { waitAtMost } from '../../kernel/index.js';

/** The requests in this process that wait for a document to be ingested. */
@Injectable()
export class IngestionWaiters {
  private readonly waiting = new Map<string, () => void>();

  /** Starts to listen for the end of the document's ingestion; `wait` waits for it, at most for the given time. */
  expect(documentId: string): { wait(milliseconds: number): Promise<void>; forget(): void } {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.waiting.set(documentId, resolve);
    const forget = () => void this.waiting.delete(documentId);
    return { wait: (milliseconds) => waitAtMost(milliseconds, promise), forget };
  }

  /** Wakes the request that waits for the document, or all of them if the document is unknown. */
  tell(documentId: string | undefined): void {
    if (documentId !== undefined) this.waiting.get(documentId)?.();
    else this.waiting.forEach((resolve) => resolve());
  }
}
