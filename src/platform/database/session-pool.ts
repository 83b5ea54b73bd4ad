import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { suggestsOutage, isOutOfConnections, isSessionLost, ReadOnlyDatabaseError } from './faults.js';
import type { PoolGroup } from './pool-group.js';

/** How long to wait while the server has no connection to give, or is read-only. */
const MAX_RETRY_MS = 8_000;
/** The first and the last interval of retries: each attempt costs an overloaded server a process. */
const RETRY_MS = { first: 150, last: 600 } as const;
const RESTORE_SIZE_MS = 5_000;

/** A pool of connections that never hands out one that is known to be unusable. */
export class SessionPool {
  private readonly idle = new Set<pg.PoolClient>();
  private readonly doomed = new WeakSet<pg.PoolClient>();
  private readonly size: number;
  /** Connections that were opened, and not yet closed. */
  private readonly open = new Set<pg.PoolClient>();
  private growing: NodeJS.Timeout | undefined;
  /** Whether the next connection that is released must be closed for another pool. */
  private mustReleaseOne = false;

  constructor(
    private readonly pool: pg.Pool,
    private readonly link: PoolGroup,
  ) {
    this.size = pool.options.max;
    pool.on('error', () => undefined);
    // A broken connection in use fails its pending query.
    pool.on('connect', (client) => {
      this.open.add(client);
      client.on('error', () => undefined);
    });
    pool.on('acquire', (client) => this.idle.delete(client));
    pool.on('release', (error, client) => {
      if (!(error as unknown)) this.idle.add(client);
    });
    pool.on('remove', (client) => {
      this.idle.delete(client);
      this.open.delete(client);
    });
    link.join({ dropIdle: () => this.dropIdle(), releaseIdle: (isStarving) => this.releaseIdle(isStarving) });
  }

  /** Runs the work with its own connection; after a lost one, neither it nor the idle ones are reused. */
  async use<Result>(work: (client: pg.PoolClient) => Promise<Result>): Promise<Result> {
    const client = await this.acquire();
    try {
      const result = await work(client);
      client.release(this.takesForOtherPool());
      return result;
    } catch (error) {
      this.release(client, error);
      throw error;
    }
  }

  /** Closes a connection for good; its server may never confirm that, so nothing waits for it. */
  abandon(client: pg.PoolClient): void {
    this.doomed.add(client);
    destroy(client);
  }

  private release(client: pg.PoolClient, error: unknown): void {
    if (isSessionLost(error)) this.abandon(client);
    client.release(this.doomed.has(client) || this.takesForOtherPool());
    if (suggestsOutage(error)) this.link.reportLost();
  }

  private async acquire(): Promise<pg.PoolClient> {
    for (;;) {
      const client = await connectWithRetry(
        () => this.pool.connect(),
        () => this.capAtOpen(),
      );
      if (!this.doomed.has(client)) return client;
      client.release(true);
    }
  }

  /** While the server has no more connections, the pool is limited to the open ones. */
  private capAtOpen(): void {
    this.link.reportExhausted(this.open.size === 0);
    if (this.open.size > 0) this.setMax(this.open.size);
  }

  private setMax(count: number): void {
    const { options } = this.pool;
    if (count >= options.max) return;
    options.max = count;
    clearTimeout(this.growing);
    this.growing = setTimeout(() => (options.max = this.size), RESTORE_SIZE_MS).unref();
  }

  /** Another pool of this process has no connection, so this one releases its idle ones. */
  private releaseIdle(isStarving: boolean): void {
    const idle = [...this.idle].slice(this.pool.options.min ?? 0);
    for (const client of idle) {
      this.idle.delete(client);
      this.abandon(client);
    }
    if (isStarving && idle.length === 0 && this.open.size > 1) {
      this.mustReleaseOne = true;
      this.setMax(this.open.size - 1);
    }
  }

  /** Whether the connection that is released goes to another pool; the last one never does while it is in use. */
  private takesForOtherPool(): boolean {
    const isNeeded = this.mustReleaseOne && this.open.size > 1;
    this.mustReleaseOne = false;
    return isNeeded;
  }

  /** Idle connections may be as dead as the one that was just found to be; they are replaced. */
  private dropIdle(): void {
    for (const client of this.idle) this.abandon(client);
    this.idle.clear();
  }
}

/** Retries while the server has no connection to give, or is read-only: for seconds at most. */
export async function connectWithRetry(
  connect: () => Promise<pg.PoolClient>,
  onExhausted: () => void,
): Promise<pg.PoolClient> {
  const deadline = performance.now() + MAX_RETRY_MS;
  for (let look: number = RETRY_MS.first; ; look = Math.min(look * 1.5, RETRY_MS.last)) {
    try {
      return await connect();
    } catch (error) {
      if (isOutOfConnections(error)) onExhausted();
      const isPassing = isOutOfConnections(error) || error instanceof ReadOnlyDatabaseError;
      if (!isPassing || performance.now() > deadline) throw error;
    }
    await pause(look * (0.5 + Math.random()));
  }
}

/** Closes a connection without the protocol's farewell, which a dead server would not answer. */
export function destroy(client: pg.ClientBase): void {
  (client as unknown as { readonly connection: { readonly stream: Socket } }).connection.stream.destroy();
}
