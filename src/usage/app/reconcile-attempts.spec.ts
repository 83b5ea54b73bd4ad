import { Logger } from '@nestjs/common';
import { MemoryUsageLedger } from '../../../test/doubles/memory-usage-ledger.js';
import { Metrics } from '../../platform/telemetry/index.js';
import { ModelLabels } from '../core/model-labels.js';
import type { AttemptEstimator } from '../ports/attempt-estimator.js';
import type { BegunAttempt } from '../ports/usage-ledger.js';
import { ReconcileAttempts } from './reconcile-attempts.js';
import { UsageMetrics } from './usage-metrics.js';

const TOTAL_MS = 60_000;
const HOUR_MS = 3_600_000;

const CAUSE = { type: 'turn', threadId: 'thread', turnId: 'turn' } as const;

/** A token a character, and a dollar a token. */
const estimator: AttemptEstimator = {
  estimate: ({ promptChars }, said) =>
    Promise.resolve({ inputTokens: promptChars, outputTokens: said.length, cost: promptChars + said.length }),
  publicName: (_provider, model) => `public ${model}`,
};

function setUp() {
  const ledger = new MemoryUsageLedger();
  const metrics = new Metrics({ METRICS: false });
  const usageMetrics = new UsageMetrics(metrics, new ModelLabels());
  const config = { LLM_TOTAL_TIMEOUT_MS: TOTAL_MS };
  const reconcile = new ReconcileAttempts(ledger, estimator, config, usageMetrics);
  return { ledger, reconcile, counted: () => attempts(metrics) };
}

/** How many attempts the metrics have counted, by their model and outcome. */
async function attempts(metrics: Metrics): Promise<string[]> {
  return [
    ...(await metrics.text()).matchAll(
      /^threadline_llm_attempts_total\{.*model="([^"]+)",outcome="(\w+)"\} (\d+)$/gm,
    ),
  ].map(([, model, outcome, count]) => `${count} ${outcome} of ${model}`);
}

const begunAt = (at: number, change: Partial<BegunAttempt> = {}): BegunAttempt => ({
  id: `attempt at ${at}`,
  org: 'acme',
  user: 'alice',
  cause: CAUSE,
  operation: 'chat',
  provider: 'openai',
  model: 'one',
  promptChars: 401,
  at: new Date(at).toISOString(),
  ...change,
});

describe('reconciling attempts', () => {
  beforeAll(() => Logger.overrideLogger(false));
  afterAll(() => Logger.overrideLogger(['log', 'error', 'warn']));

  it('puts the attempt of a dead process into the ledger with what it has probably cost', async () => {
    const { ledger, reconcile, counted } = setUp();
    await ledger.begin(begunAt(Date.now() - 5_000));
    await reconcile.ofTurn('turn', 'Hello!');
    expect(ledger.attempts).toMatchObject([
      {
        org: 'acme',
        user: 'alice',
        cause: CAUSE,
        inputTokens: 401,
        outputTokens: 6,
        estimated: true,
        cost: 407,
        firstTokenMs: null,
        outcome: 'failed',
        errorCode: 'INTERNAL',
      },
    ]);
    expect(await counted()).toEqual(['1 failed of public one']);
  });

  it('takes what was said for the words of the latest attempt only', async () => {
    const { ledger, reconcile } = setUp();
    const now = Date.now();
    for (const begun of [begunAt(now - 2), begunAt(now - 1), begunAt(now, { operation: 'embeddings' })])
      await ledger.begin(begun);
    await reconcile.ofTurn('turn', 'Hello!');
    expect(ledger.attempts.map(({ outputTokens }) => outputTokens)).toEqual([0, 6, 0]);
  });

  it('closes an attempt once, and no other turn’s', async () => {
    const { ledger, reconcile, counted } = setUp();
    await ledger.begin(begunAt(0));
    await ledger.begin(begunAt(1, { cause: { ...CAUSE, turnId: 'another' } }));
    await ledger.begin(begunAt(2, { cause: { type: 'stateless', requestId: 'turn' } }));
    await Promise.all([reconcile.ofTurn('turn', ''), reconcile.ofTurn('turn', '')]);
    await reconcile.ofTurn('turn', '');
    expect(ledger.attempts.map(({ id }) => id)).toEqual(['attempt at 0']);
    expect(await counted()).toEqual(['1 failed of public one']);
  });

  it('sweeps every attempt that is older than any answer may be, whatever it was made for, and leaves the others', async () => {
    const { ledger, reconcile } = setUp();
    const now = Date.now();
    const causes = [
      CAUSE,
      { type: 'job', jobId: 'job' },
      { type: 'stateless', requestId: 'request' },
    ] as const;
    for (let index = 0; index < 1_100; index += 1)
      await ledger.begin(begunAt(now - HOUR_MS + index, { cause: causes[index % 3]! }));
    await ledger.begin(begunAt(now - TOTAL_MS - 1_000));
    await reconcile.sweep();
    expect(ledger.attempts).toHaveLength(1_100);
    expect(ledger.attempts[0]).toMatchObject({ outputTokens: 0, durationMs: TOTAL_MS, outcome: 'failed' });
    expect(await ledger.ofTurn('turn')).toHaveLength(1);
  });

  it('does not keep a turn from being taken over when the ledger is away', async () => {
    const { ledger, reconcile } = setUp();
    await ledger.begin(begunAt(0));
    ledger.close = () => Promise.reject(new Error('away'));
    await reconcile.ofTurn('turn', 'Hello!');
    expect(ledger.attempts).toEqual([]);
    expect(await ledger.ofTurn('turn')).toHaveLength(1);
  });
});
