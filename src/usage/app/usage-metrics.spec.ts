import { metricSamples } from '../../../test/support/metric-samples.js';
import { Metrics } from '../../platform/telemetry/index.js';
import { ModelLabels } from '../core/model-labels.js';
import { UsageMetrics, type MeasuredAttempt } from './usage-metrics.js';

const ATTEMPT: MeasuredAttempt = {
  id: 'attempt',
  org: 'acme',
  user: 'alice',
  cause: { type: 'stateless', requestId: 'request' },
  operation: 'chat',
  at: '2026-03-10T12:30:00.000Z',
  provider: 'openai',
  model: 'gpt',
  outcome: 'completed',
  inputTokens: 100,
  outputTokens: 20,
  cachedTokens: 60,
  reasoningTokens: 5,
  cost: 0.25,
  firstTokenMs: 300,
  estimated: false,
  durationMs: 4_000,
  retries: 2,
  errorCode: null,
};

function create() {
  const metrics = new Metrics({ METRICS: false });
  return { metrics, usage: new UsageMetrics(metrics, new ModelLabels()) };
}

describe('the metrics of usage', () => {
  it('count what an attempt took and how it ended', async () => {
    const { metrics, usage } = create();
    usage.attempt(ATTEMPT);
    usage.attempt({ ...ATTEMPT, cost: null, firstTokenMs: null, cachedTokens: 0, retries: 0 });
    expect(await metricSamples(metrics, 'llm_attempts_total')).toEqual([
      'threadline_llm_attempts_total{provider="openai",model="gpt",outcome="completed"} 2',
    ]);
    expect(await metricSamples(metrics, 'llm_tokens_total')).toEqual([
      'threadline_llm_tokens_total{provider="openai",model="gpt",direction="input"} 200',
      'threadline_llm_tokens_total{provider="openai",model="gpt",direction="output"} 40',
      'threadline_llm_tokens_total{provider="openai",model="gpt",direction="cached"} 60',
      'threadline_llm_tokens_total{provider="openai",model="gpt",direction="reasoning"} 10',
    ]);
    expect(await metricSamples(metrics, 'llm_cost_dollars_total')).toEqual([
      'threadline_llm_cost_dollars_total{provider="openai",model="gpt"} 0.25',
    ]);
    expect(await metricSamples(metrics, 'llm_retries_total')).toEqual([
      'threadline_llm_retries_total{provider="openai"} 2',
    ]);
    expect(await metricSamples(metrics, 'llm_errors_total')).toEqual([]);
    expect(await metricSamples(metrics, 'llm_duration_seconds_sum')).toEqual([
      'threadline_llm_duration_seconds_sum{provider="openai",model="gpt"} 8',
    ]);
    expect(await metricSamples(metrics, 'llm_first_token_seconds_sum')).toEqual([
      'threadline_llm_first_token_seconds_sum{provider="openai",model="gpt"} 0.3',
    ]);
    expect(await metricSamples(metrics, 'llm_first_token_seconds_count')).toEqual([
      'threadline_llm_first_token_seconds_count{provider="openai",model="gpt"} 1',
    ]);
  });

  it('count failures by whose fault they were', async () => {
    const { metrics, usage } = create();
    usage.attempt({ ...ATTEMPT, outcome: 'failed', errorCode: 'PROVIDER_TIMEOUT', fault: 'server' });
    expect(await metricSamples(metrics, 'llm_errors_total')).toEqual([
      'threadline_llm_errors_total{provider="openai",class="server",code="PROVIDER_TIMEOUT"} 1',
    ]);
  });

  it('call no more than two hundred models by their names, whatever clients ask for', async () => {
    const { metrics, usage } = create();
    for (let number = 0; number < 300; number += 1) {
      usage.attempt({ ...ATTEMPT, model: `made-up-${number}` });
    }
    usage.attempt({ ...ATTEMPT, model: 'made-up-7' });
    const attempts = await metricSamples(metrics, 'llm_attempts_total');
    expect(attempts).toHaveLength(201);
    expect(attempts).toContain(
      'threadline_llm_attempts_total{provider="openai",model="other",outcome="completed"} 100',
    );
    expect(attempts).toContain(
      'threadline_llm_attempts_total{provider="openai",model="made-up-7",outcome="completed"} 2',
    );
  });
});
