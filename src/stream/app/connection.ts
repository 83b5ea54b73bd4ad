import type { ServerResponse } from 'node:http';
import { AppError, type Caller } from '../../kernel/index.js';
import { PING_TEXT, type Frame } from '../core/sse.js';
import { joined, toChunks, type Chunk } from './chunks.js';
import type { Outlet } from './outlets.js';

/** Less than the promised fifteen seconds: silence is checked once a second, and the process may be busy. */
const SILENCE_MS = 13_000;
/** Time for a client to receive the rest of a batch, if its token expires during one. */
const LAST_BATCH_MS = 10_000;
/** One for all: an abort without a reason makes an error, with its stack, for each stream that ends. */
const STOPPED = new Error('the stream was stopped');
const PING = joined(Buffer.from(PING_TEXT));

/** What a stream sends, batch by batch; it ends when the source returns, and stops soon after the signal aborts. */
export interface StreamSource<Batch> {
  readonly source: (signal: AbortSignal) => AsyncIterable<Batch, void>;
  readonly encode: (batch: Batch) => readonly Chunk[];
  /** The frames that report to a client why the stream breaks off. */
  readonly onError: (error: unknown) => readonly Frame[];
  /** The stream ends only with its connection, so its end is not that of an answer. */
  readonly isOpenEnded?: boolean | undefined;
}

/** The caller whose stream it is: it ends when the caller's token expires. */
export type Reader = Pick<Caller, 'expiresAt'>;

/**
 * One open event stream. It pulls from its source only when the operating system has accepted everything so far, so a
 * client that does not read keeps one chunk in memory, which others may share.
 */
export class Connection {
  private readonly controller = new AbortController();
  /** Writes that the operating system has not accepted yet. */
  private waiting = 0;
  /** When the client last accepted data, or was last sent some with nothing waiting. */
  private since = performance.now();
  private goOn: (() => void) | undefined;
  private isComplete = false;
  /** Whether a batch is being sent: a frame is never interrupted by another one. */
  private isSending = false;
  /** Sends the notice that the token has expired, once it has. */
  private tellEnd: (() => void) | undefined;
  private readonly endsAt: number;

  constructor(
    readonly response: ServerResponse,
    private readonly outlet: Outlet,
    { expiresAt = Infinity }: Reader,
  ) {
    this.endsAt = expiresAt;
  }

  /**
   * Sends everything from the source, and then ends the stream. If it is stopped earlier, the connection is destroyed,
   * so that the client does not take it for complete.
   */
  async pump<Batch>({ source, encode, onError, isOpenEnded = false }: StreamSource<Batch>): Promise<void> {
    const { signal } = this.controller;
    this.tellEnd = () => this.breakOff(onError);
    try {
      for await (const batch of source(signal)) {
        if (this.isComplete) return;
        this.isSending = true;
        for (const chunk of encode(batch)) {
          const taken = this.send(chunk);
          if (taken !== undefined) await taken;
        }
        this.isSending = false;
        if (this.hasEnded(Date.now())) return this.tellEnd();
      }
    } catch (error) {
      if (!signal.aborted) for (const chunk of toChunks(onError(error))) await this.send(chunk);
    }
    if (signal.aborted && !isOpenEnded) this.cut();
    else this.complete();
  }

  /**
   * Ends the stream with a notice if the caller's token has expired; what the stream reports continues. Returns whether
   * the connection must be destroyed, because its client does not accept the rest of a batch.
   */
  endWithToken(now: number): boolean {
    if (this.isComplete || !this.hasEnded(now)) return false;
    if (!this.isSending) this.tellEnd?.();
    return this.isSending && now >= this.endsAt + LAST_BATCH_MS;
  }

  /** The client has gone, or must go: stops the source. */
  stop(): void {
    this.controller.abort(STOPPED);
    this.goOn?.();
  }

  /** Milliseconds for which the client has not accepted waiting data; 0 when none waits. */
  stalledFor(now: number): number {
    // A response without a socket waits for another one on the same connection.
    const isWaiting = (this.waiting > 0 || this.isComplete) && this.response.socket !== null;
    return isWaiting ? now - this.since : 0;
  }

  pingIfSilent(now: number): void {
    if (now - this.since < SILENCE_MS || this.waiting > 0 || this.isComplete) return;
    this.ping();
  }

  ping(): void {
    this.write(PING);
  }

  private hasEnded(now: number): boolean {
    return now >= this.endsAt;
  }

  private breakOff(onError: (error: unknown) => readonly Frame[]): void {
    const error = tokenEnded();
    for (const chunk of toChunks(onError(error))) this.write(chunk);
    this.complete();
    this.controller.abort(error);
  }

  private complete(): void {
    if (this.isComplete) return;
    this.isComplete = true;
    this.since = performance.now();
    this.outlet.complete();
  }

  private cut(): void {
    if (this.isComplete) return;
    this.isComplete = true;
    this.since = performance.now();
    this.response.destroy();
  }

  private send(chunk: Chunk): Promise<void> | undefined {
    if (this.controller.signal.aborted) return undefined;
    this.write(chunk);
    if (this.waiting === 0) return undefined;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.goOn = resolve;
    return promise;
  }

  private write(chunk: Chunk): void {
    if (this.waiting === 0) this.since = performance.now();
    this.waiting += 1;
    this.outlet.write(chunk, this.taken);
  }

  private readonly taken = (): void => {
    this.waiting -= 1;
    this.since = performance.now();
    if (this.waiting === 0) this.goOn?.();
  };
}

function tokenEnded(): AppError {
  return new AppError(
    'UNAUTHENTICATED',
    'The token of this stream has ended. Come back with a new token; the stream goes on where it was for a client that says what it has.',
    { retryable: true },
  );
}
