import { PostgresConnection, PostgresQueueBackend, type PgPool } from 'bullmq';
import pg from 'pg';
import {
  destroy,
  MIN_QUEUE_CONNECTIONS,
  PoolGroup,
  connectWithRetry,
  poolOptions,
  prepareSession,
  QUEUE_SCHEMA,
} from '../database/index.js';
import type { MakeBackend, QueueConnection } from './queue-connection.js';
import type { QueueHealth } from './queue-health.js';
import { withTimeout } from '../../kernel/index.js';

/** Commands that have not finished by then have no caller any more. */
const CLOSE_MS = 100;
const RESTORE_SIZE_MS = 5_000;

/** Queues in tables of the database, without another service. */
export class PostgresQueueConnection implements QueueConnection {
  /** New jobs are announced by NOTIFY; this is the fallback. */
  readonly idleSeconds = 30;
  readonly produce: MakeBackend;
  readonly consume: MakeBackend;
  private readonly pool: pg.Pool;
  private readonly shared: SharedConnection;
  private growing: NodeJS.Timeout | undefined;
  private givingUp = 0;
  private readonly clients = new Set<pg.ClientBase>();
  private closing: Promise<void> | undefined;

  constructor(
    connectionString: string,
    private readonly maxConnections: number,
    readonly health: QueueHealth,
    link = new PoolGroup(),
  ) {
    // The library would not notice that its listening connection is dead.
    link.join({ dropIdle: () => this.cutOff(), releaseIdle: () => this.releaseIdle() });
    // The pool awaits it. Not a start option of the connection: options in the address would override it.
    const onConnect = (client: pg.ClientBase): unknown => {
      this.clients.add(client);
      return prepareSession(client, 'queue', { search_path: QUEUE_SCHEMA }).then(() => health.back());
    };
    this.pool = new RetryingPool(() => link.reportExhausted(this.clients.size < MIN_QUEUE_CONNECTIONS), {
      ...poolOptions(connectionString, { purpose: 'queue' }),
      max: maxConnections,
      onConnect,
    });
    // Without a listener the error of an idle connection would end the process.
    this.pool.on('error', (error) => health.lost(error));
    this.pool.on('remove', (client) => this.clients.delete(client));
    this.shared = new SharedConnection(this.pool as PgPool);
    this.produce = this.consume = (name, options) =>
      new PostgresQueueBackend(this.shared, name, options as never);
  }

  close(): Promise<void> {
    return (this.closing ??= withTimeout(CLOSE_MS, this.end()).catch(() => this.cutOff()));
  }

  private async end(): Promise<void> {
    await this.shared.end();
    await this.pool.end();
  }

  /** Another pool of this process has no connection: the queue uses as few as it can for a while. */
  private releaseIdle(): void {
    const { options } = this.pool;
    options.max = MIN_QUEUE_CONNECTIONS;
    clearTimeout(this.growing);
    this.growing = setTimeout(() => (options.max = this.maxConnections), RESTORE_SIZE_MS).unref();
    while (this.clients.size - this.givingUp > MIN_QUEUE_CONNECTIONS) void this.closeOne();
  }

  /** Queued like other requests: the pool is full, so it gets a connection that another request has released. */
  private async closeOne(): Promise<void> {
    this.givingUp += 1;
    await this.pool.connect().then(
      (client) => client.release(true),
      () => undefined,
    );
    this.givingUp -= 1;
  }

  /** The listening connection is never released by itself. */
  private cutOff(): void {
    for (const client of this.clients) destroy(client);
  }
}

type Connected = Parameters<pg.Pool['connect']>[0];

/** The library fails if it does not get its first connection; this waits until another pool has released one. */
class RetryingPool extends pg.Pool {
  constructor(
    private readonly onCrowded: () => void,
    options: pg.PoolConfig,
  ) {
    super(options);
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(callback: Connected): void;
  override connect(callback?: Connected): Promise<pg.PoolClient> | void {
    const connected = connectWithRetry(() => super.connect(), this.onCrowded);
    if (callback === undefined) return connected;
    connected.then(
      (client) => callback(undefined, client, (error?: Error | boolean) => client.release(error)),
      (error: Error) => callback(error, undefined, () => undefined),
    );
  }
}

/**
 * One for all queues and workers: all workers are notified of jobs over the same listening connection, which therefore
 * stays open when one of them closes.
 */
class SharedConnection extends PostgresConnection {
  private listening: ListenClient | undefined;

  constructor(pool: PgPool) {
    super(pool);
    // Some for every queue and every worker.
    this.setMaxListeners(0);
  }

  /**
   * The schema is migrated before anything is built. The library's own check would be remembered for good, also when it
   * failed for a database that was away for a moment.
   */
  override waitUntilReady(): Promise<void> {
    return Promise.resolve();
  }

  override close(): Promise<void> {
    return Promise.resolve();
  }

  /** Every worker wants to listen over the same one, perhaps at the same time. */
  override async getListenClient(): Promise<ListenClient> {
    const client = await super.getListenClient();
    if (this.listening !== client) askInLine(client);
    this.listening = client;
    return client;
  }

  /** Gives the listening connection back. */
  end(): Promise<void> {
    return super.close();
  }
}

type ListenClient = Awaited<ReturnType<PostgresConnection['getListenClient']>>;

/** Lets the connection be asked one thing at a time, as its package wants it. */
function askInLine(client: ListenClient): void {
  const ask = client.query.bind(client) as (...asked: readonly unknown[]) => Promise<unknown>;
  let line: Promise<unknown> = Promise.resolve();
  const asked = (...values: readonly unknown[]) => {
    const answer = line.then(() => ask(...values));
    line = answer.catch(() => undefined);
    return answer;
  };
  client.query = asked as ListenClient['query'];
}
