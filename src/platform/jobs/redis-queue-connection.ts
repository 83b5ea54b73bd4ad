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
  // Waits for a connection indefinitely, and for a response longer than any wait for a job.
  maxRetriesPerRequest: null,
  commandTimeout: 15_000,
};

/** Queues in Redis, which may be down at the start and come and go. */
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
    // Jobs that are added before the first connection wait for it.
    for (const event of ['ready', 'close']) {
      this.producer.once(event, () => (this.producer.options.enableOfflineQueue = false));
    }
  }

  /** Neither waits for Redis nor checks its version: a failed check would be remembered for ever. */
  readonly produce: MakeBackend = (name, options) =>
    createRedisBackend(name, {
      ...options,
      connection: this.producer,
      skipWaitingForReady: true,
      skipVersionCheck: true,
    });

  /** Waiting for jobs uses its own connection; everything else of all workers shares one. */
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
      // Names may resolve to IPv4 or IPv6.
      family: 0,
      connectTimeout: 2_000,
      disconnectTimeout: 500,
      keepAlive: 10_000,
      retryStrategy: (times) => Math.min(times * 100, 1_000),
      ...options,
    });
    // Without a listener an error would be printed with all of its fields.
    client.on('error', () => undefined);
    this.clients.add(client);
    return client;
  }
}
