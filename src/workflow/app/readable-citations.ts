import { Injectable } from '@nestjs/common';
import type { Caller, Citation } from '../../kernel/index.js';
import { CheckCitations } from '../../rag/index.js';

/** Something with citations. */
interface Citing {
  readonly citations: readonly Citation[];
}

/** Removes citations that the reader may no longer read. */
@Injectable()
export class ReadableCitations {
  constructor(private readonly checkCitations: CheckCitations) {}

  /** The same items, each with the citations that the caller may read now. */
  async of<Item extends Citing>(caller: Caller, items: readonly Item[]): Promise<readonly Item[]> {
    const all = items.flatMap(({ citations }) => citations);
    if (all.length === 0) return items;
    const readable = await this.checkCitations.readable(caller, all);
    if (all.every(({ documentId }) => readable.has(documentId))) return items;
    return items.map((item) => ({
      ...item,
      citations: item.citations.filter(({ documentId }) => readable.has(documentId)),
    }));
  }
}
