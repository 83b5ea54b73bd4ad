import { Counter, Gauge } from 'prom-client';
import { metricSamples } from '../../../test/support/metric-samples.js';
import { Metrics } from './metrics.js';

function gauge({ registry }: Metrics): Gauge {
  return new Gauge({ name: 'threadline_streams', help: 'Streams.', registers: [registry] });
}

describe('the metrics', () => {
  it('read what has to be asked for when they are read themselves', async () => {
    const metrics = new Metrics({ METRICS: false });
    const streams = gauge(metrics);
    let open = 3;
    metrics.onScrape(() => streams.set(open));
    open = 5;
    expect(await metricSamples(metrics, 'streams')).toEqual(['threadline_streams 5']);
  });

  it('are there even when something asked for fails or does not answer', async () => {
    const metrics = new Metrics({ METRICS: false });
    const streams = gauge(metrics);
    metrics.onScrape(() => {
      throw new Error('broken');
    });
    metrics.onScrape(() => Promise.reject(new Error('broken too')));
    metrics.onScrape(() => new Promise(() => undefined));
    metrics.onScrape(() => streams.set(1));
    expect(await metricSamples(metrics, 'streams')).toEqual(['threadline_streams 1']);
  });

  it('of two applications in one process are apart, and the process is in both', async () => {
    const [one, other] = [new Metrics({ METRICS: true }), new Metrics({ METRICS: true })];
    new Counter({ name: 'threadline_turns_total', help: 'Turns.', registers: [one.registry] }).inc();
    expect(await metricSamples(one, 'turns_total')).toEqual(['threadline_turns_total 1']);
    expect(await metricSamples(other, 'turns_total')).toEqual([]);
    for (const metrics of [one, other]) {
      expect(await metrics.text()).toMatch(/^process_cpu_seconds_total \d/m);
      expect(await metrics.text()).toMatch(/^nodejs_eventloop_lag_p99_seconds \d/m);
    }
  });
});
