import { Injectable } from '@nestjs/common';
import { waitAtMost } from '../../kernel/index.js';

/** Who waits in this process for a document to be taken in. */
@Injectable()
export class IngestionWaiters {
  private readonly waiting = new Map<string, () => void>();

  /** From here on the end of the document is heard; `wait` waits for it, no longer than so many milliseconds. */
  expect(documentId: string): { wait(milliseconds: number): Promise<void>; forget(): void } {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.waiting.set(documentId, resolve);
    const forget = () => void this.waiting.delete(documentId);
    return { wait: (milliseconds) => waitAtMost(milliseconds, promise), forget };
  }

  /** Tells whoever waits for the document; for any of them, when it is not known which. */
  tell(documentId: string | undefined): void {
    if (documentId !== undefined) this.waiting.get(documentId)?.();
    else this.waiting.forEach((resolve) => resolve());
  }
}
