/** `half_open` is the time after the pause in which one request tries whether it goes again. */
export type BreakerState = 'closed' | 'open' | 'half_open';

/** When a breaker opens, and for how long. */
export interface BreakerSettings {
  /** Failures in a row that open it. */
  readonly threshold: number;
  readonly cooldownMs: number;
}

/**
 * Leaves alone what fails again and again. Whoever was let in says how it went, exactly once: `succeeded`, `failed`,
 * or `abandoned` when it ended for a reason that says nothing about the other side.
 *
 * Requests let in before it opened may report long after. Until a probe is on its way their word changes nothing: it is
 * about an earlier time, and a crowd of late failures would keep it open for good.
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

  /** When a probe will be let through, in the clock's milliseconds; `undefined` unless it is open. */
  get retryAt(): number | undefined {
    return this.state === 'open' ? this.opensUntil : undefined;
  }

  /** Whether {@link tryEnter} would refuse, without taking the probe's place. */
  get refuses(): boolean {
    return this.state === 'open' || this.isProbing;
  }

  /** Whether a request may be made now. After the pause exactly one gets true, until it has said how it went. */
  tryEnter(): boolean {
    if (this.refuses) return false;
    this.isProbing = this.state === 'half_open';
    return true;
  }

  succeeded(): void {
    if (this.hearsNobody) return;
    this.failuresInRow = 0;
    this.opensUntil = undefined;
    this.isProbing = false;
  }

  failed(): void {
    if (this.hearsNobody) return;
    this.failuresInRow += 1;
    if (this.isProbing || this.failuresInRow >= this.settings.threshold) {
      this.opensUntil = this.now() + this.settings.cooldownMs;
    }
    this.isProbing = false;
  }

  /** Neither good nor bad, as when the client went away: the next request may probe in its place. */
  abandoned(): void {
    this.isProbing = false;
  }

  private get hearsNobody(): boolean {
    return this.opensUntil !== undefined && !this.isProbing;
  }
}
