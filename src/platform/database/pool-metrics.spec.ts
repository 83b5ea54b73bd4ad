import { metricSamples } from '../../../test/support/metric-samples.js';
import { Metrics } from '../telemetry/index.js';
import { PoolMetrics } from './pool-metrics.js';

describe('the metrics of the pools', () => {
  it('add them up as they are at the scrape', async () => {
    const metrics = new Metrics({ METRICS: false });
    let waiting = 0;
    const pool = {
      get connections() {
        return { total: 10, idle: 4, waiting };
      },
    };
    new PoolMetrics(metrics, [pool, pool]);
    waiting = 1;
    expect(await metricSamples(metrics, 'database_pool_connections')).toEqual([
      'threadline_database_pool_connections{state="total"} 20',
      'threadline_database_pool_connections{state="idle"} 8',
      'threadline_database_pool_connections{state="waiting"} 2',
    ]);
  });
});
