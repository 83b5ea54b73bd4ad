import { Redis } from 'ioredis';

const MAX_RETRY_MS = 1_000;
const CONNECT_MS = 2_000;
/** How long a connection may take to close. */
const CLOSE_MS = 200;

/** Receives changes of a connection's state. Neither method may throw. */
export interface ConnectionListener {
  ready(): void;
  /** The connection was lost, or could not be made; `reason` is a short code. Reconnecting is automatic. */
  lost(reason: string): void;
}

/**
 * One connection to Redis that keeps reconnecting, at least once a second. Without a connection commands fail at once
 * instead of waiting. A Redis that accepts connections and does not respond counts as lost.
 */
export class RedisConnection {
  readonly redis: Redis;
  private handshake: NodeJS.Timeout | undefined;
  private reconnecting: NodeJS.Timeout | undefined;
  private closed = false;
  private ready = false;
  private reason = '';

  constructor(
    url: string,
    name: string,
    private readonly listener: ConnectionListener,
  ) {
    this.redis = new Redis(url, {
      connectionName: name,
      disableClientInfo: true,
      lazyConnect: true,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      connectTimeout: CONNECT_MS,
      disconnectTimeout: CLOSE_MS,
      keepAlive: 10_000,
      retryStrategy: (times) => Math.min(50 * 2 ** times, MAX_RETRY_MS),
    });
    this.redis.on('error', (error) => (this.reason = codeOf(error)));
    this.redis.on('connect', () => this.awaitHandshake());
    this.redis.on('ready', () => this.becameReady());
    this.redis.on('close', () => this.becameLost());
    this.redis.on('end', () => this.reconnect());
  }

  get isReady(): boolean {
    return this.ready;
  }

  connect(): void {
    this.redis.connect().catch(() => undefined);
  }

  /**
   * Resolves or rejects as the command does. A connection that does not respond within the time is replaced by a new
   * one.
   */
  async answered<Reply>(milliseconds: number, command: Promise<Reply>): Promise<Reply> {
    let settled = false;
    // After a pause of this process itself, replies that have arrived meanwhile are handled before the connection is
    // given up.
    const timer = setTimeout(() => setImmediate(() => settled || this.giveUp('no answer')), milliseconds);
    try {
      return await command;
    } finally {
      settled = true;
      clearTimeout(timer);
    }
  }

  /** Closes the connection permanently, within a moment. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.ready = false;
    clearTimeout(this.handshake);
    const { status } = this.redis;
    if (status === 'end' || status === 'wait') return this.redis.disconnect();
    const ended = Promise.withResolvers<void>();
    const timer = setTimeout(ended.resolve, CLOSE_MS + 100);
    this.redis.once('end', ended.resolve);
    this.redis.disconnect();
    // Between two attempts there is no connection whose end could be awaited.
    if (status === 'reconnecting') ended.resolve();
    await ended.promise;
    clearTimeout(timer);
  }

  private giveUp(reason: string): void {
    if (this.closed) return;
    this.reason = reason;
    this.becameLost();
    this.redis.disconnect(true);
  }

  private awaitHandshake(): void {
    clearTimeout(this.handshake);
    this.handshake = setTimeout(() => this.giveUp('no answer'), CONNECT_MS);
  }

  private becameReady(): void {
    clearTimeout(this.handshake);
    if (this.closed) return;
    this.ready = true;
    this.reason = '';
    this.listener.ready();
  }

  private becameLost(): void {
    clearTimeout(this.handshake);
    this.ready = false;
    if (!this.closed) this.listener.lost(this.reason === '' ? 'closed' : this.reason);
  }

  /** The client itself stops reconnecting only when an attempt was cut off before it had begun. */
  private reconnect(): void {
    if (this.closed) return;
    clearTimeout(this.reconnecting);
    this.reconnecting = setTimeout(() => this.closed || this.connect(), MAX_RETRY_MS);
  }
}

/** The kind of error in one word. Its message is not used, since it may quote what was sent. */
export function codeOf(error: unknown): string {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  if (typeof code === 'string') return code;
  return /^[A-Z]{2,20}\b/.exec(typeof message === 'string' ? message : '')?.[0] ?? 'failed';
}
