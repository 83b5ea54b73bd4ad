import { PostgresConnection, PostgresQueueBackend, type PgPool } from 'bullmq';
import pg from 'pg';
import {
  destroy,
  LEAST_QUEUE_CONNECTIONS,
  PoolGroup,
  connectWithRetry,
  poolOptions,
  prepareSession,
  QUEUE_SCHEMA,
} from '../database/index.js';
import type { MakeBackend, QueueConnection } from './queue-connection.js';
import type { QueueHealth } from './queue-health.js';
import { withTimeout } from '../../kernel/index.js';

/** What is under way by then was under way for nobody. */
const CLOSE_MS = 100;
const GROW_AGAIN_MS = 5_000;

/** Queues in tables of the database: nothing else has to run. */
export class PostgresQueueConnection implements QueueConnection {
  /** New jobs announce themselves by NOTIFY; this is the net under it. */
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
    // The library would not notice that the one which listens hears nothing any more.
    link.join({ dropIdle: () => this.cutOff(), yieldIdle: () => this.yieldIdle() });
    // The pool waits for it. Not among the start options of a connection: those of the address would win.
    const onConnect = (client: pg.ClientBase): unknown => {
      this.clients.add(client);
      return prepareSession(client, 'queue', { search_path: QUEUE_SCHEMA }).then(() => health.back());
    };
    this.pool = new PatientPool(() => link.crowded(this.clients.size < LEAST_QUEUE_CONNECTIONS), {
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

  /** Others of this process have none: the queue gets by for a while with as few as it can. */
  private yieldIdle(): void {
    const { options } = this.pool;
    options.max = LEAST_QUEUE_CONNECTIONS;
    clearTimeout(this.growing);
    this.growing = setTimeout(() => (options.max = this.maxConnections), GROW_AGAIN_MS).unref();
    while (this.clients.size - this.givingUp > LEAST_QUEUE_CONNECTIONS) void this.giveUpOne();
  }

  /** In line with the others: the pool is full, so what comes is one that somebody else is done with. */
  private async giveUpOne(): Promise<void> {
    this.givingUp += 1;
    await this.pool.connect().then(
      (client) => client.release(true),
      () => undefined,
    );
    this.givingUp -= 1;
  }

  /** The connection that listens is given back by nobody. */
  private cutOff(): void {
    for (const client of this.clients) destroy(client);
  }
}

type Connected = Parameters<pg.Pool['connect']>[0];

/** The library gives up at the first connection that it does not get; this waits for one that another pool can spare. */
class PatientPool extends pg.Pool {
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
 * One for all queues and workers: whoever waits for jobs, of whatever kind, hears of them on the same listening connection,
 * which therefore stays when one of them closes.
 */
class SharedConnection extends PostgresConnection {
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

  /** Gives the listening connection back. */
  end(): Promise<void> {
    return super.close();
  }
}
