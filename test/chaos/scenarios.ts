import { hasRedisServer, startRedisServer } from '../support/redis-server.js';
import { bootTogether } from './boots.js';
import { busyThreads } from './busy.js';
import { killAmidEffects } from './effects.js';
import { freezeAnswering } from './frozen.js';
import { issuerDown } from './issuer.js';
import { killAnswering, MOMENTS } from './kills.js';
import { newerDatabase } from './newer.js';
import { databaseOutage, OUTAGES } from './outage.js';
import type { Outcome } from './outcome.js';
import { randomDisconnects } from './replicas.js';
import { stopAndStart } from './restarts.js';
import { rollingRestart } from './rolling.js';
import { silentLinks } from './silence.js';
import { stopAnywhere } from './stops.js';
import { killAmidCalls } from './tool-calls.js';
import { stopCalls } from './tool-stops.js';
import { rollingUpgrade } from './upgrade.js';
import { killAroundWaiting, MOMENTS as WAITING_MOMENTS } from './waiting.js';

/** A scenario in full size. */
type Scenario = (seed: number, say: (line: string) => void) => Promise<Outcome>;

const FLEET = ['api', 'api', 'worker'] as const;
const KILLS = 50;

/** Every scenario by the name it is run by. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  replicas: (seed, say) => randomDisconnects({ roles: FLEET, turns: 50, disconnects: 200, seed, say }),
  'replicas-redis': (seed, say) =>
    withRedis((redis) =>
      randomDisconnects({
        ...{ roles: FLEET, turns: 50, disconnects: 200, seed, say },
        environment: { REDIS_URL: redis.url },
        inTheMiddle: () => redis.flush(),
      }),
    ),
  kills: (seed, say) => killAnswering({ ...kills, seed, say }),
  'kills-redis': (seed, say) =>
    withRedis(({ url }) => killAnswering({ ...kills, seed, say, environment: { REDIS_URL: url } })),
  effects: (seed, say) => killAmidEffects({ kills: KILLS, turns: 3, seed, say }),
  'tool-calls': (seed, say) => killAmidCalls({ kills: KILLS, turns: 3, overWithinMs: 15_000, seed, say }),
  'tool-stops': (seed, say) => stopCalls({ calls: 100, atOnce: 4, limitMs: 500, seed, say }),
  waiting: (seed, say) => killAroundWaiting({ ...waiting, seed, say }),
  frozen: (_seed, say) => freezeAnswering({ rounds: 10, leaseMs: 3_000, say }),
  stops: (seed, say) => stopAnywhere({ ...stops, roles: ['all', 'all'], seed, say }),
  'stops-fleet': (seed, say) => stopAnywhere({ ...stops, roles: FLEET, seed, say }),
  'stops-redis': (seed, say) =>
    withRedis(({ url }) =>
      stopAnywhere({ ...stops, roles: FLEET, seed, say, environment: { REDIS_URL: url } }),
    ),
  outage: (_seed, say) => databaseOutage({ outages: OUTAGES, downMs: 5_000, say }),
  'silent-links': (_seed, say) => silentLinks({ rounds: 3, silentMs: 25_000, say }),
  'silent-links-forgotten': (_seed, say) => silentLinks({ rounds: 5, silentMs: 0, say }),
  rolling: (seed, say) =>
    rollingRestart({
      ...{ streams: 20, tokens: 250, delayMs: 20, graceMs: 10_000, mostAsks: 1, seed, say },
    }),
  'rolling-handover': (seed, say) =>
    rollingRestart({
      ...{ streams: 20, tokens: 400, delayMs: 20, graceMs: 1_000, mostAsks: 2, seed, say },
    }),
  busy: (seed, say) => busyThreads({ roles: ['all', 'all'], threads: 30, messages: 12, seed, say }),
  'busy-fleet': (seed, say) => busyThreads({ roles: FLEET, threads: 30, messages: 12, seed, say }),
  restart: (seed, say) => stopAndStart({ ...restarts, way: 'process', seed, say }),
  'restart-npm': (seed, say) => stopAndStart({ ...restarts, way: 'npm', seed, say }),
  // Longer than keys are taken for fresh.
  issuer: (_seed, say) => issuerDown({ downMs: 630_000, everyMs: 10_000, say }),
  boots: () => bootTogether(10),
  'newer-database': () => newerDatabase(),
  upgrade: (seed, say) => rollingUpgrade({ backlog: 20, busy: 8, turns: 5, seed, say }),
};

const kills = {
  moments: Array.from({ length: KILLS }, (_, index) => MOMENTS[index % MOMENTS.length]!),
  bystanders: 2,
  maxAttempts: 3,
};

const waiting = {
  moments: Array.from({ length: KILLS }, (_, index) => WAITING_MOMENTS[index % WAITING_MOMENTS.length]!),
  pairs: 2,
  others: 2,
};

const stops = { stops: 100, atOnce: 5, limitMs: 500 };

const restarts = { streams: 20, tokens: 400, delayMs: 20 };

async function withRedis(
  use: (redis: { readonly url: string; flush(): Promise<void> }) => Promise<Outcome>,
): Promise<Outcome> {
  if (!hasRedisServer()) return { figures: { skipped: 'there is no redis-server here' }, problems: [] };
  const redis = await startRedisServer();
  try {
    return await use(redis);
  } finally {
    await redis.close();
  }
}
