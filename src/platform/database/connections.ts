import type { Config } from '../config/index.js';

/** Connections for searches at most. */
export const SEARCH_CONNECTIONS = 4;

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

/** With fewer than these a process does not get anywhere: one request and one running answer at a time. */
export function leastConnections({ REDIS_URL }: Pick<Settings, 'REDIS_URL'>): number {
  return REDIS_URL === undefined ? 5 : 3;
}
