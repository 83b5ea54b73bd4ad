import { WaitQueue, type WaitQueueOptions } from './wait-queue.js';

export interface ConcurrencyLimitOptions extends Pick<
  WaitQueueOptions<string, () => void>,
  'maxWaiting' | 'maxWaitingPerOwner' | 'maxWaitMs' | 'refusal'
> {
  /** Works that run at once, of everybody together and of one owner; without bound by default. */
  readonly places?: number;
  readonly placesPerOwner?: number;
}

/** Lets so many works run at once; the others wait, and owners take turns, however many works each has. */
export class ConcurrencyLimit {
  private running = 0;
  private readonly runningOf = new Map<string, number>();
  private readonly queue: WaitQueue<string, () => void>;

  constructor(private readonly options: ConcurrencyLimitOptions) {
    this.queue = new WaitQueue({
      ...options,
      ownerOf: (owner) => owner,
      take: (owner) => (this.hasPlaceFor(owner) ? this.take(owner) : undefined),
    });
  }

  /**
   * Runs the work when there is a place for it, and answers as it does. Throws the refusal when too many wait, and the
   * signal's reason when that aborts before the work begins.
   */
  async run<Result>(owner: string, work: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    const place = this.queue.enter(owner, signal);
    const leave = typeof place === 'function' ? place : await place;
    try {
      return await work();
    } finally {
      leave();
    }
  }

  private hasPlaceFor(owner: string): boolean {
    const { places = Infinity, placesPerOwner = Infinity } = this.options;
    return this.running < places && (this.runningOf.get(owner) ?? 0) < placesPerOwner;
  }

  private take(owner: string): () => void {
    this.count(owner, 1);
    return () => {
      this.count(owner, -1);
      this.queue.admit(owner);
    };
  }

  private count(owner: string, change: 1 | -1): void {
    this.running += change;
    const running = (this.runningOf.get(owner) ?? 0) + change;
    if (running === 0) this.runningOf.delete(owner);
    else this.runningOf.set(owner, running);
  }
}
