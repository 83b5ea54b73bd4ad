import { isTimeout } from './cause.js';
import { timedOut } from './model-errors.js';
import { StreamTimeouts, type Limits } from './stream-timeouts.js';

type Ending = 'aborted' | 'returned' | 'expired' | 'completed';

const DRAIN_MS = 1_000;
const DRAIN_READS = 16;

/** The body of an answer, read by read. */
export interface ByteReader {
  read(): Promise<
    | { readonly done: true; readonly value?: undefined | Uint8Array }
    | { readonly done: false; readonly value: Uint8Array }
  >;
}

/** One request to the provider: who may end it, and what its reader is told then. */
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

  /** Begins to follow the caller's signal, and to count the time to the first token. */
  begin(): void {
    this.throwIfAborted();
    this.caller.addEventListener('abort', this.onAbort, { once: true });
    this.patience.wait('beginning');
  }

  /** Whether a read failed because nothing came in time. */
  fellSilent(error: unknown): boolean {
    return this.ending === 'expired' || isTimeout(error);
  }

  throwIfAborted(): void {
    this.caller.throwIfAborted();
  }

  /** The caller stopped iterating, possibly while a read is under way. */
  giveUp(): void {
    this.end('returned');
  }

  /** What to throw for an error met under way: why the call was ended, or else the error itself. */
  reasonFor(error: unknown): unknown {
    if (this.caller.aborted) return this.caller.reason;
    return this.ending === 'expired' ? timedOut(this.provider) : error;
  }

  /** Lets go of timer and signal, and closes the connection unless it was settled. */
  close(): void {
    this.letGo();
    if (this.ending !== 'completed') this.controller.abort();
  }

  /** The answer is complete: reads what little follows it, so that the connection can be used again. */
  async complete(reader: ByteReader): Promise<void> {
    this.letGo();
    this.ending = 'completed';
    const timer = setTimeout(() => this.controller.abort(), DRAIN_MS);
    try {
      for (let read = 0; read < DRAIN_READS; read += 1) {
        if ((await reader.read()).done) return;
      }
      this.controller.abort();
    } catch {
      // How the connection ends is nobody's concern any more.
    } finally {
      clearTimeout(timer);
    }
  }

  private end(ending: Ending): void {
    if (this.ending === 'completed') return;
    this.ending ??= ending;
    // A reader who aborts may never come back: nothing may be left waiting for it.
    this.close();
  }

  private letGo(): void {
    this.patience.stop();
    this.caller.removeEventListener('abort', this.onAbort);
  }
}
