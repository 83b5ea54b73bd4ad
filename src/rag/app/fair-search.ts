import { AppError, type Caller } from '../../kernel/index.js';
import type { ChunkSearch, SearchFilter, SearchHit } from '../ports/chunk-search.js';
import { FairPlaces } from './fair-places.js';

/** A search of which each user has half of the places at most, so that nobody's searches are all there is. */
export class FairSearch implements ChunkSearch {
  private readonly fair: FairPlaces;

  constructor(
    private readonly inner: ChunkSearch,
    places: number,
  ) {
    this.fair = new FairPlaces({
      places,
      perUser: Math.ceil(places / 2),
      waitingPerUser: 1_000,
      waiting: 10_000,
      refusal: () =>
        new AppError(
          'RATE_LIMITED',
          'Too many of your searches wait already; wait for some of them to end.',
          {
            retryAfter: 1,
          },
        ),
    });
  }

  search(caller: Caller, text: string, limit: number, filter?: SearchFilter): Promise<SearchHit[]> {
    return this.fair.run(caller, () => this.inner.search(caller, text, limit, filter));
  }
}
