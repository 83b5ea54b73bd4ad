import { Inject, Injectable } from '@nestjs/common';
import { AppError, type Caller } from '../../kernel/index.js';
import { CONFIG, type Config } from '../config/index.js';

const RETRY_AFTER_SECONDS = 5;

/** Counts the event streams that each user has open in this process. */
@Injectable()
export class OpenStreams {
  private readonly counts = new Map<string, number>();

  constructor(@Inject(CONFIG) private readonly config: Pick<Config, 'MAX_STREAMS_PER_USER'>) {}

  /**
   * Reserves a stream and returns the function that releases it (idempotent). Throws `RATE_LIMITED` at the user's
   * limit.
   */
  open(caller: Pick<Caller, 'org' | 'id'>): () => void {
    const key = `${caller.org}\n${caller.id}`;
    const limit = this.config.MAX_STREAMS_PER_USER;
    const taken = this.counts.get(key) ?? 0;
    if (taken >= limit) {
      throw new AppError(
        'RATE_LIMITED',
        `You have ${limit} streams open. Close one before you open another.`,
        {
          retryAfter: RETRY_AFTER_SECONDS,
          details: { limit },
        },
      );
    }
    this.counts.set(key, taken + 1);
    let freed = false;
    return () => {
      if (freed) return;
      freed = true;
      this.free(key);
    };
  }

  /** How many users have a stream open. */
  get users(): number {
    return this.counts.size;
  }

  private free(key: string): void {
    const left = (this.counts.get(key) ?? 1) - 1;
    if (left === 0) this.counts.delete(key);
    else this.counts.set(key, left);
  }
}
