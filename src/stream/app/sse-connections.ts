import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { Observable } from 'rxjs';
import { Metrics } from '../../platform/telemetry/index.js';
import { SSE_HEADERS, type Frame, type SseMessage } from '../core/sse.js';
import { observableOutlet, rawOutlet, type Outlet } from './outlets.js';
import { speakOurWire } from './sse-response.js';

/** What a stream sends, batch by batch. It ends when it returns, and stops soon after the signal aborts. */
export type FrameSource = (signal: AbortSignal) => AsyncGenerator<readonly Frame[], void>;

export interface SseOptions {
  readonly response: ServerResponse;
  readonly source: FrameSource;
  /** The frames that tell a client why the stream breaks off. */
  readonly onError: (error: unknown) => readonly Frame[];
}

/** The framework's reply, taken over by a stream that is written without it. */
export interface StreamReply {
  readonly raw: ServerResponse;
  getHeaders(): OutgoingHttpHeaders;
  hijack(): unknown;
}

/** A stream in another system's wire: no ids, no `retry`, and a client that leaves takes its source with it. */
export interface WriteOptions extends Omit<SseOptions, 'response'> {
  readonly reply: StreamReply;
}

interface Connection {
  readonly outlet: Outlet;
  readonly controller: AbortController;
  readonly response: ServerResponse;
  lastSent: number;
}

const SILENCE_MS = 15_000;
const TICK_MS = 1_000;
/** What a client that reads normally needs to get the last frames, with room to spare. */
const FLUSH_MS = 500;

/** The open event streams of this process: each pulls its source only as fast as its client reads. */
@Injectable()
export class SseConnections implements OnModuleDestroy {
  private readonly connections = new Set<Connection>();
  private ticker: NodeJS.Timeout | undefined;

  constructor(metrics: Metrics) {
    metrics.watchOpenStreams(() => this.connections.size);
  }

  /** The stream as an `@Sse()` route returns it. */
  open(options: SseOptions): Observable<SseMessage> {
    return new Observable((subscriber) => {
      const { response } = options;
      speakOurWire(response);
      const controller = this.start(options, response, observableOutlet(subscriber, response));
      return () => controller.abort();
    });
  }

  /** Answers with the stream and takes the reply over; for routes that answer in other ways too. */
  write({ reply, ...options }: WriteOptions): void {
    reply.hijack();
    const response = reply.raw;
    response.writeHead(200, { ...reply.getHeaders(), ...SSE_HEADERS });
    response.flushHeaders();
    this.start(options, response, rawOutlet(response));
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

  private start(
    options: Omit<SseOptions, 'response'>,
    response: ServerResponse,
    outlet: Outlet,
  ): AbortController {
    const controller = new AbortController();
    const connection = { outlet, controller, response, lastSent: performance.now() };
    this.add(connection);
    void this.pump(connection, options);
    return controller;
  }

  private async pump(
    connection: Connection,
    { source, onError }: Omit<SseOptions, 'response'>,
  ): Promise<void> {
    const { outlet } = connection;
    const { signal } = connection.controller;
    try {
      for await (const frames of source(signal)) {
        if (frames.length > 0) connection.lastSent = performance.now();
        await outlet.send(frames, signal);
      }
    } catch (error) {
      if (!signal.aborted) await outlet.send(onError(error), signal);
    }
    outlet.complete();
  }

  private add(connection: Connection): void {
    this.connections.add(connection);
    const gone = () => {
      this.connections.delete(connection);
      connection.controller.abort();
    };
    if (connection.response.closed) return gone();
    connection.response.once('close', gone);
    this.ticker ??= setInterval(() => this.tick(), TICK_MS).unref();
  }

  private tick(): void {
    const now = performance.now();
    for (const connection of this.connections) {
      // A client that does not read what it has needs no ping behind it.
      if (now - connection.lastSent < SILENCE_MS || connection.response.writableNeedDrain) continue;
      connection.lastSent = now;
      connection.outlet.ping();
    }
  }
}
