const WINDOW_MS = 60_000;
const SLICES = 60;

interface Slice {
  readonly startedAt: number;
  lastAt: number;
  amount: number;
}

/** An amount reserved in a window, until the actual one is known. */
export interface TokenReservation {
  /** Replaces the reserved amount by the actual one; no effect once it has left the window. */
  correct(actual: number): void;
}

/**
 * Bounds the amount in any minute. An amount larger than the whole limit fits when the window is empty, since otherwise
 * it would wait for ever. Amounts of one second leave together with the last of them, so memory does not grow with
 * traffic.
 */
export class TokenWindow {
  private readonly slices: Slice[] = [];

  /** `now` is in milliseconds and monotonic. */
  constructor(
    private readonly limit: number,
    private readonly now: () => number,
    private readonly windowMs = WINDOW_MS,
  ) {}

  /** The amount in the window now. */
  get used(): number {
    this.forget();
    return this.slices.reduce((sum, { amount }) => sum + amount, 0);
  }

  /** Milliseconds until the amount fits if nothing else is added; 0 when it fits now. */
  waitMs(amount: number): number {
    let left = this.used;
    if (this.fits(left, amount)) return 0;
    for (const slice of this.slices) {
      left -= slice.amount;
      if (this.fits(left, amount)) return slice.lastAt + this.windowMs - this.now();
    }
    return this.windowMs;
  }

  /** Adds an amount, whether it fits or not. */
  reserve(amount: number): TokenReservation {
    const slice = this.currentSlice();
    slice.amount += amount;
    let counted = amount;
    return {
      correct: (actual) => {
        slice.amount += actual - counted;
        counted = actual;
      },
    };
  }

  private fits(used: number, amount: number): boolean {
    return used <= 0 || used + amount <= this.limit;
  }

  private currentSlice(): Slice {
    const now = this.now();
    const last = this.slices.at(-1);
    if (last !== undefined && now - last.startedAt < this.windowMs / SLICES) {
      last.lastAt = now;
      return last;
    }
    const slice = { startedAt: now, lastAt: now, amount: 0 };
    this.slices.push(slice);
    this.forget();
    return slice;
  }

  private forget(): void {
    const oldest = this.now() - this.windowMs;
    while (this.slices[0] !== undefined && this.slices[0].lastAt <= oldest) this.slices.shift();
  }
}
