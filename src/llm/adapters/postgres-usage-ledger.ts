import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { Database, databaseError } from '../../platform/database/index.js';
import { cleanText } from '../core/clean-text.js';
import type { AttemptRecord, UsageLedger } from '../ports/usage-ledger.js';
import { RECORD } from './usage-statements.js';

const MOST_KEPT = 10_000;
const BATCH = 500;
/** An answer does not wait longer than this for its bill to be written down. */
const PATIENCE_MS = 2_000;
const SHORTEST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;
const LAST_WORDS_MS = 4_000;

interface Entry {
  readonly attempt: AttemptRecord;
  readonly settle: () => void;
}

/**
 * The ledger in Postgres. An attempt is inserted at once; those that come while an insert is under way go together in
 * the next one. While the database is away it keeps ten thousand and tries again; what is more is counted and lost.
 */
@Injectable()
export class PostgresUsageLedger implements UsageLedger, BeforeApplicationShutdown {
  private readonly logger = new Logger(PostgresUsageLedger.name);
  /** Oldest first; an entry leaves when it is stored. */
  private readonly waiting = new Set<Entry>();
  private writing: Promise<void> | undefined;
  private lost = 0;
  private closing = false;
  private endPause: () => void = () => undefined;

  constructor(private readonly database: Database) {}

  record(attempt: AttemptRecord): Promise<void> {
    if (this.waiting.size >= MOST_KEPT) {
      this.lost += 1;
      return Promise.resolve();
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    const patience = setTimeout(resolve, PATIENCE_MS);
    const settle = () => {
      clearTimeout(patience);
      resolve();
    };
    this.waiting.add({ attempt, settle });
    this.writing ??= this.write();
    return promise;
  }

  /** Stores what is still here. The pool is open until every module has been asked this. */
  async beforeApplicationShutdown(): Promise<void> {
    this.closing = true;
    this.endPause();
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, LAST_WORDS_MS);
    await Promise.race([this.writing, late]);
    clearTimeout(timer);
    if (this.waiting.size > 0) this.giveUp();
  }

  private async write(): Promise<void> {
    let failures = 0;
    while (this.waiting.size > 0) {
      const batch = [...this.waiting].slice(0, BATCH);
      try {
        await this.store(batch);
        batch.forEach((entry) => this.done(entry));
        if (failures > 0) this.logger.log({ lost: this.lost }, 'Usage is stored again.');
        failures = 0;
      } catch (error) {
        const details = { err: error, waiting: this.waiting.size, lost: this.lost };
        this.logger.warn(details, 'Storing usage failed; trying again.');
        if (this.closing) this.giveUp();
        else await this.pause(failures);
        failures += 1;
      }
    }
    this.writing = undefined;
  }

  /** A row that Postgres cannot take must not keep the others: the batch goes row by row then, and that one is lost. */
  private async store(batch: readonly Entry[]): Promise<void> {
    try {
      await this.database.query(RECORD, valuesOf(batch.map(({ attempt }) => attempt)));
    } catch (error) {
      if (!isAboutTheData(error)) throw error;
      if (batch.length > 1) {
        for (const entry of batch) await this.store([entry]);
        return;
      }
      this.lost += 1;
      this.logger.error({ err: error, lost: this.lost }, 'A record of usage could not be stored.');
    }
  }

  private done(entry: Entry): void {
    this.waiting.delete(entry);
    entry.settle();
  }

  private giveUp(): void {
    this.lost += this.waiting.size;
    this.waiting.forEach((entry) => this.done(entry));
    this.logger.error({ lost: this.lost }, 'The database cannot be reached; usage was lost.');
  }

  /** Twice as long each time; cut short when the process stops. */
  private async pause(failures: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, Math.min(SHORTEST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS));
    timer.unref();
    this.endPause = resolve;
    await promise;
    clearTimeout(timer);
  }
}

/** Class 22: values it cannot read; class 23: rows it refuses. */
function isAboutTheData(error: unknown): boolean {
  return /^2[23]/.test(databaseError(error)?.code ?? '');
}

function valuesOf(attempts: readonly AttemptRecord[]): readonly unknown[] {
  return [
    attempts.map(({ id }) => id),
    attempts.map(({ org }) => org),
    attempts.map(({ user }) => user),
    attempts.map(({ threadId }) => threadId),
    attempts.map(({ turnId }) => turnId),
    attempts.map(({ operation }) => operation),
    attempts.map(({ provider }) => cleanText(provider)),
    attempts.map(({ model }) => cleanText(model)),
    attempts.map(({ inputTokens }) => count(inputTokens)),
    attempts.map(({ outputTokens }) => count(outputTokens)),
    attempts.map(({ cachedTokens }) => count(cachedTokens)),
    attempts.map(({ reasoningTokens }) => count(reasoningTokens)),
    attempts.map(({ estimated }) => estimated),
    attempts.map(({ cost }) => (cost !== null && Number.isFinite(cost) ? cost : null)),
    attempts.map(({ firstTokenMs }) => (firstTokenMs === null ? null : count(firstTokenMs))),
    attempts.map(({ durationMs }) => count(durationMs)),
    attempts.map(({ retries }) => count(retries)),
    attempts.map(({ outcome }) => outcome),
    attempts.map(({ errorCode }) => errorCode),
    attempts.map(({ at }) => at),
  ];
}

/** Clocks measure fractions of a millisecond, and providers have been seen to report nonsense. */
function count(value: number): number {
  return Number.isFinite(value) ? Math.max(0, Math.round(value)) : 0;
}
