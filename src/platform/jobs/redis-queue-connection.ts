import { createRedisBackend } from 'bullmq';
import { Redis, type RedisOptions } from 'ioredis';
import type { MakeBackend, QueueConnection } from './queue-connection.js';
import type { QueueHealth } from './queue-health.js';

const PRODUCER: RedisOptions = {
  // Fails soon while the connection hangs, and at once while it is down; see below.
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  commandTimeout: 800,
};

const CONSUMER: RedisOptions = {
  // Waits for a connection as long as it takes; for an answer longer than any wait for a job.
  maxRetriesPerRequest: null,
  commandTimeout: 15_000,
};

/** Queues in Redis. It may be away when the process starts, and come and go. */
export class RedisQueueConnection implements QueueConnection {
  readonly idleSeconds = 5;
  private readonly clients = new Set<Redis>();
  private readonly producer: Redis;
  private consumer: Redis | undefined;

  constructor(
    private readonly url: string,
    readonly health: QueueHealth,
  ) {
    this.producer = this.connect(PRODUCER);
    this.producer.on('ready', () => health.back());
    this.producer.on('error', (error) => health.lost(error));
    this.producer.on('close', () => health.lost(undefined));
    // What is offered before the first connection is made waits for it.
    for (const event of ['ready', 'close']) {
      this.producer.once(event, () => (this.producer.options.enableOfflineQueue = false));
    }
  }

  /** Does not wait for Redis, nor ask its version: a question that failed would be remembered for good. */
  readonly produce: MakeBackend = (name, options) =>
    createRedisBackend(name, {
      ...options,
      connection: this.producer,
      skipWaitingForReady: true,
      skipVersionCheck: true,
    });

  /** What waits for jobs has a connection of its own; everything else of all workers goes over one. */
  readonly consume: MakeBackend = (name, options, more) => {
    this.consumer ??= this.connect(CONSUMER);
    return createRedisBackend(name, { ...options, connection: this.consumer }, more);
  };

  close(): Promise<void> {
    for (const client of this.clients) client.disconnect();
    return Promise.resolve();
  }

  private connect(options: RedisOptions): Redis {
    const client = new Redis(this.url, {
      connectionName: 'threadline-queue',
      // Names may stand for addresses of either kind.
      family: 0,
      connectTimeout: 2_000,
      disconnectTimeout: 500,
      keepAlive: 10_000,
      retryStrategy: (times) => Math.min(times * 100, 1_000),
      ...options,
    });
    // Without a listener an error would be printed with everything that hangs on it.
    client.on('error', () => undefined);
    this.clients.add(client);
    return client;
  }
}
