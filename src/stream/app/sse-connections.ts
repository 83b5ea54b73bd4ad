import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { Observable, type Subscriber } from 'rxjs';
import { PING, toMessage, type Frame, type SseMessage } from '../core/sse.js';
import { drained, speakOurWire } from './sse-response.js';

/** What a stream sends, batch by batch. It ends when it returns, and stops soon after the signal aborts. */
export type FrameSource = (signal: AbortSignal) => AsyncGenerator<readonly Frame[], void>;

export interface SseOptions {
  readonly response: ServerResponse;
  readonly source: FrameSource;
  /** The frames that tell a client why the stream breaks off. */
  readonly onError: (error: unknown) => readonly Frame[];
}

interface Connection {
  readonly subscriber: Subscriber<SseMessage>;
  readonly controller: AbortController;
  readonly response: ServerResponse;
  lastSent: number;
}

const SILENCE_MS = 15_000;
const TICK_MS = 1_000;
/** What a client that reads normally needs to get the last frames, with room to spare. */
const FLUSH_MS = 500;
/** So many characters are on their way to the socket before anything is sent behind them. */
const LARGE_CHARS = 8_192;

/** The open event streams of this process: each pulls its source only as fast as its client reads. */
@Injectable()
export class SseConnections implements OnModuleDestroy {
  private readonly connections = new Set<Connection>();
  private ticker: NodeJS.Timeout | undefined;

  /** The stream as an `@Sse()` route returns it. */
  open(options: SseOptions): Observable<SseMessage> {
    return new Observable((subscriber) => {
      const controller = new AbortController();
      const connection: Connection = {
        subscriber,
        controller,
        response: options.response,
        lastSent: performance.now(),
      };
      speakOurWire(options.response);
      this.add(connection);
      void this.pump(connection, options);
      return () => controller.abort();
    });
  }

  /**
   * Waits a moment for streams whose source has ended to reach their clients, then ends the others; clients that
   * come back resume where they were.
   */
  async closeAll(): Promise<void> {
    await this.gone(FLUSH_MS);
    for (const { controller } of this.connections) controller.abort();
    await this.gone(FLUSH_MS);
  }

  onModuleDestroy(): void {
    clearInterval(this.ticker);
    for (const { controller } of this.connections) controller.abort();
  }

  /** Resolves when every stream is through to its client, or after so many milliseconds. */
  private async gone(milliseconds: number): Promise<void> {
    const closed = [...this.connections].map(
      ({ response }) => new Promise((resolve) => response.once('close', resolve)),
    );
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, milliseconds);
    await Promise.race([Promise.all(closed), late]);
    clearTimeout(timer);
  }

  private async pump(connection: Connection, { source, response, onError }: SseOptions): Promise<void> {
    const { signal } = connection.controller;
    const send = sender(connection);
    try {
      for await (const frames of source(signal)) {
        let chars = 0;
        for (const frame of frames) {
          chars += send(frame);
          if (chars < LARGE_CHARS) continue;
          // The framework hands on what it was given a moment later; only then the socket knows that it is full.
          await new Promise(setImmediate);
          await drained(response, signal);
          chars = 0;
        }
        await drained(response, signal);
      }
    } catch (error) {
      if (!signal.aborted) onError(error).forEach(send);
    }
    connection.subscriber.complete();
  }

  private add(connection: Connection): void {
    this.connections.add(connection);
    connection.response.once('close', () => this.connections.delete(connection));
    this.ticker ??= setInterval(() => this.tick(), TICK_MS).unref();
  }

  private tick(): void {
    const now = performance.now();
    for (const connection of this.connections) {
      // A client that does not read what it has needs no ping behind it.
      if (now - connection.lastSent < SILENCE_MS || connection.response.writableNeedDrain) continue;
      connection.lastSent = now;
      connection.subscriber.next(PING);
    }
  }
}

/** Sends one frame after the other, the first one as the first; answers with the frame's size in characters. */
function sender(connection: Connection): (frame: Frame) => number {
  let isFirst = true;
  return (frame) => {
    connection.subscriber.next(toMessage(frame, isFirst));
    connection.lastSent = performance.now();
    isFirst = false;
    return frame.data.length;
  };
}
