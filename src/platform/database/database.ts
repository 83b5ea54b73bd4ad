import type { Pool, PoolClient } from 'pg';
import type { Queryable, Sql } from './sql.js';

/** The SQLSTATE of a unique index that refused a row. */
export const UNIQUE_VIOLATION = '23505';
/** The SQLSTATE of a statement that was given up because it and another waited for each other. */
export const DEADLOCK = '40P01';
/** The SQLSTATE of a statement that ran into its time-out, or was called off. */
export const QUERY_CANCELED = '57014';

/** Postgres as the adapters speak to it: named statements over a bounded pool. Injectable by class. */
export class Database implements Queryable {
  constructor(private readonly pool: Pool) {}

  /** What its pool holds now. */
  get connections(): { readonly total: number; readonly idle: number; readonly waiting: number } {
    const { totalCount, idleCount, waitingCount } = this.pool;
    return { total: totalCount, idle: idleCount, waiting: waitingCount };
  }

  async query<Row>(statement: Sql, values: readonly unknown[] = []): Promise<Row[]> {
    const result = await this.pool.query({ name: statement.name, text: statement.text, values: [...values] });
    return result.rows as Row[];
  }

  /** Runs the work in one transaction: committed when it resolves, rolled back when it throws. */
  async transaction<Result>(work: (queryable: Queryable) => Promise<Result>): Promise<Result> {
    const client = await this.pool.connect();
    let broken: Error | undefined;
    try {
      await client.query('BEGIN');
      const result = await work(on(client));
      await client.query('COMMIT');
      return result;
    } catch (error) {
      await client.query('ROLLBACK').catch((failure: Error) => (broken = failure));
      throw error;
    } finally {
      client.release(broken);
    }
  }
}

function on(client: PoolClient): Queryable {
  return {
    async query<Row>(statement: Sql, values: readonly unknown[] = []): Promise<Row[]> {
      const result = await client.query({ name: statement.name, text: statement.text, values: [...values] });
      return result.rows as Row[];
    },
  };
}

/** The SQLSTATE and constraint of an error that Postgres raised, if it is one. */
export function databaseError(error: unknown): { code: string; constraint: string | undefined } | undefined {
  const candidate = error as { code?: unknown; constraint?: string; severity?: unknown } | null;
  if (typeof candidate?.code !== 'string' || candidate.severity === undefined) return undefined;
  return { code: candidate.code, constraint: candidate.constraint };
}
