import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { tryConnect } from './connect.js';
import type { RunningServer } from './server.js';

/** Any number: the lock is in the embedded server's own `postgres` database, where nobody else takes locks. */
export const DIRECTORY_LOCK = 7_468_726_562;
const ACQUIRE_WAIT_MS = 3_000;
const RETRY_MS = 100;
const REACQUIRE_MS = 500;

/** The result of acquiring the lock: `lost` means that the session ended meanwhile. */
export type LockOutcome = 'acquired' | 'held by another' | 'lost';

/**
 * Acquires the lock for the exclusive use of the data directory, within three seconds: the session of a process that
 * was just killed takes a moment to end.
 */
export async function acquireLock(client: pg.Client): Promise<LockOutcome> {
  const deadline = Date.now() + ACQUIRE_WAIT_MS;
  try {
    for (;;) {
      const { rows } = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1) AS taken', [
        DIRECTORY_LOCK,
      ]);
      if (rows[0]?.taken === true) return 'acquired';
      if (Date.now() > deadline) return 'held by another';
      await sleep(RETRY_MS);
    }
  } catch {
    return 'lost';
  }
}

/** Keeps the lock for the life of the process, even if its session crashes. */
export class DirectoryLock {
  private released = false;
  private retry: NodeJS.Timeout | undefined;

  constructor(
    private readonly server: RunningServer,
    private client: pg.Client,
    private readonly log: (line: string) => void,
  ) {
    this.watch(client);
  }

  /** Releases the lock after the final work under it; the work is skipped if another process holds the lock. */
  async release(finalWork: () => Promise<void>): Promise<void> {
    this.released = true;
    clearTimeout(this.retry);
    if (this.retry === undefined || this.server.hasEnded()) await finalWork();
    await this.client.end().catch(() => undefined);
  }

  private watch(client: pg.Client): void {
    this.client = client;
    this.retry = undefined;
    // Missing in the types: an open session must not keep the process alive.
    (client as pg.Client & { unref(): void }).unref();
    client.once('end', () => {
      if (this.released) return;
      if (this.server.hasEnded()) this.log('The embedded Postgres ended by itself. Restart Threadline.');
      else this.reacquireLater();
    });
  }

  private reacquireLater(): void {
    this.retry = setTimeout(() => void this.reacquire(), REACQUIRE_MS).unref();
  }

  private async reacquire(): Promise<void> {
    const client = await tryConnect(this.server).catch(() => undefined);
    if (this.released) return void client?.end().catch(() => undefined);
    if (client !== undefined && (await acquireLock(client)) === 'acquired') return this.watch(client);
    client?.end().catch(() => undefined);
    if (!this.released && !this.server.hasEnded()) this.reacquireLater();
  }
}
