import { metricSamples } from '../../../test/support/metric-samples.js';
import { Metrics } from '../../platform/telemetry/index.js';
import { ModelLabels } from '../../usage/index.js';
import { LlmMetrics, type MeasuredBreaker } from './llm-metrics.js';

function create() {
  const metrics = new Metrics({ METRICS: false });
  return { metrics, llm: new LlmMetrics(metrics, new ModelLabels()) };
}

describe('the metrics of providers', () => {
  it('count failovers', async () => {
    const { metrics, llm } = create();
    llm.failover('openai', 'claude');
    expect(await metricSamples(metrics, 'llm_failovers_total')).toEqual([
      'threadline_llm_failovers_total{from="openai",to="claude"} 1',
    ]);
  });

  it('show the breakers there are now, and of those that share a name the worst', async () => {
    const { metrics, llm } = create();
    const many = Array.from({ length: 300 }, (_, number) => ({
      provider: 'groq',
      model: `m${number}`,
      state: number === 250 ? ('open' as const) : ('closed' as const),
    }));
    let breakers: readonly MeasuredBreaker[] = [{ provider: 'openai', model: 'gone', state: 'open' }];
    llm.watchBreakers(() => breakers);
    expect(await metricSamples(metrics, 'llm_breaker_state')).toHaveLength(1);
    breakers = [{ provider: 'openai', model: 'gpt', state: 'half_open' }, ...many];
    const shown = await metricSamples(metrics, 'llm_breaker_state');
    expect(shown[0]).toBe('threadline_llm_breaker_state{provider="openai",model="gpt"} 1');
    expect(shown).toContain('threadline_llm_breaker_state{provider="groq",model="other"} 2');
    expect(shown.join()).not.toContain('gone');
  });
});
