import type { MeasuredAttempt } from './llm-metrics.js';
import { Metrics } from './metrics.js';

const ATTEMPT: MeasuredAttempt = {
  provider: 'openai',
  model: 'gpt',
  outcome: 'completed',
  inputTokens: 100,
  outputTokens: 20,
  cachedTokens: 60,
  reasoningTokens: 5,
  cost: 0.25,
  firstTokenMs: 300,
  durationMs: 4_000,
  retries: 2,
  errorCode: null,
};

/** The samples of a metric, as they stand in the text. */
async function samples(metrics: Metrics, name: string): Promise<string[]> {
  const lines = (await metrics.text()).split('\n');
  return lines.filter(
    (line) => line.startsWith(`threadline_${name}{`) || line.startsWith(`threadline_${name} `),
  );
}

describe('the metrics', () => {
  const create = () => new Metrics({ METRICS: false });

  it('count what an attempt took and how it ended', async () => {
    const metrics = create();
    metrics.llm.attempt(ATTEMPT);
    metrics.llm.attempt({ ...ATTEMPT, cost: null, firstTokenMs: null, cachedTokens: 0, retries: 0 });
    expect(await samples(metrics, 'llm_attempts_total')).toEqual([
      'threadline_llm_attempts_total{provider="openai",model="gpt",outcome="completed"} 2',
    ]);
    expect(await samples(metrics, 'llm_tokens_total')).toEqual([
      'threadline_llm_tokens_total{provider="openai",model="gpt",direction="input"} 200',
      'threadline_llm_tokens_total{provider="openai",model="gpt",direction="output"} 40',
      'threadline_llm_tokens_total{provider="openai",model="gpt",direction="cached"} 60',
      'threadline_llm_tokens_total{provider="openai",model="gpt",direction="reasoning"} 10',
    ]);
    expect(await samples(metrics, 'llm_cost_dollars_total')).toEqual([
      'threadline_llm_cost_dollars_total{provider="openai",model="gpt"} 0.25',
    ]);
    expect(await samples(metrics, 'llm_retries_total')).toEqual([
      'threadline_llm_retries_total{provider="openai"} 2',
    ]);
    expect(await samples(metrics, 'llm_errors_total')).toEqual([]);
    expect(await samples(metrics, 'llm_duration_seconds_sum')).toEqual([
      'threadline_llm_duration_seconds_sum{provider="openai",model="gpt"} 8',
    ]);
    expect(await samples(metrics, 'llm_first_token_seconds_sum')).toEqual([
      'threadline_llm_first_token_seconds_sum{provider="openai",model="gpt"} 0.3',
    ]);
    expect(await samples(metrics, 'llm_first_token_seconds_count')).toEqual([
      'threadline_llm_first_token_seconds_count{provider="openai",model="gpt"} 1',
    ]);
  });

  it('count failures by whose fault they were, and failovers', async () => {
    const metrics = create();
    metrics.llm.attempt({ ...ATTEMPT, outcome: 'failed', errorCode: 'PROVIDER_TIMEOUT', fault: 'server' });
    metrics.llm.failover('openai', 'claude');
    expect(await samples(metrics, 'llm_errors_total')).toEqual([
      'threadline_llm_errors_total{provider="openai",class="server",code="PROVIDER_TIMEOUT"} 1',
    ]);
    expect(await samples(metrics, 'llm_failovers_total')).toEqual([
      'threadline_llm_failovers_total{from="openai",to="claude"} 1',
    ]);
  });

  it('call no more than two hundred models by their names, whatever clients ask for', async () => {
    const metrics = create();
    for (let number = 0; number < 300; number += 1) {
      metrics.llm.attempt({ ...ATTEMPT, model: `made-up-${number}` });
    }
    metrics.llm.attempt({ ...ATTEMPT, model: 'made-up-7' });
    const attempts = await samples(metrics, 'llm_attempts_total');
    expect(attempts).toHaveLength(201);
    expect(attempts).toContain(
      'threadline_llm_attempts_total{provider="openai",model="other",outcome="completed"} 100',
    );
    expect(attempts).toContain(
      'threadline_llm_attempts_total{provider="openai",model="made-up-7",outcome="completed"} 2',
    );
  });

  it('show the breakers there are now, and of those that share a name the worst', async () => {
    const metrics = create();
    metrics.llm.showBreakers([{ provider: 'openai', model: 'gone', state: 'open' }]);
    const many = Array.from({ length: 300 }, (_, number) => ({
      provider: 'groq',
      model: `m${number}`,
      state: number === 250 ? ('open' as const) : ('closed' as const),
    }));
    metrics.watchBreakers(() => [{ provider: 'openai', model: 'gpt', state: 'half_open' }, ...many]);
    const shown = await samples(metrics, 'llm_breaker_state');
    expect(shown[0]).toBe('threadline_llm_breaker_state{provider="openai",model="gpt"} 1');
    expect(shown).toContain('threadline_llm_breaker_state{provider="groq",model="other"} 2');
    expect(shown.join()).not.toContain('gone');
  });

  it('read what has to be asked for when they are read themselves', async () => {
    const metrics = create();
    let streams = 3;
    metrics.watchOpenStreams(() => streams);
    metrics.watchTurns(() => Promise.resolve({ running: 2, queued: 1 }));
    const pool = () => ({ total: 10, idle: 4, waiting: 1 });
    metrics.watchPool(pool, pool);
    streams = 5;
    expect(await samples(metrics, 'open_streams')).toEqual(['threadline_open_streams 5']);
    expect(await samples(metrics, 'turns')).toEqual([
      'threadline_turns{status="running"} 2',
      'threadline_turns{status="queued"} 1',
    ]);
    expect(await samples(metrics, 'database_pool_connections')).toEqual([
      'threadline_database_pool_connections{state="total"} 20',
      'threadline_database_pool_connections{state="idle"} 8',
      'threadline_database_pool_connections{state="waiting"} 2',
    ]);
  });

  it('are there even when something asked for fails or does not answer', async () => {
    const metrics = create();
    metrics.onScrape(() => {
      throw new Error('broken');
    });
    metrics.onScrape(() => Promise.reject(new Error('broken too')));
    metrics.onScrape(() => new Promise(() => undefined));
    metrics.watchOpenStreams(() => 1);
    metrics.turnEnded('completed');
    expect(await samples(metrics, 'open_streams')).toEqual(['threadline_open_streams 1']);
    expect(await samples(metrics, 'turns_total')).toEqual(['threadline_turns_total{outcome="completed"} 1']);
  });

  it('take a clock that went back for no lag', async () => {
    const metrics = create();
    metrics.eventStored(20);
    metrics.eventStored(-5_000);
    expect(await samples(metrics, 'event_log_lag_seconds_sum')).toEqual([
      'threadline_event_log_lag_seconds_sum 0.02',
    ]);
    expect(await samples(metrics, 'event_log_lag_seconds_count')).toEqual([
      'threadline_event_log_lag_seconds_count 2',
    ]);
  });

  it('of two applications in one process are apart, and the process is in both', async () => {
    const [one, other] = [new Metrics({ METRICS: true }), new Metrics({ METRICS: true })];
    one.turnEnded('completed');
    expect(await samples(other, 'turns_total')).toEqual([]);
    for (const metrics of [one, other]) {
      expect(await metrics.text()).toMatch(/^process_cpu_seconds_total \d/m);
      expect(await metrics.text()).toMatch(/^nodejs_eventloop_lag_p99_seconds \d/m);
    }
  });
});
