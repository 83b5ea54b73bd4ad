import { metricSamples } from '../../../test/support/metric-samples.js';
import { Metrics } from '../../platform/telemetry/index.js';
import { StreamMetrics } from './stream-metrics.js';

describe('the metrics of streams', () => {
  it('say how many are open at the scrape, and how many have stalled', async () => {
    const metrics = new Metrics({ METRICS: false });
    const streams = new StreamMetrics(metrics);
    let open = 3;
    streams.watchOpen(() => open);
    open = 5;
    streams.streamStalled();
    expect(await metricSamples(metrics, 'open_streams')).toEqual(['threadline_open_streams 5']);
    expect(await metricSamples(metrics, 'stalled_streams_total')).toEqual([
      'threadline_stalled_streams_total 1',
    ]);
  });
});
