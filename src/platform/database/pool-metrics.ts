import { Gauge } from 'prom-client';
import type { Metrics } from '../telemetry/index.js';
import type { Database } from './database.js';

/** Metrics of all connection pools, added up at each scrape. */
export class PoolMetrics {
  constructor(metrics: Metrics, pools: readonly Pick<Database, 'connections'>[]) {
    const gauge = new Gauge({
      name: 'threadline_database_pool_connections',
      help: 'Connections to Postgres (total, idle) and requests that wait for one (waiting).',
      labelNames: ['state'] as const,
      registers: [metrics.registry],
    });
    metrics.onScrape(() => {
      const states = pools.map(({ connections }) => connections);
      for (const state of ['total', 'idle', 'waiting'] as const)
        gauge.set(
          { state },
          states.reduce((sum, pool) => sum + pool[state], 0),
        );
    });
  }
}
