import { Inject, Injectable } from '@nestjs/common';
import { AppError, type Caller } from '../../kernel/index.js';
import { CHUNK_SEARCH, type ChunkSearch, type SearchFilter, type SearchHit } from '../ports/chunk-search.js';

/** How to search: by words, by meaning, or by both. */
export const SEARCH_MODES = ['hybrid', 'semantic', 'lexical'] as const;
export type SearchMode = (typeof SEARCH_MODES)[number];

export interface SearchQuestion {
  readonly query: string;
  readonly limit: number;
  readonly mode: SearchMode;
  readonly filter?: SearchFilter | undefined;
}

/** A passage as a search returns it. */
export type FoundPassage = Omit<SearchHit, 'level'>;

/** Searches the passages that the caller may read, best first. */
@Injectable()
export class SearchDocuments {
  constructor(@Inject(CHUNK_SEARCH) private readonly chunks: ChunkSearch) {}

  /** Hybrid search is by words alone for as long as there are no vectors; throws `VALIDATION_FAILED` for semantic. */
  async search(caller: Caller, { query, limit, mode, filter }: SearchQuestion): Promise<FoundPassage[]> {
    if (mode === 'semantic') {
      throw new AppError(
        'VALIDATION_FAILED',
        'This server has no embeddings to search by meaning; use the mode lexical or hybrid.',
        { details: { supported: SEARCH_MODES.filter((each) => each !== 'semantic') } },
      );
    }
    const hits = await this.chunks.search(caller, query, limit, filter);
    return hits.map(({ level: _, ...passage }) => passage);
  }
}
