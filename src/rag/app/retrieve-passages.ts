import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from '../../kernel/index.js';
import { relevant } from '../core/relevance.js';
import { CHUNK_SEARCH, type ChunkSearch } from '../ports/chunk-search.js';
import type { FoundPassage, RetrievedPassage, Retriever } from '../ports/retriever.js';

/** The most passages of a prompt, whatever is requested. */
const MAX_PASSAGES = 50;

/** Finds the passages an answer may cite, numbered in the order of their rank. */
@Injectable()
export class RetrievePassages implements Retriever {
  constructor(@Inject(CHUNK_SEARCH) private readonly chunks: ChunkSearch) {}

  async retrieve(caller: Caller, query: string, limit: number): Promise<RetrievedPassage[]> {
    const hits = await this.chunks.search(caller, query, Math.max(0, Math.min(limit, MAX_PASSAGES)));
    return relevant(hits).map((hit, index) => ({ marker: `[${index + 1}]`, ...hit }));
  }

  async reread(caller: Caller, found: readonly FoundPassage[]): Promise<RetrievedPassage[]> {
    if (found.length === 0) return [];
    const chunks = await this.chunks.read(
      caller,
      found.map(({ chunkId }) => chunkId),
    );
    const byId = new Map(chunks.map((chunk) => [chunk.chunkId, chunk]));
    return found.flatMap((passage) => {
      const chunk = byId.get(passage.chunkId);
      return chunk === undefined ? [] : [{ ...passage, ...chunk }];
    });
  }
}
