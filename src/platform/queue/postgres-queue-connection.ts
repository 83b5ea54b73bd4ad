import { PostgresConnection, PostgresQueueBackend, type PgPool } from 'bullmq';
import pg from 'pg';
import { destroy, poolOptions, prepareSession, QUEUE_SCHEMA, type Link } from '../database/index.js';
import type { MakeBackend, QueueConnection } from './queue-connection.js';
import type { QueueHealth } from './queue-health.js';
import { within } from '../../kernel/index.js';

/** What is under way by then was under way for nobody. */
const CLOSE_MS = 100;

/** Queues in tables of the database: nothing else has to run. */
export class PostgresQueueConnection implements QueueConnection {
  /** New jobs announce themselves by NOTIFY; this is the net under it. */
  readonly idleSeconds = 30;
  readonly produce: MakeBackend;
  readonly consume: MakeBackend;
  private readonly pool: pg.Pool;
  private readonly clients = new Set<pg.ClientBase>();
  private closing: Promise<void> | undefined;

  constructor(
    connectionString: string,
    maxConnections: number,
    readonly health: QueueHealth,
    link: Link | undefined,
  ) {
    // The library would not notice that the one which listens hears nothing any more.
    link?.join({ dropIdle: () => this.cutOff() });
    // The pool waits for it. Not among the start options of a connection: those of the address would win.
    const onConnect = (client: pg.ClientBase): unknown => {
      this.clients.add(client);
      return prepareSession(client, 'queue', { search_path: QUEUE_SCHEMA }).then(() => health.back());
    };
    this.pool = new pg.Pool({
      ...poolOptions(connectionString, { purpose: 'queue' }),
      max: maxConnections,
      onConnect,
    });
    // Without a listener the error of an idle connection would end the process.
    this.pool.on('error', (error) => health.lost(error));
    this.pool.on('remove', (client) => this.clients.delete(client));
    this.produce = this.consume = (name, options) =>
      new PostgresQueueBackend(new MigratedConnection(this.pool as PgPool), name, options as never);
  }

  close(): Promise<void> {
    return (this.closing ??= within(CLOSE_MS, this.pool.end()).catch(() => this.cutOff()));
  }

  /** The connection that listens is given back by nobody. */
  private cutOff(): void {
    for (const client of this.clients) destroy(client);
  }
}

/**
 * The schema is migrated before anything is built. Its own check would be remembered for good, also when it failed
 * for a database that was away for a moment.
 */
class MigratedConnection extends PostgresConnection {
  override waitUntilReady(): Promise<void> {
    return Promise.resolve();
  }
}
