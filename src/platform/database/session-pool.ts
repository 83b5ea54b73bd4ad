import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { castsDoubt, isCrowded, isSessionLost, ReadOnlyDatabaseError } from './faults.js';
import type { PoolGroup } from './pool-group.js';

/** How long to wait while the server has no connection to give, or is read-only. */
const PATIENCE_MS = 8_000;
/** The first and the last interval of retries: each attempt costs an overloaded server a process. */
const LOOK_MS = { first: 150, last: 600 } as const;
const GROW_AGAIN_MS = 5_000;

/** A pool of connections that never hands out one that is known to be unusable. */
export class SessionPool {
  private readonly idle = new Set<pg.PoolClient>();
  private readonly doomed = new WeakSet<pg.PoolClient>();
  private readonly size: number;
  /** Connections that were opened, and not yet closed. */
  private readonly open = new Set<pg.PoolClient>();
  private growing: NodeJS.Timeout | undefined;
  /** Whether the next connection that is released must be closed for another pool. */
  private owesOne = false;

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
    link.join({ dropIdle: () => this.dropIdle(), yieldIdle: (isStarving) => this.yieldIdle(isStarving) });
  }

  /** Runs the work with its own connection; after a lost one, neither it nor the idle ones are reused. */
  async use<Result>(work: (client: pg.PoolClient) => Promise<Result>): Promise<Result> {
    const client = await this.acquire();
    try {
      const result = await work(client);
      client.release(this.paysWith());
      return result;
    } catch (error) {
      this.giveBack(client, error);
      throw error;
    }
  }

  /** Closes a connection for good; its server may never confirm that, so nothing waits for it. */
  abandon(client: pg.PoolClient): void {
    this.doomed.add(client);
    destroy(client);
  }

  private giveBack(client: pg.PoolClient, error: unknown): void {
    if (isSessionLost(error)) this.abandon(client);
    client.release(this.doomed.has(client) || this.paysWith());
    if (castsDoubt(error)) this.link.suspect();
  }

  private async acquire(): Promise<pg.PoolClient> {
    for (;;) {
      const client = await connectWithRetry(
        () => this.pool.connect(),
        () => this.makeDo(),
      );
      if (!this.doomed.has(client)) return client;
      client.release(true);
    }
  }

  /** While the server has no more connections, the pool is limited to the open ones. */
  private makeDo(): void {
    this.link.crowded(this.open.size === 0);
    if (this.open.size > 0) this.keepTo(this.open.size);
  }

  private keepTo(count: number): void {
    const { options } = this.pool;
    if (count >= options.max) return;
    options.max = count;
    clearTimeout(this.growing);
    this.growing = setTimeout(() => (options.max = this.size), GROW_AGAIN_MS).unref();
  }

  /** Another pool of this process has no connection, so this one releases its idle ones. */
  private yieldIdle(isStarving: boolean): void {
    const idle = [...this.idle].slice(this.pool.options.min ?? 0);
    for (const client of idle) {
      this.idle.delete(client);
      this.abandon(client);
    }
    if (isStarving && idle.length === 0 && this.open.size > 1) {
      this.owesOne = true;
      this.keepTo(this.open.size - 1);
    }
  }

  /** Whether the connection that is released goes to another pool; the last one never does while it is in use. */
  private paysWith(): boolean {
    const isPaid = this.owesOne && this.open.size > 1;
    this.owesOne = false;
    return isPaid;
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
  onCrowded: () => void,
): Promise<pg.PoolClient> {
  const deadline = performance.now() + PATIENCE_MS;
  for (let look: number = LOOK_MS.first; ; look = Math.min(look * 1.5, LOOK_MS.last)) {
    try {
      return await connect();
    } catch (error) {
      if (isCrowded(error)) onCrowded();
      const isPassing = isCrowded(error) || error instanceof ReadOnlyDatabaseError;
      if (!isPassing || performance.now() > deadline) throw error;
    }
    await pause(look * (0.5 + Math.random()));
  }
}

/** Closes a connection without the protocol's farewell, which a dead server would not answer. */
export function destroy(client: pg.ClientBase): void {
  (client as unknown as { readonly connection: { readonly stream: Socket } }).connection.stream.destroy();
}
