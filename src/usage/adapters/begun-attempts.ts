import { Logger } from '@nestjs/common';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isInvalidData, type Database } from '../../platform/database/index.js';
import type { BegunAttempt } from '../ports/usage-ledger.js';
import { BEGIN } from './usage-statements.js';
import { begunValues } from './usage-values.js';

const MOST_WAITING = 10_000;
const BATCH = 500;
/** The longest time that a question waits for its row. */
const MAX_WAIT_MS = 1_000;

interface Waiting {
  readonly attempt: BegunAttempt;
  readonly proceed: () => void;
}

/**
 * Stores attempts before their requests are sent: those that arrive in one turn of the event loop, or during an insert,
 * are combined in one. If the database does not accept a row, the attempt continues without it.
 */
export class BegunAttempts {
  private readonly logger = new Logger(BegunAttempts.name);
  private readonly waiting = new Map<string, Waiting>();
  private writing: Promise<void> | undefined;

  constructor(private readonly database: Pick<Database, 'query'>) {}

  /** Resolves when the attempt is stored, or will not be for now. */
  add(attempt: BegunAttempt): Promise<void> {
    if (this.waiting.size >= MOST_WAITING) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, MAX_WAIT_MS);
    const proceed = () => {
      clearTimeout(timer);
      resolve();
    };
    this.waiting.set(attempt.id, { attempt, proceed });
    this.writing ??= this.write();
    return promise;
  }

  /** The attempt has ended: a row that is not stored yet is no longer needed. */
  drop(id: string): void {
    this.waiting.get(id)?.proceed();
    this.waiting.delete(id);
  }

  private async write(): Promise<void> {
    for (await nextTurn(); this.waiting.size > 0; await nextTurn()) {
      const batch = [...this.waiting.values()].slice(0, BATCH);
      for (const { attempt } of batch) this.waiting.delete(attempt.id);
      try {
        await this.store(batch.map(({ attempt }) => attempt));
      } catch (error) {
        this.logger.warn(
          { err: error, attempts: batch.length },
          'Attempts begin without a row of their own.',
        );
      }
      for (const { proceed } of batch) proceed();
    }
    this.writing = undefined;
  }

  /** A row that Postgres refuses must not prevent the others from being stored. */
  private async store(attempts: readonly BegunAttempt[]): Promise<void> {
    try {
      await this.database.query(BEGIN, begunValues(attempts));
    } catch (error) {
      if (!isInvalidData(error) || attempts.length === 1) throw error;
      await Promise.allSettled(attempts.map((attempt) => this.store([attempt])));
    }
  }
}
