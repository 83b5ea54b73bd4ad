import type { Config } from '../config/index.js';

/** The most connections for searches. */
export const SEARCH_CONNECTIONS = 4;

/** One that listens for jobs, and one for everything else of the queue. */
export const MIN_QUEUE_CONNECTIONS = 2;

type Settings = Pick<Config, 'DATABASE_POOL_SIZE' | 'REDIS_URL'>;

/** The most connections that a process opens, by purpose; the pools take their sizes from here. */
export function connectionsOf({ DATABASE_POOL_SIZE, REDIS_URL }: Settings) {
  return {
    requests: DATABASE_POOL_SIZE,
    /** Answers in progress are stored while requests queue for connections. */
    log: 2,
    /** Independent of how much is uploaded. */
    ingestion: 2,
    search: SEARCH_CONNECTIONS,
    /** One connection listens while there is a worker; the others are opened as needed. None with Redis. */
    queue: REDIS_URL === undefined ? 4 : 0,
    listener: 1,
  } as const;
}

/** All of them together. */
export function connectionsNeeded(settings: Settings): number {
  return Object.values(connectionsOf(settings)).reduce((sum, count) => sum + count, 0);
}

/**
 * The least connections with which a process works: operations that may need a connection at the same time each have
 * one. With a pooler, all connections through it share one.
 */
export function leastConnections({
  REDIS_URL,
  DATABASE_DIRECT_URL,
}: Pick<Config, 'REDIS_URL' | 'DATABASE_DIRECT_URL'>): number {
  const least = {
    pools: DATABASE_DIRECT_URL === undefined ? ['requests', 'log', 'ingestion', 'search'].length : 1,
    queue: REDIS_URL === undefined ? MIN_QUEUE_CONNECTIONS : 0,
    listener: 1,
  };
  return least.pools + least.queue + least.listener;
}
