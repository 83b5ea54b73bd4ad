import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { castsDoubt, isCrowded, isSessionLost, ReadOnlyDatabaseError } from './faults.js';
import type { Link } from './link.js';

/** How long somebody waits while the server has no connection to give, or none that can write. */
const PATIENCE_MS = 8_000;
const LOOK_MS = 150;
const GROW_AGAIN_MS = 5_000;

/** The connections of a pool, of which none is given out that is known to be of no use. */
export class SessionPool {
  private readonly idle = new Set<pg.PoolClient>();
  private readonly doomed = new WeakSet<pg.PoolClient>();
  private readonly size: number;
  private growing: NodeJS.Timeout | undefined;

  constructor(
    private readonly pool: pg.Pool,
    private readonly link: Link,
  ) {
    this.size = pool.options.max;
    pool.on('error', () => undefined);
    // Whoever has it hears of its end by what is asked of it.
    pool.on('connect', (client) => client.on('error', () => undefined));
    pool.on('acquire', (client) => this.idle.delete(client));
    pool.on('release', (error, client) => {
      if (!(error as unknown)) this.idle.add(client);
    });
    pool.on('remove', (client) => this.idle.delete(client));
    link.join({ dropIdle: () => this.dropIdle(), yieldIdle: () => this.yieldIdle() });
  }

  /** Does the work with a connection of its own; one that turns out to be lost is not used again, nor those beside it. */
  async use<Result>(work: (client: pg.PoolClient) => Promise<Result>): Promise<Result> {
    const client = await this.acquire();
    try {
      const result = await work(client);
      client.release();
      return result;
    } catch (error) {
      this.giveBack(client, error);
      throw error;
    }
  }

  /** The connection is to be of no more use to anybody; its server may never say good-bye, so nobody waits for that. */
  abandon(client: pg.PoolClient): void {
    this.doomed.add(client);
    destroy(client);
  }

  private giveBack(client: pg.PoolClient, error: unknown): void {
    if (isSessionLost(error)) this.abandon(client);
    client.release(this.doomed.has(client));
    if (castsDoubt(error)) this.link.suspect();
  }

  private async acquire(): Promise<pg.PoolClient> {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      try {
        const client = await this.pool.connect();
        if (!this.doomed.has(client)) return client;
        client.release(true);
        continue;
      } catch (error) {
        if (isCrowded(error)) this.makeDo();
        const isPassing = isCrowded(error) || error instanceof ReadOnlyDatabaseError;
        if (!isPassing || performance.now() > deadline) throw error;
      }
      await pause(LOOK_MS * (0.5 + Math.random()));
    }
  }

  /** While the server has no more to give, those that there are go round. */
  private makeDo(): void {
    this.link.crowded();
    const { options, totalCount } = this.pool;
    if (totalCount === 0 || totalCount >= options.max) return;
    options.max = totalCount;
    clearTimeout(this.growing);
    this.growing = setTimeout(() => (options.max = this.size), GROW_AGAIN_MS).unref();
  }

  /** Others of this process have none: what is done without here is theirs. */
  private yieldIdle(): void {
    const kept = this.pool.options.min ?? 0;
    for (const client of [...this.idle].slice(kept)) {
      this.idle.delete(client);
      this.abandon(client);
    }
  }

  /** What lies idle may be as dead as what was just found to be: it is made anew. */
  private dropIdle(): void {
    for (const client of this.idle) this.abandon(client);
    this.idle.clear();
  }
}

/** Ends a connection without a word, as its other side may hear none. */
export function destroy(client: pg.ClientBase): void {
  (client as unknown as { readonly connection: { readonly stream: Socket } }).connection.stream.destroy();
}
