import { Logger } from '@nestjs/common';
import { isInvalidData, type Database } from '../../platform/database/index.js';
import type { BegunAttempt } from '../ports/usage-ledger.js';
import { BEGIN } from './usage-statements.js';
import { begunValues } from './usage-values.js';

const MOST_WAITING = 10_000;
const BATCH = 500;
/** A question does not wait longer than this for its row, however the database is. */
const PATIENCE_MS = 1_000;

interface Waiting {
  readonly attempt: BegunAttempt;
  readonly goOn: () => void;
}

/**
 * Stores attempts before their requests are sent: those that come while an insert is under way go together in the next
 * one. Where the database does not take a row the attempt goes on without it.
 */
export class BegunAttempts {
  private readonly logger = new Logger(BegunAttempts.name);
  private readonly waiting = new Map<string, Waiting>();
  private writing: Promise<void> | undefined;

  constructor(private readonly database: Pick<Database, 'query'>) {}

  /** Resolves when the attempt is stored, or is not going to be for now. */
  add(attempt: BegunAttempt): Promise<void> {
    if (this.waiting.size >= MOST_WAITING) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const patience = setTimeout(resolve, PATIENCE_MS);
    const goOn = () => {
      clearTimeout(patience);
      resolve();
    };
    this.waiting.set(attempt.id, { attempt, goOn });
    this.writing ??= this.write();
    return promise;
  }

  /** The attempt has ended: what is not stored of it by now need not be. */
  drop(id: string): void {
    this.waiting.get(id)?.goOn();
    this.waiting.delete(id);
  }

  private async write(): Promise<void> {
    while (this.waiting.size > 0) {
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
      for (const { goOn } of batch) goOn();
    }
    this.writing = undefined;
  }

  /** A row that Postgres cannot take must not keep the others. */
  private async store(attempts: readonly BegunAttempt[]): Promise<void> {
    try {
      await this.database.query(BEGIN, begunValues(attempts));
    } catch (error) {
      if (!isInvalidData(error) || attempts.length === 1) throw error;
      await Promise.allSettled(attempts.map((attempt) => this.store([attempt])));
    }
  }
}
