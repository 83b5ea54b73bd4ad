import { isTimeout } from './cause.js';
import { timedOut } from './model-errors.js';
import { StreamTimeouts, type Limits } from './stream-timeouts.js';

type Ending = 'aborted' | 'returned' | 'expired' | 'completed';

/** Made once: a reason of its own for each request would cost a stack trace, and nobody is shown it. */
const CLOSED = new Error('the request was closed');
const DRAIN_MS = 1_000;
const DRAIN_READS = 16;

/** The body of a response. */
export interface ByteReader {
  read(): Promise<
    | { readonly done: true; readonly value?: undefined | Uint8Array }
    | { readonly done: false; readonly value: Uint8Array }
  >;
}

/** One request to the provider: what may end it, and which error its reader gets then. */
export class UpstreamCall {
  readonly patience: StreamTimeouts;
  private readonly controller = new AbortController();
  private readonly onAbort = () => this.end('aborted');
  private ending: Ending | undefined;

  constructor(
    private readonly provider: string,
    private readonly caller: AbortSignal,
    limits: Limits,
  ) {
    this.patience = new StreamTimeouts(limits, () => this.end('expired'));
  }

  /** Closes the connection when aborted. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Whether the caller stopped iterating. */
  get isReturned(): boolean {
    return this.ending === 'returned';
  }

  /** Starts to follow the caller's signal, and the time-out of the first token. */
  begin(): void {
    this.throwIfAborted();
    this.caller.addEventListener('abort', this.onAbort, { once: true });
    this.patience.wait('beginning');
  }

  /** Whether a read failed because of a time-out. */
  hasTimedOut(error: unknown): boolean {
    return this.ending === 'expired' || isTimeout(error);
  }

  throwIfAborted(): void {
    this.caller.throwIfAborted();
  }

  /** The caller stopped iterating, possibly while a read is under way. */
  giveUp(): void {
    this.end('returned');
  }

  /** What to throw for an error: why the call was ended, or else the error itself. */
  reasonFor(error: unknown): unknown {
    if (this.caller.aborted) return this.caller.reason;
    return this.ending === 'expired' ? timedOut(this.provider) : error;
  }

  /** Releases timer and signal, and closes the connection unless the call was completed. */
  close(): void {
    this.detach();
    if (this.ending !== 'completed') this.controller.abort(CLOSED);
  }

  /** The answer is complete: reads the little that follows, so that the connection can be reused. */
  async complete(reader: ByteReader): Promise<void> {
    this.detach();
    this.ending = 'completed';
    const timer = setTimeout(() => this.controller.abort(CLOSED), DRAIN_MS);
    try {
      for (let read = 0; read < DRAIN_READS; read += 1) {
        if ((await reader.read()).done) return;
      }
      this.controller.abort(CLOSED);
    } catch {
      // An error after the end of the answer does not matter.
    } finally {
      clearTimeout(timer);
    }
  }

  private end(ending: Ending): void {
    if (this.ending === 'completed') return;
    this.ending ??= ending;
    // A reader that aborts may never call again, so nothing may wait for it.
    this.close();
  }

  private detach(): void {
    this.patience.stop();
    this.caller.removeEventListener('abort', this.onAbort);
  }
}
