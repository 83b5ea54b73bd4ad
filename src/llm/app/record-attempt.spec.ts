import { Logger } from '@nestjs/common';
import { MemoryUsageLedger } from '../../../test/doubles/memory-usage-ledger.js';
import { Metrics } from '../../platform/telemetry/index.js';
import { ModelLabels, ReconcileAttempts, UsageMetrics } from '../../usage/index.js';
import { Attempt } from './attempt.js';
import { EstimateAttempt } from './estimate-attempt.js';
import { FirstTokenTimes } from './first-token-times.js';
import type { ModelCatalogue } from './model-catalogue.js';
import { RecordAttempt } from './record-attempt.js';

const catalogue = {
  facts: () => ({ id: 'one', price: { input: 1_000, output: 2_000 } }),
  publicName: (_provider: string, model: string) => model,
} as unknown as ModelCatalogue;

const counter = {
  count: (texts: readonly string[]) => Promise.resolve(texts.join('').length),
  textOf: () => Promise.resolve(undefined),
};

/** Two processes over one ledger: one makes attempts, the other reconciles what it has lost. */
function setUp() {
  const ledger = new MemoryUsageLedger();
  const [asking, closing] = [new Metrics({ METRICS: false }), new Metrics({ METRICS: false })];
  const recordAttempt = new RecordAttempt(ledger, counter, catalogue, new FirstTokenTimes(), usageOf(asking));
  const estimator = new EstimateAttempt(counter, catalogue);
  const reconcile = new ReconcileAttempts(
    ledger,
    estimator,
    { LLM_TOTAL_TIMEOUT_MS: 60_000 },
    usageOf(closing),
  );
  return {
    ledger,
    recordAttempt,
    reconcile,
    counted: async () => [await attempts(asking), await attempts(closing)],
  };
}

const usageOf = (metrics: Metrics) => new UsageMetrics(metrics, new ModelLabels());

/** How many attempts the metrics have counted, by their outcome. */
async function attempts(metrics: Metrics): Promise<string[]> {
  return [
    ...(await metrics.text()).matchAll(/^threadline_llm_attempts_total\{.*outcome="(\w+)"\} (\d+)$/gm),
  ].map(([, outcome, count]) => `${count} ${outcome}`);
}

const CAUSE = { type: 'turn', threadId: 'thread', turnId: 'turn' } as const;
const QUESTION = [{ role: 'user' as const, content: 'What is it?' }];
const FINISH = {
  finish: {
    type: 'finish',
    reason: 'stop',
    usage: { inputTokens: 10, outputTokens: 5, totalTokens: 15 },
  },
  error: undefined,
  wasCancelled: false,
} as const;

async function begin(recordAttempt: RecordAttempt, endsTurn = false): Promise<Attempt> {
  const attempt = new Attempt('chat', 'openai', 'one', {
    caller: { id: 'alice', org: 'acme' },
    cause: CAUSE,
    endsTurn,
  });
  await recordAttempt.begin(attempt, QUESTION);
  attempt.requestSent();
  return attempt;
}

describe('an attempt that is recorded', () => {
  beforeAll(() => Logger.overrideLogger(false));
  afterAll(() => Logger.overrideLogger(['log', 'error', 'warn']));

  it('was estimated, once its process is dead, from the size of the question and what was said', async () => {
    const { ledger, recordAttempt, reconcile } = setUp();
    await begin(recordAttempt);
    await reconcile.ofTurn('turn', 'Hello!');
    expect(ledger.attempts).toMatchObject([
      { cause: CAUSE, inputTokens: 3, outputTokens: 6, estimated: true, cost: 0.015, outcome: 'failed' },
    ]);
  });

  it('is counted once when its process was not dead after all, and what that one says stays', async () => {
    const { ledger, recordAttempt, reconcile, counted } = setUp();
    const attempt = await begin(recordAttempt);
    await reconcile.ofTurn('turn', 'Hel');
    expect(ledger.attempts).toMatchObject([{ outcome: 'failed', inputTokens: 3, outputTokens: 3 }]);
    expect(await recordAttempt.record(attempt, QUESTION, FINISH)).toBe(15);
    expect(ledger.attempts).toMatchObject([{ outcome: 'completed', inputTokens: 10, outputTokens: 5 }]);
    expect(await counted()).toEqual([[], ['1 failed']]);
  });

  it('leaves nothing to reconcile', async () => {
    const { ledger, recordAttempt, reconcile, counted } = setUp();
    const attempt = await begin(recordAttempt);
    await recordAttempt.record(attempt, QUESTION, FINISH);
    await reconcile.ofTurn('turn', 'Hello!');
    expect(ledger.attempts).toMatchObject([{ outcome: 'completed' }]);
    expect(await counted()).toEqual([['1 completed'], []]);
  });

  it('waits for the end of its turn where that ends with the answer, and is counted once it is stored', async () => {
    const { ledger, recordAttempt, counted } = setUp();
    const attempt = await begin(recordAttempt, true);
    expect(await recordAttempt.record(attempt, QUESTION, FINISH)).toBe(15);
    expect(ledger.attempts).toEqual([]);
    expect(await counted()).toEqual([[], []]);
    const taken = ledger.takeOfTurn(CAUSE.turnId);
    expect(taken?.attempt).toMatchObject({ outcome: 'completed', inputTokens: 10 });
    taken?.stored('stored');
    expect(await counted()).toEqual([['1 completed'], []]);
  });

  it.each([
    ['calls tools', { ...FINISH, toolCalls: [{ id: 'call', name: 'add', arguments: '{}' }] }],
    ['has failed', { finish: undefined, error: new Error('no'), wasCancelled: false }],
    ['was cancelled', { finish: undefined, error: undefined, wasCancelled: true }],
  ])('does not wait for the end of its turn when it %s', async (_, end) => {
    const { ledger, recordAttempt } = setUp();
    await recordAttempt.record(await begin(recordAttempt, true), QUESTION, end);
    expect(ledger.attempts).toHaveLength(1);
    expect(ledger.takeOfTurn(CAUSE.turnId)).toBeUndefined();
  });
});
