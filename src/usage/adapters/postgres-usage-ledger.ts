import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { waitAtMost } from '../../kernel/index.js';
import { Database, isInvalidData } from '../../platform/database/index.js';
import type {
  AttemptRecord,
  BegunAttempt,
  HowStored,
  TakenAttempt,
  UsageLedger,
} from '../ports/usage-ledger.js';
import { BegunAttempts } from './begun-attempts.js';
import { HeldAttempts } from './held-attempts.js';
import { RECORD } from './usage-statements.js';
import { recordedValues } from './usage-values.js';

const MOST_KEPT = 10_000;
const BATCH = 500;
/** The longest time that an answer waits for its row. */
const MAX_WAIT_MS = 2_000;
const SHORTEST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;
const SHUTDOWN_MS = 4_000;

interface Entry {
  readonly attempt: AttemptRecord;
  readonly promise: Promise<HowStored>;
  readonly resolve: (stored: HowStored) => void;
}

/**
 * The ledger in Postgres. Attempts that arrive in one turn of the event loop, or during an insert, are combined in one;
 * one that is alone does not wait. While the database is unreachable it keeps ten thousand and retries; further ones are counted and discarded.
 */
@Injectable()
export class PostgresUsageLedger implements UsageLedger, BeforeApplicationShutdown {
  private readonly logger = new Logger(PostgresUsageLedger.name);
  /** By id, oldest first; an entry is removed when it is stored. */
  private readonly waiting = new Map<string, Entry>();
  private readonly begun: BegunAttempts;
  private readonly held = new HeldAttempts((attempt) => this.record(attempt));
  private writing: Promise<void> | undefined;
  private lost = 0;
  private closing = false;
  private endPause: () => void = () => undefined;

  constructor(private readonly database: Database) {
    this.begun = new BegunAttempts(database);
  }

  async begin(attempt: BegunAttempt): Promise<void> {
    const { cause } = attempt;
    const before = cause.type === 'turn' ? this.held.release(cause.turnId) : undefined;
    await this.begun.add(attempt);
    await before;
  }

  recordWithTurn(attempt: AttemptRecord, turnId: string): Promise<HowStored> {
    return this.closing ? this.record(attempt) : this.held.hold(attempt, turnId);
  }

  takeOfTurn(turnId: string): TakenAttempt | undefined {
    const taken = this.held.take(turnId);
    if (taken !== undefined) this.begun.drop(taken.attempt.id);
    return taken;
  }

  record(attempt: AttemptRecord): Promise<HowStored> {
    this.begun.drop(attempt.id);
    const told = this.waiting.get(attempt.id);
    if (told !== undefined) return told.promise;
    if (this.waiting.size >= MOST_KEPT) {
      this.lost += 1;
      return Promise.resolve('stored');
    }
    const { promise, resolve } = Promise.withResolvers<HowStored>();
    const timer = setTimeout(() => resolve('stored'), MAX_WAIT_MS);
    const finish = (stored: HowStored) => {
      clearTimeout(timer);
      resolve(stored);
    };
    this.waiting.set(attempt.id, { attempt, promise, resolve: finish });
    this.writing ??= this.write();
    return promise;
  }

  /** Stores what is still pending. The pool stays open until every module has finished this hook. */
  async beforeApplicationShutdown(): Promise<void> {
    this.closing = true;
    this.held.releaseAll();
    this.endPause();
    await waitAtMost(SHUTDOWN_MS, this.writing);
    this.giveUp();
  }

  private async write(): Promise<void> {
    let failures = 0;
    for (await nextTurn(); this.waiting.size > 0; await nextTurn()) {
      const batch = this.nextBatch();
      try {
        await this.store(batch);
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

  private nextBatch(): readonly AttemptRecord[] {
    return [...this.waiting.values()].slice(0, BATCH).map(({ attempt }) => attempt);
  }

  /** When Postgres refuses a batch it is inserted row by row, and only the refused row is discarded. */
  private async store(attempts: readonly AttemptRecord[]): Promise<void> {
    try {
      const rows = await this.database.query<{ id: string; was_lost: boolean }>(
        RECORD,
        recordedValues(attempts),
      );
      const corrected = new Set(rows.filter((row) => row.was_lost).map(({ id }) => id));
      attempts.forEach(({ id }) => this.done(id, corrected.has(id) ? 'corrected' : 'stored'));
    } catch (error) {
      if (!isInvalidData(error)) throw error;
      if (attempts.length > 1) for (const attempt of attempts) await this.store([attempt]);
      else attempts.forEach(({ id }) => this.discard(id, error));
    }
  }

  private done(id: string, stored: HowStored): void {
    this.waiting.get(id)?.resolve(stored);
    this.waiting.delete(id);
  }

  private discard(id: string, error: unknown): void {
    this.lost += 1;
    this.logger.error({ err: error, lost: this.lost }, 'A record of usage could not be stored.');
    this.done(id, 'stored');
  }

  private giveUp(): void {
    if (this.waiting.size === 0) return;
    this.lost += this.waiting.size;
    [...this.waiting.keys()].forEach((id) => this.done(id, 'stored'));
    this.logger.error({ lost: this.lost }, 'The database cannot be reached; usage was lost.');
  }

  /** Doubles each time; cut short when the process stops. */
  private async pause(failures: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, Math.min(SHORTEST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS));
    timer.unref();
    this.endPause = resolve;
    await promise;
    clearTimeout(timer);
  }
}
