import type { Config } from '../config/index.js';

/** Connections for searches at most. */
export const SEARCH_CONNECTIONS = 4;

/** One that listens for jobs, and one for whatever else is asked of the queue. */
export const LEAST_QUEUE_CONNECTIONS = 2;

type Settings = Pick<Config, 'DATABASE_POOL_SIZE' | 'REDIS_URL'>;

/** How many connections a process opens at most, by what they are for; the pools take their sizes from here. */
export function connectionsOf({ DATABASE_POOL_SIZE, REDIS_URL }: Settings) {
  return {
    requests: DATABASE_POOL_SIZE,
    /** Running answers are written down while requests wait for each other. */
    log: 2,
    /** However much is put in. */
    ingestion: 2,
    search: SEARCH_CONNECTIONS,
    /** One connection listens while there is a worker; the others come and go with the work. None with Redis. */
    queue: REDIS_URL === undefined ? 4 : 0,
    listener: 1,
  } as const;
}

/** All of them together. */
export function connectionsNeeded(settings: Settings): number {
  return Object.values(connectionsOf(settings)).reduce((sum, count) => sum + count, 0);
}

/**
 * With fewer than these a process does not get anywhere: whatever may be needed at the same time has one. Through a pooler
 * all but what goes past it share one.
 */
export function leastConnections({
  REDIS_URL,
  DATABASE_DIRECT_URL,
}: Pick<Config, 'REDIS_URL' | 'DATABASE_DIRECT_URL'>): number {
  const least = {
    pools: DATABASE_DIRECT_URL === undefined ? ['requests', 'log', 'ingestion', 'search'].length : 1,
    queue: REDIS_URL === undefined ? LEAST_QUEUE_CONNECTIONS : 0,
    listener: 1,
  };
  return least.pools + least.queue + least.listener;
}
