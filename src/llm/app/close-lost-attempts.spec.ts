import { Logger } from '@nestjs/common';
import { MemoryUsageLedger } from '../../../test/doubles/memory-usage-ledger.js';
import { Metrics } from '../../platform/telemetry/index.js';
import type { BegunAttempt } from '../ports/usage-ledger.js';
import { Attempt } from './attempt.js';
import { CloseLostAttempts } from './close-lost-attempts.js';
import { FirstTokenTimes } from './first-token-times.js';
import type { ModelCatalogue } from './model-catalogue.js';
import { SettleAttempt } from './settle-attempt.js';

const TOTAL_MS = 60_000;
const HOUR_MS = 3_600_000;

const catalogue = {
  facts: () => ({ id: 'one', price: { input: 1_000, output: 2_000 } }),
  knows: () => true,
} as unknown as ModelCatalogue;

/** Two processes over one ledger: one makes attempts, the other closes what it has lost. */
function setUp() {
  const ledger = new MemoryUsageLedger();
  const counter = {
    count: (texts: readonly string[]) => Promise.resolve(texts.join('').length),
    textOf: () => Promise.resolve(undefined),
  };
  const [asking, closing] = [new Metrics({ METRICS: false }), new Metrics({ METRICS: false })];
  const settle = new SettleAttempt(ledger, counter, catalogue, new FirstTokenTimes(), asking);
  const close = new CloseLostAttempts(
    ledger,
    counter,
    { LLM_TOTAL_TIMEOUT_MS: TOTAL_MS },
    catalogue,
    closing,
  );
  return { ledger, settle, close, counted: async () => [await attempts(asking), await attempts(closing)] };
}

/** How many attempts the metrics have counted, by their outcome. */
async function attempts(metrics: Metrics): Promise<string[]> {
  return [
    ...(await metrics.text()).matchAll(/^threadline_llm_attempts_total\{.*outcome="(\w+)"\} (\d+)$/gm),
  ].map(([, outcome, count]) => `${count} ${outcome}`);
}

const begunAt = (at: number, change: Partial<BegunAttempt> = {}): BegunAttempt => ({
  id: `attempt at ${at}`,
  org: 'acme',
  user: 'alice',
  threadId: 'thread',
  turnId: 'turn',
  operation: 'chat',
  provider: 'openai',
  model: 'one',
  promptChars: 401,
  at: new Date(at).toISOString(),
  ...change,
});

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

describe('closing lost attempts', () => {
  beforeAll(() => Logger.overrideLogger(false));
  afterAll(() => Logger.overrideLogger(['log', 'error', 'warn']));

  it('reckons what the attempt of a dead process cost, from the size of the question and what was said', async () => {
    const { ledger, close, counted } = setUp();
    await ledger.begin(begunAt(Date.now() - 5_000));
    await close.ofTurn('turn', 'Hello!');
    expect(ledger.attempts).toMatchObject([
      {
        org: 'acme',
        user: 'alice',
        threadId: 'thread',
        turnId: 'turn',
        inputTokens: 101,
        outputTokens: 6,
        estimated: true,
        cost: 0.113,
        firstTokenMs: null,
        outcome: 'failed',
        errorCode: 'INTERNAL',
      },
    ]);
    expect(await counted()).toEqual([[], ['1 failed']]);
  });

  it('takes what was said for the words of the latest attempt only', async () => {
    const { ledger, close } = setUp();
    const now = Date.now();
    for (const begun of [begunAt(now - 2), begunAt(now - 1), begunAt(now, { operation: 'embeddings' })])
      await ledger.begin(begun);
    await close.ofTurn('turn', 'Hello!');
    expect(ledger.attempts.map(({ outputTokens }) => outputTokens)).toEqual([0, 6, 0]);
  });

  it('closes an attempt once, and no other turn’s', async () => {
    const { ledger, close, counted } = setUp();
    await ledger.begin(begunAt(0));
    await ledger.begin(begunAt(1, { turnId: 'another' }));
    await Promise.all([close.ofTurn('turn', ''), close.ofTurn('turn', '')]);
    await close.ofTurn('turn', '');
    expect(ledger.attempts.map(({ id }) => id)).toEqual(['attempt at 0']);
    expect(await counted()).toEqual([[], ['1 failed']]);
  });

  it('counts an attempt once when its process was not dead after all, and keeps what that one says', async () => {
    const { ledger, settle, close, counted } = setUp();
    const context = { caller: { id: 'alice', org: 'acme' }, threadId: null, turnId: 'turn' };
    const attempt = new Attempt('chat', 'openai', 'one', context);
    await settle.begin(attempt, QUESTION);
    attempt.asks();
    await close.ofTurn('turn', 'Hel');
    expect(ledger.attempts).toMatchObject([{ outcome: 'failed', inputTokens: 3, outputTokens: 3 }]);
    expect(await settle.settle(attempt, QUESTION, FINISH)).toBe(15);
    expect(ledger.attempts).toMatchObject([{ outcome: 'completed', inputTokens: 10, outputTokens: 5 }]);
    expect(await counted()).toEqual([[], ['1 failed']]);
  });

  it('has nothing to close of an attempt that was settled', async () => {
    const { ledger, settle, close, counted } = setUp();
    const context = { caller: { id: 'alice', org: 'acme' }, threadId: null, turnId: 'turn' };
    const attempt = new Attempt('chat', 'openai', 'one', context);
    await settle.begin(attempt, QUESTION);
    attempt.asks();
    await settle.settle(attempt, QUESTION, FINISH);
    await close.ofTurn('turn', 'Hello!');
    expect(ledger.attempts).toMatchObject([{ outcome: 'completed' }]);
    expect(await counted()).toEqual([['1 completed'], []]);
  });

  it('sweeps every attempt that is older than any answer may be, and leaves the others', async () => {
    const { ledger, close } = setUp();
    const now = Date.now();
    for (let index = 0; index < 1_100; index += 1) await ledger.begin(begunAt(now - HOUR_MS + index));
    await ledger.begin(begunAt(now - TOTAL_MS - 1_000));
    await close.sweep();
    expect(ledger.attempts).toHaveLength(1_100);
    expect(ledger.attempts[0]).toMatchObject({ outputTokens: 0, durationMs: TOTAL_MS, outcome: 'failed' });
    expect(await ledger.ofTurn('turn')).toHaveLength(1);
  });

  it('does not keep a turn from being taken over when the ledger is away', async () => {
    const { ledger, close } = setUp();
    await ledger.begin(begunAt(0));
    ledger.close = () => Promise.reject(new Error('away'));
    await close.ofTurn('turn', 'Hello!');
    expect(ledger.attempts).toEqual([]);
    expect(await ledger.ofTurn('turn')).toHaveLength(1);
  });
});
