import { WaitQueue, type WaitQueueOptions } from './wait-queue.js';

export interface ConcurrencyLimitOptions extends Pick<
  WaitQueueOptions<string, () => void>,
  'maxWaiting' | 'maxWaitingPerOwner' | 'maxWaitMs' | 'refusal'
> {
  /** The most operations that run at once, in total and for one owner; unlimited by default. */
  readonly slots?: number;
  readonly slotsPerOwner?: number;
}

/** Limits how many operations run at once; the others wait, and owners take turns, however many operations each has. */
export class ConcurrencyLimit {
  private running = 0;
  private readonly runningOf = new Map<string, number>();
  private readonly queue: WaitQueue<string, () => void>;

  constructor(private readonly options: ConcurrencyLimitOptions) {
    this.queue = new WaitQueue({
      ...options,
      ownerOf: (owner) => owner,
      tryAcquire: (owner) => (this.hasSlotFor(owner) ? this.acquire(owner) : undefined),
    });
  }

  /**
   * Runs the operation when a slot is free, and returns its result. Throws the refusal when too many wait, and the
   * signal's reason when it aborts before the operation begins.
   */
  async run<Result>(owner: string, work: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    const slot = this.queue.acquire(owner, signal);
    const release = typeof slot === 'function' ? slot : await slot;
    try {
      return await work();
    } finally {
      release();
    }
  }

  private hasSlotFor(owner: string): boolean {
    const { slots = Infinity, slotsPerOwner = Infinity } = this.options;
    return this.running < slots && (this.runningOf.get(owner) ?? 0) < slotsPerOwner;
  }

  private acquire(owner: string): () => void {
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
