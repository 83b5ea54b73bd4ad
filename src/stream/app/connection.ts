import type { ServerResponse } from 'node:http';
import { AppError, type Caller } from '../../kernel/index.js';
import { PING_TEXT, type Frame } from '../core/sse.js';
import { joined, toChunks, type Chunk } from './chunks.js';
import type { Outlet } from './outlets.js';

/** Less than the fifteen seconds that are promised: silence is looked for once a second, by a process that is busy. */
const SILENCE_MS = 13_000;
/** What a client that reads normally needs for the rest of a batch, when its token ends in the middle of one. */
const LAST_BATCH_MS = 10_000;
const PING = joined(Buffer.from(PING_TEXT));

/** What a stream sends, batch by batch; it ends when the source returns, and stops soon after the signal aborts. */
export interface StreamSource<Batch> {
  readonly source: (signal: AbortSignal) => AsyncGenerator<Batch, void>;
  readonly encode: (batch: Batch) => readonly Chunk[];
  /** The frames that tell a client why the stream breaks off. */
  readonly onError: (error: unknown) => readonly Frame[];
  /** Its end says nothing: it has none but that of its connection, and nobody takes that for the end of an answer. */
  readonly isOpenEnded?: boolean | undefined;
}

/** Whose stream it is: it ends when the caller's token does. */
export type Reader = Pick<Caller, 'expiresAt'>;

/**
 * One open event stream. It asks its source for more only once the operating system has taken everything so far, so a
 * client that does not read keeps one chunk alive, which others may share.
 */
export class Connection {
  private readonly controller = new AbortController();
  /** Writes that the operating system has not taken yet. */
  private waiting = 0;
  /** When the client last took something, or was last sent something with nothing waiting. */
  private since = performance.now();
  private goOn: (() => void) | undefined;
  private isComplete = false;
  /** Whether a batch is on its way: a frame that was begun is not broken off by another. */
  private isSending = false;
  /** Says that the token has ended, once it has. */
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
   * Sends everything the source gives, and ends the stream with it. One that is told to stop before is broken off, so
   * that what came is not taken for the whole.
   */
  async pump<Batch>({ source, encode, onError, isOpenEnded = false }: StreamSource<Batch>): Promise<void> {
    const { signal } = this.controller;
    this.tellEnd = () => this.breakOff(onError);
    try {
      for await (const batch of source(signal)) {
        if (this.isComplete) return;
        this.isSending = true;
        for (const chunk of encode(batch)) await this.send(chunk);
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
   * Ends the stream if the caller's token has ended, telling the client so; what the stream tells of goes on. Answers
   * whether the connection has to be destroyed, because its client does not take the rest of what was begun.
   */
  endWithToken(now: number): boolean {
    if (this.isComplete || !this.hasEnded(now)) return false;
    if (!this.isSending) this.tellEnd?.();
    return this.isSending && now >= this.endsAt + LAST_BATCH_MS;
  }

  /** The client has gone, or is to go: the source is told to stop. */
  stop(): void {
    this.controller.abort();
    this.goOn?.();
  }

  /** For how long the client has taken nothing of what waits for it, in milliseconds; 0 when nothing waits. */
  stalledFor(now: number): number {
    // An answer that has no socket yet waits for another answer on the same connection.
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
