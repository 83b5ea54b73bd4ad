import { Redis } from 'ioredis';

const MAX_RETRY_MS = 1_000;
const CONNECT_MS = 2_000;
/** How long a connection that is given up may take to say good-bye. */
const GOODBYE_MS = 200;

/** Who is told how a connection fares. Neither may throw. */
export interface ConnectionListener {
  ready(): void;
  /** It is gone, or could not be made: a short code that says why. Another attempt follows by itself. */
  lost(reason: string): void;
}

/**
 * One connection to Redis that is made again for ever, at most a second apart. Nothing waits while it is not there:
 * commands fail at once. A Redis that takes connections and answers nothing counts as gone.
 */
export class RedisConnection {
  readonly redis: Redis;
  private handshake: NodeJS.Timeout | undefined;
  private again: NodeJS.Timeout | undefined;
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
      disconnectTimeout: GOODBYE_MS,
      keepAlive: 10_000,
      retryStrategy: (times) => Math.min(50 * 2 ** times, MAX_RETRY_MS),
    });
    this.redis.on('error', (error) => (this.reason = codeOf(error)));
    this.redis.on('connect', () => this.shakeHands());
    this.redis.on('ready', () => this.isUp());
    this.redis.on('close', () => this.isDown());
    this.redis.on('end', () => this.connectAgain());
  }

  get isReady(): boolean {
    return this.ready;
  }

  connect(): void {
    this.redis.connect().catch(() => undefined);
  }

  /** Settles as the command does. A connection that gives no answer within the time is given up and made anew. */
  async within<Reply>(milliseconds: number, command: Promise<Reply>): Promise<Reply> {
    let settled = false;
    // A process that was itself held up looks at what has come in the meantime before it blames the other side.
    const timer = setTimeout(() => setImmediate(() => settled || this.giveUp('no answer')), milliseconds);
    try {
      return await command;
    } finally {
      settled = true;
      clearTimeout(timer);
    }
  }

  /** Ends it for good, within a moment. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.ready = false;
    clearTimeout(this.handshake);
    const { status } = this.redis;
    if (status === 'end' || status === 'wait') return this.redis.disconnect();
    const ended = Promise.withResolvers<void>();
    const timer = setTimeout(ended.resolve, GOODBYE_MS + 100);
    this.redis.once('end', ended.resolve);
    this.redis.disconnect();
    // Between two attempts there is nothing that could end.
    if (status === 'reconnecting') ended.resolve();
    await ended.promise;
    clearTimeout(timer);
  }

  private giveUp(reason: string): void {
    if (this.closed) return;
    this.reason = reason;
    this.isDown();
    this.redis.disconnect(true);
  }

  private shakeHands(): void {
    clearTimeout(this.handshake);
    this.handshake = setTimeout(() => this.giveUp('no answer'), CONNECT_MS);
  }

  private isUp(): void {
    clearTimeout(this.handshake);
    if (this.closed) return;
    this.ready = true;
    this.reason = '';
    this.listener.ready();
  }

  private isDown(): void {
    clearTimeout(this.handshake);
    this.ready = false;
    if (!this.closed) this.listener.lost(this.reason === '' ? 'closed' : this.reason);
  }

  /** The client ends by itself only when an attempt was cut off before it had begun. */
  private connectAgain(): void {
    if (this.closed) return;
    clearTimeout(this.again);
    this.again = setTimeout(() => this.closed || this.connect(), MAX_RETRY_MS);
  }
}

/** What kind of error it is, in one word: its message may quote what was sent. */
export function codeOf(error: unknown): string {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  if (typeof code === 'string') return code;
  return /^[A-Z]{2,20}\b/.exec(typeof message === 'string' ? message : '')?.[0] ?? 'failed';
}
