import { AppError } from '../../kernel/index.js';

/** Searches of this process that run at the same time, whoever asks. */
const AT_ONCE = 2;
/** Searches that may wait, of one user and of all together, and how long. */
const WAITING_OF_USER = 20;
const WAITING = 200;
const PATIENCE_MS = 10_000;

interface Waiting {
  readonly user: string;
  readonly begin: () => void;
}

/** Lets searches begin: one of a user at a time, few of all, and the others in their order. */
export class SearchPlaces {
  /** Users whose search runs. */
  private readonly running = new Set<string>();
  private readonly waiting = new Set<Waiting>();

  /** Does the work when it is its turn. Throws `RATE_LIMITED` when too many wait, or for too long. */
  async within<Result>(user: string, work: () => Promise<Result>): Promise<Result> {
    await this.turn(user);
    try {
      return await work();
    } finally {
      this.running.delete(user);
      this.next();
    }
  }

  private turn(user: string): Promise<void> {
    if (this.mayRun(user)) {
      this.running.add(user);
      return Promise.resolve();
    }
    let own = 0;
    for (const waiting of this.waiting) if (waiting.user === user) own += 1;
    if (own >= WAITING_OF_USER || this.waiting.size >= WAITING) return Promise.reject(tooMany());
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting: Waiting = {
      user,
      begin: () => {
        clearTimeout(timer);
        resolve();
      },
    };
    const timer = setTimeout(() => {
      this.waiting.delete(waiting);
      reject(tooMany());
    }, PATIENCE_MS);
    this.waiting.add(waiting);
    return promise;
  }

  private next(): void {
    for (const waiting of this.waiting) {
      if (!this.mayRun(waiting.user)) continue;
      this.waiting.delete(waiting);
      this.running.add(waiting.user);
      waiting.begin();
    }
  }

  private mayRun(user: string): boolean {
    return this.running.size < AT_ONCE && !this.running.has(user);
  }
}

function tooMany(): AppError {
  return new AppError('RATE_LIMITED', 'Other searches are waiting. Try again when they are through.', {
    retryAfter: 2,
  });
}
