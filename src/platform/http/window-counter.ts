import type { ThrottlerStorage } from '@nestjs/throttler';

interface Window {
  hits: number;
  readonly endsAt: number;
}

type Tally = Awaited<ReturnType<ThrottlerStorage['increment']>>;

/**
 * Counts requests in fixed windows that begin with a key's first request. A key costs one small entry whatever its
 * limit, and the number of entries is bounded: beyond it the oldest window is dropped.
 */
export class WindowCounter implements ThrottlerStorage {
  private readonly windows = new Map<string, Window>();

  constructor(
    private readonly maxKeys = 50_000,
    private readonly now: () => number = Date.now,
  ) {}

  get size(): number {
    return this.windows.size;
  }

  increment(key: string, ttl: number, limit: number): Promise<Tally> {
    const now = this.now();
    const window = this.windowOf(key, now, ttl);
    window.hits += 1;
    const seconds = Math.max(1, Math.ceil((window.endsAt - now) / 1_000));
    const isBlocked = window.hits > limit;
    return Promise.resolve({
      totalHits: window.hits,
      timeToExpire: seconds,
      isBlocked,
      timeToBlockExpire: isBlocked ? seconds : 0,
    });
  }

  private windowOf(key: string, now: number, ttl: number): Window {
    const present = this.windows.get(key);
    if (present !== undefined && present.endsAt > now) return present;
    // Inserted again, so that the map is ordered by the end of the windows.
    this.windows.delete(key);
    this.forget(now);
    const window = { hits: 0, endsAt: now + ttl };
    this.windows.set(key, window);
    return window;
  }

  private forget(now: number): void {
    for (const [key, { endsAt }] of this.windows) {
      if (endsAt > now && this.windows.size < this.maxKeys) return;
      this.windows.delete(key);
    }
  }
}
