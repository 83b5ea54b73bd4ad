import { setTimeout as pause } from 'node:timers/promises';
import type { Pool, PoolClient } from 'pg';
import { isSessionLost, isStatementLost, isUndone } from './faults.js';
import { PoolGroup } from './pool-group.js';
import { SessionPool } from './session-pool.js';
import type { Queryable, Sql } from './sql.js';

/** How often a transaction is begun that others are in the way of. */
const ATTEMPTS = 6;
const REST_MS = 10;
const ROLLBACK_MS = 3_000;

/** Postgres as the adapters speak to it: named statements over a bounded pool. Injectable by class. */
export class Database implements Queryable {
  private readonly sessions: SessionPool;

  constructor(
    private readonly pool: Pool,
    link: PoolGroup = new PoolGroup(),
    /** Whether statements are prepared by name: parsed and planned once a connection. */
    private namesStatements = true,
  ) {
    this.sessions = new SessionPool(pool, link);
  }

  /** What its pool holds now. */
  get connections(): { readonly total: number; readonly idle: number; readonly waiting: number } {
    const { totalCount, idleCount, waitingCount } = this.pool;
    return { total: totalCount, idle: idleCount, waiting: waitingCount };
  }

  /** Runs a statement as a transaction of its own. */
  query<Row>(statement: Sql, values: readonly unknown[] = []): Promise<Row[]> {
    return this.persist(() => this.sessions.use((client) => this.on(client).query<Row>(statement, values)));
  }

  /**
   * Runs the work in one transaction: committed when it resolves, rolled back when it throws. Where others are in the way
   * the work is done again from its beginning, so it must do nothing but ask the database.
   */
  transaction<Result>(work: (queryable: Queryable) => Promise<Result>): Promise<Result> {
    return this.persist(() => this.sessions.use((client) => this.transact(client, work)));
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
      // Of a connection that does not answer the server hears by its end.
      if (!isSessionLost(error)) await this.rollBack(client);
      throw error;
    }
  }

  private on(client: PoolClient): Queryable {
    return {
      query: async <Row>({ name, text }: Sql, values: readonly unknown[] = []): Promise<Row[]> => {
        const query = { text, values: [...values] };
        const result = await client.query(this.namesStatements ? { ...query, name } : query);
        return result.rows as Row[];
      },
    };
  }

  private async persist<Result>(work: () => Promise<Result>): Promise<Result> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await work();
      } catch (error) {
        if (attempt === ATTEMPTS || !(isUndone(error) || this.losesStatements(error))) throw error;
      }
      await pause(Math.random() * REST_MS * 2 ** attempt);
    }
  }

  /** A pooler that gives every transaction another session, and does not carry statements along: they go without names. */
  private losesStatements(error: unknown): boolean {
    if (!this.namesStatements || !isStatementLost(error)) return false;
    this.namesStatements = false;
    return true;
  }

  /** One that cannot be rolled back is not to be used again. */
  private async rollBack(client: PoolClient): Promise<void> {
    const query = { text: 'ROLLBACK', query_timeout: ROLLBACK_MS };
    await client.query(query).catch(() => this.sessions.abandon(client));
  }
}
