import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { EMPTY, Observable } from 'rxjs';
import { waitAtMost } from '../../kernel/index.js';
import { CONFIG, type Config } from '../../platform/config/index.js';
import { SSE_HEADERS, type Frame, type SseMessage } from '../core/sse.js';
import { toChunks } from './chunks.js';
import { Connection, type Reader, type StreamSource } from './connection.js';
import { observableOutlet, rawOutlet, type Outlet } from './outlets.js';
import { replaceFraming } from './sse-response.js';
import { StreamMetrics } from './stream-metrics.js';

/** What a stream sends, batch by batch. It ends when it returns, and stops soon after the signal aborts. */
export type FrameSource = (signal: AbortSignal) => AsyncGenerator<readonly Frame[], void>;

/** A stream whose batches are encoded by whoever knows which of them are the same for many clients. */
export interface SseOptions<Batch> extends StreamSource<Batch> {
  readonly response: ServerResponse;
  readonly caller: Reader;
}

/** The framework's reply, taken over by a stream that is written without it. */
export interface StreamReply {
  readonly raw: ServerResponse;
  getHeaders(): OutgoingHttpHeaders;
  hijack(): unknown;
}

/** A stream in another system's wire: no ids, no `retry`, and a client that leaves takes its source with it. */
export interface WriteOptions extends Omit<StreamSource<readonly Frame[]>, 'encode'> {
  readonly reply: StreamReply;
  readonly caller: Reader;
  /** Nothing is to be sent yet, and the client has waited long enough: it gets a comment with the headers. */
  readonly isSilent?: boolean;
}

const TICK_MS = 1_000;
/** What a client that reads normally needs to get the last frames, with room to spare. */
const FLUSH_MS = 500;

/** The open event streams of this process: each pulls its source only as fast as its client reads. */
@Injectable()
export class SseConnections implements OnModuleDestroy {
  private readonly connections = new Set<Connection>();
  /** Answers that this server has broken off. */
  private readonly brokenOff = new WeakSet<ServerResponse>();
  private ticker: NodeJS.Timeout | undefined;
  private onEmpty: () => void = () => undefined;

  constructor(
    private readonly metrics: StreamMetrics,
    @Inject(CONFIG) private readonly config: Pick<Config, 'STREAM_STALL_TIMEOUT'>,
  ) {
    metrics.watchOpen(() => this.connections.size);
  }

  /** The stream as an `@Sse()` route returns it. */
  open<Batch>({ response, caller, ...said }: SseOptions<Batch>): Observable<SseMessage> {
    if (asksForHeaders(response)) {
      replaceFraming(response, []);
      return EMPTY;
    }
    return new Observable((subscriber) => {
      const connection = this.add(response, observableOutlet(subscriber, response), caller);
      void connection.pump(said);
      return () => connection.stop();
    });
  }

  /** Answers with the stream and takes the reply over; for routes that answer in other ways too. */
  write({ reply, caller, isSilent, ...said }: WriteOptions): void {
    reply.hijack();
    const response = reply.raw;
    response.writeHead(200, { ...reply.getHeaders(), ...SSE_HEADERS });
    if (asksForHeaders(response)) return void response.end();
    response.flushHeaders();
    const connection = this.add(response, rawOutlet(response), caller);
    if (isSilent === true) connection.ping();
    void connection.pump({ ...said, encode: toChunks });
  }

  /**
   * Waits a moment for streams whose source has ended to reach their clients, then ends the others; clients that
   * come back resume where they were.
   */
  async closeAll(): Promise<void> {
    await this.allClosed(FLUSH_MS);
    for (const connection of this.connections) {
      this.brokenOff.add(connection.response);
      connection.stop();
    }
    await this.allClosed(FLUSH_MS);
  }

  /** Whether it was the client who closed a connection that is closed: its answer was not through, nor broken off here. */
  hasClientDisconnected(response: ServerResponse): boolean {
    return !response.writableEnded && !this.brokenOff.has(response);
  }

  onModuleDestroy(): void {
    clearInterval(this.ticker);
    for (const connection of this.connections) connection.stop();
  }

  /** Resolves when every stream is through to its client, or after so many milliseconds. */
  private async allClosed(milliseconds: number): Promise<void> {
    if (this.connections.size === 0) return;
    const { promise: empty, resolve } = Promise.withResolvers<void>();
    this.onEmpty = resolve;
    await waitAtMost(milliseconds, empty);
  }

  private add(response: ServerResponse, outlet: Outlet, caller: Reader): Connection {
    const connection = new Connection(response, outlet, caller);
    // Whoever asks for the headers only has them with these, and is to get nothing else.
    if (response.req.method === 'HEAD') connection.stop();
    this.connections.add(connection);
    const gone = () => {
      this.connections.delete(connection);
      connection.stop();
      if (this.connections.size === 0) this.onEmpty();
    };
    if (response.closed) gone();
    else response.once('close', gone);
    this.ticker ??= setInterval(() => this.tick(), this.tickMs).unref();
    return connection;
  }

  /** Often enough that a short time-out is not noticed late. */
  private get tickMs(): number {
    return Math.min(TICK_MS, Math.max(20, this.config.STREAM_STALL_TIMEOUT / 4));
  }

  private tick(): void {
    const now = performance.now();
    const time = Date.now();
    for (const connection of this.connections) {
      if (connection.stalledFor(now) >= this.config.STREAM_STALL_TIMEOUT) {
        this.metrics.streamStalled();
        this.giveUp(connection);
      } else if (connection.endWithToken(time)) this.giveUp(connection);
      else connection.pingIfSilent(now);
    }
  }

  private giveUp({ response }: Connection): void {
    this.brokenOff.add(response);
    response.destroy();
  }
}

/** Whether the request is a `HEAD`: it gets the headers of the stream, and nothing is begun for it. */
export function asksForHeaders({ req }: ServerResponse): boolean {
  return req.method === 'HEAD';
}
