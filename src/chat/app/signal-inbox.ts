import type { UserSignal } from '../ports/user-signals.js';

/** More than a user's tabs have before them at once; what one of them is worth of memory is some hundred bytes. */
const MAX_SIGNALS = 256;

/** Signals that one stream has not come to yet, in their order, each once; too many of them are lost, all together. */
export class SignalInbox {
  private readonly signals = new Map<string, UserSignal>();
  private isLossy = false;
  private wakeUp: (() => void) | undefined;

  /** Takes a signal; `undefined`: any may have been lost. */
  readonly take = (signal: UserSignal | undefined): void => {
    if (signal === undefined) this.lose();
    else this.add(signal);
    this.wake();
  };

  /** The next signal, or `lost` in the place of those that were; waits for one. `undefined`: the signal aborts. */
  async next(signal: AbortSignal): Promise<UserSignal | 'lost' | undefined> {
    const wake = () => this.wake();
    signal.addEventListener('abort', wake, { once: true });
    try {
      while (!signal.aborted) {
        const next = this.shift();
        if (next !== undefined) return next;
        const { promise, resolve } = Promise.withResolvers<void>();
        this.wakeUp = resolve;
        await promise;
      }
      return undefined;
    } finally {
      signal.removeEventListener('abort', wake);
    }
  }

  private shift(): UserSignal | 'lost' | undefined {
    if (this.isLossy) {
      this.isLossy = false;
      return 'lost';
    }
    const [first] = this.signals;
    if (first === undefined) return undefined;
    this.signals.delete(first[0]);
    return first[1];
  }

  /** What is read later is read as it is then, so that the last of several alike stands for them. */
  private add(signal: UserSignal): void {
    const key = `${signal.kind} ${signal.id}`;
    this.signals.delete(key);
    if (this.signals.size === MAX_SIGNALS) return this.lose();
    this.signals.set(key, signal);
  }

  private lose(): void {
    this.signals.clear();
    this.isLossy = true;
  }

  private wake(): void {
    this.wakeUp?.();
    this.wakeUp = undefined;
  }
}
