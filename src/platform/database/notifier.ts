import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { waitAtMost } from '../../kernel/index.js';
import { isPermanent } from './faults.js';
import { NOTIFY } from './notifier-statements.js';
import { PendingNotifications, type Notification } from './pending-notifications.js';
import type { Queryable } from './sql.js';

/** From one statement to the next: what comes meanwhile goes together. A statement each would cost more than it tells. */
const PACE_MS = 5;
/** The most notifications of one statement. */
const BATCH = 500;
/** The first and the longest wait after a statement that has failed. */
const RETRY_MS = { first: 250, longest: 5_000 } as const;
/** How long anybody waits for what was told before. */
const SENT_MS = 1_000;

interface Waiter {
  /** How many had been told when it began to wait. */
  readonly told: number;
  readonly resolve: () => void;
}

/**
 * Notifies by statements of its own, behind the commits of what it tells of: a transaction that notifies holds a lock of the whole
 * server while it waits for the disk. What comes meanwhile goes together, in its order. What a process has not sent when it dies
 * is lost, so whoever listens has another way to find out, or does without.
 */
export class Notifier {
  private readonly logger = new Logger(Notifier.name);
  private readonly pending = new PendingNotifications();
  private readonly closing = new AbortController();
  private waiters: Waiter[] = [];
  private told = 0;
  private sentUpTo = 0;
  private isSending = false;
  private done: Promise<void> = Promise.resolve();

  /** `database`: connections that are free soon, whatever requests do. */
  constructor(private readonly database: Queryable) {}

  /** Tells whoever listens on the channel, soon. */
  notify(channel: string, payload: string): void {
    this.pending.add(channel, payload);
    this.begin();
  }

  /** The same in a payload that others with the same head share: the head, and the items with commas between them. */
  notifyOf(channel: string, head: string, item: string): void {
    this.pending.addItem(channel, head, item);
    this.begin();
  }

  /** Resolves when what was told before has been sent, or has not been for a second: for who tells of more by a statement of its own. */
  async sent(): Promise<void> {
    if (this.sentUpTo === this.told) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.waiters.push({ told: this.told, resolve });
    await waitAtMost(SENT_MS, promise);
  }

  /** Sends what there is, if that can be done now, and nothing more after that. */
  async close(): Promise<void> {
    await this.sent();
    this.closing.abort();
    await waitAtMost(SENT_MS, this.done);
  }

  private begin(): void {
    this.told += 1;
    if (this.isSending || this.closing.signal.aborted) return;
    this.isSending = true;
    this.done = this.send();
  }

  private async send(): Promise<void> {
    // What one step of the program tells goes together, and behind what that step asks for besides.
    await new Promise((resolve) => setImmediate(resolve));
    while (!this.pending.isEmpty && !this.closing.signal.aborted) {
      const { told } = this;
      const batch = this.pending.take(BATCH);
      const isAll = this.pending.isEmpty;
      await this.sendBatch(batch);
      if (isAll) this.settle(told);
      await this.rest(PACE_MS);
    }
    this.isSending = false;
  }

  /** However often it takes: whoever gets it twice looks once more. */
  private async sendBatch(batch: readonly Notification[]): Promise<void> {
    const values = [batch.map(({ channel }) => channel), batch.map(({ payload }) => payload)];
    for (let wait: number = RETRY_MS.first; ; wait = Math.min(2 * wait, RETRY_MS.longest)) {
      try {
        await this.database.query(NOTIFY, values);
        return;
      } catch (error) {
        if (wait === RETRY_MS.first)
          this.logger.warn({ err: error }, 'Other processes could not be notified; trying again.');
        await this.rest(wait);
        if (isPermanent(error)) return batch.forEach(({ channel }) => this.pending.lose(channel));
        if (this.closing.signal.aborted) return;
      }
    }
  }

  private settle(told: number): void {
    this.sentUpTo = told;
    const settled = this.waiters.filter((waiter) => waiter.told <= told);
    this.waiters = this.waiters.filter((waiter) => waiter.told > told);
    for (const { resolve } of settled) resolve();
  }

  private async rest(milliseconds: number): Promise<void> {
    await pause(milliseconds, undefined, { signal: this.closing.signal, ref: false }).catch(() => undefined);
  }
}
