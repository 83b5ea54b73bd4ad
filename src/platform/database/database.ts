import { setTimeout as pause } from 'node:timers/promises';
import pg, { type Pool, type PoolClient } from 'pg';
import { isSessionLost, isStatementLost, isUndone } from './faults.js';
import { PoolGroup } from './pool-group.js';
import { SessionPool } from './session-pool.js';
import type { Queryable, Sql } from './sql.js';

/** How often a transaction is tried that conflicts with others. */
const ATTEMPTS = 6;
const BACKOFF_MS = 10;
const ROLLBACK_MS = 3_000;

/** Postgres for the adapters: named statements over a bounded pool. Injectable by class. */
export class Database implements Queryable {
  private readonly sessions: SessionPool;

  constructor(
    private readonly pool: Pool,
    link: PoolGroup = new PoolGroup(),
    /** Whether statements are prepared by name: parsed and planned once per connection. */
    private preparesByName = true,
  ) {
    this.sessions = new SessionPool(pool, link);
  }

  /** The current size of its pool. */
  get connections(): { readonly total: number; readonly idle: number; readonly waiting: number } {
    const { totalCount, idleCount, waitingCount } = this.pool;
    return { total: totalCount, idle: idleCount, waiting: waitingCount };
  }

  /** Runs a statement as its own transaction. */
  query<Row>(statement: Sql, values: readonly unknown[] = []): Promise<Row[]> {
    return this.withRetries(() =>
      this.sessions.use((client) => this.on(client).query<Row>(statement, values)),
    );
  }

  /**
   * Runs the work in one transaction: committed when it resolves, rolled back when it throws. After a conflict with
   * other transactions the work is repeated from its beginning, so it must have no effects outside of the database.
   */
  transaction<Result>(work: (queryable: Queryable) => Promise<Result>): Promise<Result> {
    return this.withRetries(() => this.sessions.use((client) => this.transact(client, work)));
  }

  private async transact<Result>(
    client: PoolClient,
    work: (queryable: Queryable) => Promise<Result>,
  ): Promise<Result> {
    try {
      await client.query('BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE');
      const result = await work(this.on(client));
      await client.query('COMMIT');
      return result;
    } catch (error) {
      // The server rolls back when a connection that does not respond is closed.
      if (!isSessionLost(error)) await this.rollBack(client);
      throw error;
    }
  }

  private on(client: PoolClient): Queryable {
    return {
      query: async <Row>(statement: Sql, values: readonly unknown[] = []): Promise<Row[]> => {
        try {
          return await rowsOf<Row>(client, statement, values, this.preparesByName);
        } catch (error) {
          // Of whoever asked, not of the socket that has answered.
          if (error instanceof Error) Error.captureStackTrace(error);
          throw error;
        }
      },
    };
  }

  private async withRetries<Result>(work: () => Promise<Result>): Promise<Result> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await work();
      } catch (error) {
        if (attempt === ATTEMPTS || !(isUndone(error) || this.fallsBackToUnnamed(error))) throw error;
      }
      await pause(Math.random() * BACKOFF_MS * 2 ** attempt);
    }
  }

  /** A pooler in transaction mode may not support prepared statements: from then on they are sent without names. */
  private fallsBackToUnnamed(error: unknown): boolean {
    if (!this.preparesByName || !isStatementLost(error)) return false;
    this.preparesByName = false;
    return true;
  }

  /** A connection that cannot be rolled back must not be reused. */
  private async rollBack(client: PoolClient): Promise<void> {
    const query = { text: 'ROLLBACK', query_timeout: ROLLBACK_MS };
    await client.query(query).catch(() => this.sessions.abandon(client));
  }
}

/** As `client.query` does with an object; that copies the object, in the slowest way there is. */
function rowsOf<Row>(
  client: PoolClient,
  { name, text }: Sql,
  values: readonly unknown[],
  isNamed: boolean,
): Promise<Row[]> {
  return new Promise((resolve, reject) => {
    const query = new pg.Query(text, values as unknown[], (error, result) => {
      // It is undefined, or null.
      if (error) reject(error);
      else resolve(result.rows as Row[]);
    });
    if (isNamed) Object.assign(query, { name });
    client.query(query);
  });
}
