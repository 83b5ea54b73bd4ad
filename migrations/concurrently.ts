import type { QueryRunner } from 'typeorm';
import { ForwardOnly } from './forward-only.js';

/** The SQLSTATE of a statement that was aborted to resolve a deadlock. */
const DEADLOCK = '40P01';
/** The SQLSTATE of a statement that has reached its lock time-out. */
const LOCK_NOT_AVAILABLE = '55P03';
/** How often the creation of an index is retried when locks prevent it. */
const ATTEMPTS = 5;

/** An index by its name, and what follows its name in `CREATE INDEX name …`, from `ON` on. */
export interface IndexDefinition {
  readonly name: string;
  /** `CREATE UNIQUE INDEX`. */
  readonly isUnique?: boolean;
  /** Such as `ON turns (thread_id) WHERE status = 'queued'`. */
  readonly on: string;
}

/**
 * A migration whose steps run outside of a transaction, while the former release goes on reading and writing. Everything
 * in it may be cut off at any point and is then run again from its beginning, so each step has to be one that can be
 * repeated (`IF NOT EXISTS`, {@link createIndex}). Changes of tables belong into a {@link ForwardOnly} of their own, before
 * it: those are all or nothing.
 *
 * @example
 * export class DocumentTerms1790000000099 extends Concurrently {
 *   readonly name = 'DocumentTerms1790000000099';
 *
 *   async up(runner: QueryRunner): Promise<void> {
 *     await this.createIndex(runner, { name: 'chunks_by_term', on: 'ON chunks USING gin (terms)' });
 *   }
 * }
 */
export abstract class Concurrently extends ForwardOnly {
  readonly transaction = false;

  /**
   * Builds an index without blocking writers. One that an earlier attempt has left invalid is dropped and built anew; a
   * valid one is left as it is.
   */
  protected async createIndex(runner: QueryRunner, index: IndexDefinition): Promise<void> {
    const { name, isUnique = false, on } = index;
    for (let attempt = 1; ; attempt += 1) {
      const state = await stateOf(runner, name);
      if (state === 'valid') return;
      try {
        if (state === 'invalid') await unhurried(runner, `DROP INDEX CONCURRENTLY IF EXISTS "${name}"`);
        await unhurried(runner, `CREATE ${isUnique ? 'UNIQUE ' : ''}INDEX CONCURRENTLY "${name}" ${on}`);
        return;
      } catch (error) {
        if (attempt === ATTEMPTS || codeOf(error) !== DEADLOCK) throw error;
      }
    }
  }

  /** Removes an index without blocking anybody, if it exists. */
  protected async dropIndex(runner: QueryRunner, name: string): Promise<void> {
    await unhurried(runner, `DROP INDEX CONCURRENTLY IF EXISTS "${name}"`);
  }
}

async function stateOf(runner: QueryRunner, name: string): Promise<'none' | 'valid' | 'invalid'> {
  const rows = (await runner.query(
    'SELECT indisvalid AND indisready AS is_valid FROM pg_index WHERE indexrelid = to_regclass($1)',
    [`"${name}"`],
  )) as readonly { is_valid: boolean }[];
  const [row] = rows;
  if (row === undefined) return 'none';
  return row.is_valid ? 'valid' : 'invalid';
}

/** Its locks do not block reads and writes, so it may wait for them as long as the oldest transaction takes. */
async function unhurried(runner: QueryRunner, statement: string): Promise<void> {
  const [former] = (await runner.query(
    `SELECT current_setting('lock_timeout') AS lock_timeout`,
  )) as readonly {
    lock_timeout: string;
  }[];
  await runner.query(`SET lock_timeout = 0`);
  try {
    await runner.query(statement);
  } finally {
    await runner.query(`SELECT set_config('lock_timeout', $1, false)`, [former?.lock_timeout ?? '0']);
  }
}

/** Whether a step failed because of another session's locks, so that it can be retried. */
export function hasMetLocks(error: unknown): boolean {
  const code = codeOf(error);
  return code === DEADLOCK || code === LOCK_NOT_AVAILABLE;
}

function codeOf(error: unknown): unknown {
  const { driverError, code } = error as { driverError?: { code?: unknown }; code?: unknown };
  return driverError?.code ?? code;
}
