import { metricSamples } from '../../../test/support/metric-samples.js';
import { Metrics } from '../../platform/telemetry/index.js';
import { TurnMetrics } from './turn-metrics.js';

describe('the metrics of turns', () => {
  it('say how many run at the scrape, and how they have ended', async () => {
    const metrics = new Metrics({ METRICS: false });
    const turns = new TurnMetrics(metrics);
    let running = 1;
    turns.watchRunning(() => running);
    running = 2;
    turns.turnEnded('completed');
    expect(await metricSamples(metrics, 'turns')).toEqual(['threadline_turns{status="running"} 2']);
    expect(await metricSamples(metrics, 'turns_total')).toEqual([
      'threadline_turns_total{outcome="completed"} 1',
    ]);
  });
});
