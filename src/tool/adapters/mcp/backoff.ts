const FIRST_MS = 1_000;
const LONGEST_MS = 60_000;

/** Keeps requests from what fails: after each failure for twice as long as before. */
export class Backoff {
  private failures = 0;
  private until = 0;

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** It failed a moment ago: nobody is to wait for it again. */
  get isOpen(): boolean {
    return this.now() < this.until;
  }

  failed(): void {
    const pause = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.failures);
    this.failures = Math.min(this.failures + 1, 10);
    // Not all of them at once, where many were waiting.
    this.until = this.now() + pause * (0.75 + Math.random() / 4);
  }

  worked(): void {
    this.failures = 0;
    this.until = 0;
  }
}
