import type { ServerResponse } from 'node:http';
import { PING_TEXT, type Frame } from '../core/sse.js';
import { joined, toChunks, type Chunk } from './chunks.js';
import type { Outlet } from './outlets.js';

/** Less than the fifteen seconds that are promised: silence is looked for once a second, by a process that is busy. */
const SILENCE_MS = 13_000;
const PING = joined(Buffer.from(PING_TEXT));

/** What a stream sends, batch by batch; it ends when the source returns, and stops soon after the signal aborts. */
export interface Said<Batch> {
  readonly source: (signal: AbortSignal) => AsyncGenerator<Batch, void>;
  readonly encode: (batch: Batch) => readonly Chunk[];
  /** The frames that tell a client why the stream breaks off. */
  readonly onError: (error: unknown) => readonly Frame[];
  /** Its end says nothing: it has none but that of its connection, and nobody takes that for the end of an answer. */
  readonly isOpenEnded?: boolean | undefined;
}

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

  constructor(
    readonly response: ServerResponse,
    private readonly outlet: Outlet,
  ) {}

  /**
   * Sends everything the source gives, and ends the stream with it. One that is told to stop before is broken off, so
   * that what came is not taken for the whole.
   */
  async pump<Batch>({ source, encode, onError, isOpenEnded = false }: Said<Batch>): Promise<void> {
    const { signal } = this.controller;
    try {
      for await (const batch of source(signal)) {
        for (const chunk of encode(batch)) await this.send(chunk);
      }
    } catch (error) {
      if (!signal.aborted) for (const chunk of toChunks(onError(error))) await this.send(chunk);
    }
    this.isComplete = true;
    this.since = performance.now();
    if (signal.aborted && !isOpenEnded) this.response.destroy();
    else this.outlet.complete();
  }

  /** The client has gone, or is to go: the source is told to stop. */
  leave(): void {
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
