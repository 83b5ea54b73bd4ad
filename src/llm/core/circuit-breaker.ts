/** `half_open` is the state after the pause, in which one request probes. */
export type BreakerState = 'closed' | 'open' | 'half_open';

/** When a breaker opens, and for how long. */
export interface BreakerSettings {
  /** Consecutive failures that open it. */
  readonly threshold: number;
  readonly cooldownMs: number;
}

/**
 * Keeps requests from something that fails repeatedly. An admitted request reports its outcome exactly once:
 * `succeeded`, `failed`, or `abandoned` when it ended for a reason that says nothing about the other side.
 *
 * Requests that were admitted before the breaker opened may report long afterwards. Until a probe is under way their
 * reports are ignored: they describe an earlier time, and many late failures would keep the breaker open for good.
 */
export class CircuitBreaker {
  private failuresInRow = 0;
  private opensUntil: number | undefined;
  private isProbing = false;

  /** `now` is in milliseconds since the epoch. */
  constructor(
    private readonly settings: BreakerSettings,
    private readonly now: () => number,
  ) {}

  get state(): BreakerState {
    if (this.opensUntil === undefined) return 'closed';
    return this.isProbing || this.now() >= this.opensUntil ? 'half_open' : 'open';
  }

  /** Failures since the last success. */
  get failures(): number {
    return this.failuresInRow;
  }

  /** When a probe will be admitted, in the clock's milliseconds; `undefined` unless it is open. */
  get retryAt(): number | undefined {
    return this.state === 'open' ? this.opensUntil : undefined;
  }

  /** Whether {@link tryEnter} would return false, without starting a probe. */
  get refuses(): boolean {
    return this.state === 'open' || this.isProbing;
  }

  /**
   * Whether a request may be made now. After the pause exactly one request is admitted, until it has reported its
   * outcome.
   */
  tryEnter(): boolean {
    if (this.refuses) return false;
    this.isProbing = this.state === 'half_open';
    return true;
  }

  succeeded(): void {
    if (this.ignoresOutcomes) return;
    this.failuresInRow = 0;
    this.opensUntil = undefined;
    this.isProbing = false;
  }

  failed(): void {
    if (this.ignoresOutcomes) return;
    this.failuresInRow += 1;
    if (this.isProbing || this.failuresInRow >= this.settings.threshold) {
      this.opensUntil = this.now() + this.settings.cooldownMs;
    }
    this.isProbing = false;
  }

  /** Neither success nor failure, as when the client went away: the next request may probe in its place. */
  abandoned(): void {
    this.isProbing = false;
  }

  private get ignoresOutcomes(): boolean {
    return this.opensUntil !== undefined && !this.isProbing;
  }
}
