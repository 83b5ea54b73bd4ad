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

/** The frames of a stream, batch by batch. It ends when the source returns, and stops soon after the signal aborts. */
export type FrameSource = (signal: AbortSignal) => AsyncGenerator<readonly Frame[], void>;

/** A stream with its own encoder, which can share the bytes of equal batches among clients. */
export interface SseOptions<Batch> extends StreamSource<Batch> {
  readonly response: ServerResponse;
  readonly caller: Reader;
}

/** The framework's reply, which is hijacked for the stream. */
export interface StreamReply {
  readonly raw: ServerResponse;
  getHeaders(): OutgoingHttpHeaders;
  hijack(): unknown;
}

/** A stream in another system's format: no ids, no `retry`, and its source stops when the client disconnects. */
export interface WriteOptions extends Omit<StreamSource<readonly Frame[]>, 'encode'> {
  readonly reply: StreamReply;
  readonly caller: Reader;
  /** Nothing can be sent yet, but the client has waited long enough: a comment is sent with the headers. */
  readonly isSilent?: boolean;
}

const TICK_MS = 1_000;
/** Ample time for a client to receive the last frames. */
const FLUSH_MS = 500;

/** The open event streams of this process: each pulls from its source only as fast as its client reads. */
@Injectable()
export class SseConnections implements OnModuleDestroy {
  private readonly connections = new Set<Connection>();
  /** Responses that this server has broken off. */
  private readonly brokenOff = new WeakSet<ServerResponse>();
  private ticker: NodeJS.Timeout | undefined;
  private onEmpty: () => void = () => undefined;

  constructor(
    private readonly metrics: StreamMetrics,
    @Inject(CONFIG) private readonly config: Pick<Config, 'STREAM_STALL_TIMEOUT'>,
  ) {
    metrics.watchOpen(() => this.connections.size);
  }

  /** The stream in the form that an `@Sse()` route returns. */
  open<Batch>({ response, caller, ...said }: SseOptions<Batch>): Observable<SseMessage> {
    if (asksForHeaders(response)) {
      replaceFraming(response, () => undefined);
      return EMPTY;
    }
    return new Observable((subscriber) => {
      const connection = this.add(response, observableOutlet(subscriber, response), caller);
      void connection.pump(said);
      return () => connection.stop();
    });
  }

  /** Hijacks the reply and streams; for routes that may also respond with JSON. */
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
   * Waits a moment for finished streams to reach their clients, then ends the others; clients that reconnect resume
   * where they were.
   */
  async closeAll(): Promise<void> {
    await this.allClosed(FLUSH_MS);
    for (const connection of this.connections) {
      this.brokenOff.add(connection.response);
      connection.stop();
    }
    await this.allClosed(FLUSH_MS);
  }

  /** Whether the client closed a closed connection: its response was neither complete nor broken off here. */
  hasClientDisconnected(response: ServerResponse): boolean {
    return !response.writableEnded && !this.brokenOff.has(response);
  }

  onModuleDestroy(): void {
    clearInterval(this.ticker);
    for (const connection of this.connections) connection.stop();
  }

  /** Resolves when every stream has reached its client, or after the time-out. */
  private async allClosed(milliseconds: number): Promise<void> {
    if (this.connections.size === 0) return;
    const { promise: empty, resolve } = Promise.withResolvers<void>();
    this.onEmpty = resolve;
    await waitAtMost(milliseconds, empty);
  }

  private add(response: ServerResponse, outlet: Outlet, caller: Reader): Connection {
    const connection = new Connection(response, outlet, caller);
    // The response to a HEAD request is complete with the headers.
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

  /** Short enough that a short time-out is noticed in time. */
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

/** Whether the request is a `HEAD`: it gets the headers of the stream, and no stream is started. */
export function asksForHeaders({ req }: ServerResponse): boolean {
  return req.method === 'HEAD';
}
