import { metricSamples } from '../../../test/support/metric-samples.js';
import { Metrics } from '../../platform/telemetry/index.js';
import { LogMetrics } from './log-metrics.js';

describe('the metrics of the event log', () => {
  it('take a clock that went back for no lag', async () => {
    const metrics = new Metrics({ METRICS: false });
    const log = new LogMetrics(metrics);
    log.eventStored(20);
    log.eventStored(-5_000);
    expect(await metricSamples(metrics, 'event_log_lag_seconds_sum')).toEqual([
      'threadline_event_log_lag_seconds_sum 0.02',
    ]);
    expect(await metricSamples(metrics, 'event_log_lag_seconds_count')).toEqual([
      'threadline_event_log_lag_seconds_count 2',
    ]);
  });
});
