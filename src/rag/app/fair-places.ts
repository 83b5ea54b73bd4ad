import type { AppError, Caller } from '../../kernel/index.js';

interface FairPlacesOptions {
  readonly places: number;
  /** Places of one user at most. */
  readonly perUser: number;
  /** Of one user who may wait at most; whoever comes then is refused. */
  readonly waitingPerUser: number;
  /** Of everybody together. */
  readonly waiting: number;
  readonly refusal: () => AppError;
}

interface Line {
  running: number;
  readonly waiting: (() => void)[];
}

/** A bounded number of places for work of one kind, given to the users who wait in turn, however many each asks for. */
export class FairPlaces {
  /** By user; whoever had a place last stands at the end. */
  private readonly lines = new Map<string, Line>();
  private free: number;
  private waiting = 0;

  constructor(private readonly options: FairPlacesOptions) {
    this.free = options.places;
  }

  /** Does the work when there is a place for it; throws the refusal where too much waits already. */
  async run<Result>({ org, id }: Caller, work: () => Promise<Result>): Promise<Result> {
    const user = JSON.stringify([org, id]);
    await this.enter(user);
    try {
      return await work();
    } finally {
      this.leave(user);
    }
  }

  private async enter(user: string): Promise<void> {
    const line = this.lines.get(user) ?? { running: 0, waiting: [] };
    const { perUser, waitingPerUser, waiting } = this.options;
    if (this.free > 0 && line.running < perUser) return this.take(user, line);
    if (line.waiting.length >= waitingPerUser || this.waiting >= waiting) throw this.options.refusal();
    this.lines.set(user, line);
    this.waiting += 1;
    await new Promise<void>((resolve) => line.waiting.push(resolve));
  }

  private take(user: string, line: Line): void {
    this.free -= 1;
    line.running += 1;
    this.lines.delete(user);
    this.lines.set(user, line);
  }

  private leave(user: string): void {
    this.free += 1;
    const left = this.lines.get(user)!;
    left.running -= 1;
    // Behind those who have waited meanwhile.
    this.lines.delete(user);
    if (left.running > 0 || left.waiting.length > 0) this.lines.set(user, left);
    for (const [next, line] of this.lines) {
      if (line.waiting.length === 0 || line.running >= this.options.perUser) continue;
      this.waiting -= 1;
      this.take(next, line);
      return line.waiting.shift()!();
    }
  }
}
