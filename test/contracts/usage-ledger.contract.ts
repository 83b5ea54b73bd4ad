import { newId } from '../../src/kernel/index.js';
import type { AttemptCause } from '../../src/usage/core/attempt-cause.js';
import type { InFlightAttempts } from '../../src/usage/ports/in-flight-attempts.js';
import type { AttemptRecord, BegunAttempt, UsageLedger } from '../../src/usage/ports/usage-ledger.js';
import type { UsageQuery, UsageReport } from '../../src/usage/ports/usage-report.js';

export interface LedgerUnderTest {
  readonly ledger: UsageLedger;
  readonly inFlight: InFlightAttempts;
  readonly report: UsageReport;
}

/** A turn of a thread, both of them new unless they are named. */
export function turnCause({ threadId = newId(), turnId = newId() } = {}): AttemptCause & { type: 'turn' } {
  return { type: 'turn', threadId, turnId };
}

/** An attempt that came to its end, by somebody of an org. */
export function attemptOf(org: string, user: string, change: Partial<AttemptRecord> = {}): AttemptRecord {
  return {
    id: newId(),
    org,
    user,
    cause: turnCause(),
    operation: 'chat',
    provider: 'openai',
    model: 'gpt-4o-mini',
    inputTokens: 100,
    outputTokens: 20,
    cachedTokens: 10,
    reasoningTokens: 5,
    estimated: false,
    cost: 0.000027,
    firstTokenMs: 120,
    durationMs: 800,
    retries: 0,
    outcome: 'completed',
    errorCode: null,
    at: '2026-03-10T12:30:00.000Z',
    ...change,
  };
}

/** The same attempt as it was known of when its request was sent. */
export function begunOf(attempt: AttemptRecord, promptChars = 400): BegunAttempt {
  const { id, org, user, cause, operation, provider, model, at } = attempt;
  return { id, org, user, cause, operation, provider, model, promptChars, at };
}

const MARCH = { from: '2026-03-01T00:00:00.000Z', to: '2026-04-01T00:00:00.000Z' };

/** What `UsageLedger`, `InFlightAttempts` and `UsageReport` promise together, whoever implements them. */
export function describeUsageLedger(name: string, setUp: () => Promise<LedgerUnderTest>): void {
  describe(`the usage ledger in ${name}`, () => {
    let subject: LedgerUnderTest;
    let org: string;
    beforeAll(async () => {
      subject = await setUp();
    });
    beforeEach(() => {
      org = newId();
    });

    const record = (...attempts: readonly AttemptRecord[]) =>
      Promise.all(attempts.map((attempt) => subject.ledger.record(attempt)));
    const read = (query: Partial<UsageQuery> = {}) =>
      subject.report.read({
        org,
        user: undefined,
        ...MARCH,
        groupBy: ['provider', 'model'],
        limit: 100,
        after: undefined,
        ...query,
      });

    it('has nothing to say about nobody', async () => {
      expect(await read()).toEqual({
        groups: [],
        total: {
          attempts: 0,
          inputTokens: 0,
          outputTokens: 0,
          totalTokens: 0,
          cachedTokens: 0,
          reasoningTokens: 0,
          estimatedAttempts: 0,
          cost: 0,
          unpricedAttempts: 0,
          failedAttempts: 0,
          averageFirstTokenMs: null,
        },
      });
    });

    it('sums up what it was told', async () => {
      await record(
        attemptOf(org, 'ada'),
        attemptOf(org, 'ada', { cost: null, estimated: true, firstTokenMs: 240, outcome: 'cancelled' }),
        attemptOf(org, 'ada', {
          outputTokens: 0,
          cost: 0.5,
          firstTokenMs: null,
          outcome: 'failed',
          errorCode: 'PROVIDER_ERROR',
        }),
      );
      const { groups, total } = await read();
      expect(total).toEqual({
        attempts: 3,
        inputTokens: 300,
        outputTokens: 40,
        totalTokens: 340,
        cachedTokens: 30,
        reasoningTokens: 15,
        estimatedAttempts: 1,
        cost: 0.500027,
        unpricedAttempts: 1,
        failedAttempts: 1,
        averageFirstTokenMs: 180,
      });
      expect(groups).toEqual([{ key: ['openai', 'gpt-4o-mini'], sums: total }]);
    });

    it('has an attempt once, however often it is told', async () => {
      const attempt = attemptOf(org, 'ada');
      await record(attempt, attempt, { ...attempt, inputTokens: 999 });
      await record(attempt);
      expect((await read()).total).toMatchObject({ attempts: 1, inputTokens: 100 });
    });

    it('keeps every one of many that come at once', async () => {
      await record(...Array.from({ length: 1_200 }, () => attemptOf(org, 'ada')));
      expect((await read()).total).toMatchObject({ attempts: 1_200, inputTokens: 120_000 });
    });

    it('groups by each of its words', async () => {
      const threadId = newId();
      await record(
        attemptOf(org, 'ada', { cause: turnCause({ threadId }) }),
        attemptOf(org, 'bob', {
          cause: { type: 'stateless', requestId: newId() },
          provider: 'claude',
          model: 'claude-x',
          operation: 'embeddings',
          outcome: 'refused',
          at: '2026-03-11T00:00:00.000Z',
        }),
      );
      const keys = async (groupBy: UsageQuery['groupBy']) =>
        (await read({ groupBy })).groups.map(({ key }) => key);
      expect(await keys(['day'])).toEqual([['2026-03-10'], ['2026-03-11']]);
      expect(await keys(['hour'])).toEqual([['2026-03-10T12:00:00.000Z'], ['2026-03-11T00:00:00.000Z']]);
      expect(await keys(['user'])).toEqual([['ada'], ['bob']]);
      expect(await keys(['thread'])).toEqual([[null], [threadId]]);
      expect(await keys(['provider'])).toEqual([['claude'], ['openai']]);
      expect(await keys(['model'])).toEqual([['claude-x'], ['gpt-4o-mini']]);
      expect(await keys(['operation'])).toEqual([['chat'], ['embeddings']]);
      expect(await keys(['outcome'])).toEqual([['completed'], ['refused']]);
      expect(await keys(['model', 'user', 'day'])).toEqual([
        ['gpt-4o-mini', 'ada', '2026-03-10'],
        ['claude-x', 'bob', '2026-03-11'],
      ]);
    });

    it('counts from the first moment until before the last', async () => {
      await record(
        attemptOf(org, 'ada', { at: '2026-02-28T23:59:59.999Z', inputTokens: 1 }),
        attemptOf(org, 'ada', { at: MARCH.from, inputTokens: 2 }),
        attemptOf(org, 'ada', { at: '2026-03-31T23:59:59.999Z', inputTokens: 4 }),
        attemptOf(org, 'ada', { at: MARCH.to, inputTokens: 8 }),
      );
      expect((await read()).total.inputTokens).toBe(6);
    });

    it('shows one user only their own, and nobody another organisation', async () => {
      await record(
        attemptOf(org, 'ada', { inputTokens: 1 }),
        attemptOf(org, 'bob', { inputTokens: 2 }),
        attemptOf(newId(), 'ada', { inputTokens: 4 }),
      );
      const inputTokens = async (user: string | undefined) =>
        (await read({ user, groupBy: ['user'] })).groups.map(({ key, sums }) => [...key, sums.inputTokens]);
      expect(await inputTokens('ada')).toEqual([['ada', 1]]);
      expect(await inputTokens('bob')).toEqual([['bob', 2]]);
      expect(await inputTokens('eve')).toEqual([]);
      expect(await inputTokens(undefined)).toEqual([
        ['ada', 1],
        ['bob', 2],
      ]);
    });

    it('gives pages that hold every group once, and the sums of all on each', async () => {
      const models = ['Zeta', 'alpha', 'alpha-2', 'beta', 'émile', '模型', 'z'];
      await record(
        ...models.flatMap((model) => [
          attemptOf(org, 'ada', { model, cause: { type: 'job', jobId: 'one' } }),
          attemptOf(org, 'ada', {
            model,
            cause: turnCause({ threadId: '00000000-0000-7000-8000-000000000001' }),
          }),
        ]),
      );
      const groupBy = ['model', 'thread'] as const;
      const seen: unknown[] = [];
      let after: UsageQuery['after'];
      for (;;) {
        const { groups, total } = await read({ groupBy, after, limit: 3 });
        expect(total.attempts).toBe(14);
        if (groups.length === 0) break;
        seen.push(...groups.map(({ key }) => key.join()));
        after = groups.at(-1)!.key;
      }
      const whole = await read({ groupBy });
      expect(seen).toEqual(whole.groups.map(({ key }) => key.join()));
      expect(new Set(seen).size).toBe(14);
    });

    it('takes fractions of a millisecond and names that are no text', async () => {
      await record(attemptOf(org, 'ada', { firstTokenMs: 12.4, durationMs: 99.9, model: 'a\ud800' }));
      expect((await read()).total.attempts).toBe(1);
    });

    describe('of attempts in flight', () => {
      const begin = (...attempts: readonly AttemptRecord[]) =>
        Promise.all(attempts.map((attempt) => subject.ledger.begin(begunOf(attempt))));
      const reckoned = (attempt: AttemptRecord): AttemptRecord => ({
        ...attempt,
        inputTokens: 7,
        outputTokens: 0,
        estimated: true,
        outcome: 'failed',
        errorCode: 'INTERNAL',
      });

      it('knows them as they were told, the oldest first, and no report does', async () => {
        const cause = turnCause();
        const late = attemptOf(org, 'ada', { cause, at: '2026-03-10T12:31:00.000Z' });
        const early = attemptOf(org, 'ada', { cause, operation: 'embeddings' });
        await begin(late);
        await subject.ledger.begin(begunOf(early, 0));
        expect(await subject.inFlight.ofTurn(cause.turnId)).toEqual([begunOf(early, 0), begunOf(late)]);
        expect((await read()).total.attempts).toBe(0);
      });

      it.each<AttemptCause>([
        turnCause(),
        { type: 'job', jobId: 'ingest 7' },
        { type: 'stateless', requestId: newId() },
      ])('knows that one was made for a $type', async (cause) => {
        const attempt = attemptOf(org, 'ada', { cause, at: '2000-01-01T00:00:00.000Z' });
        await begin(attempt);
        const time = new Date('2000-01-02T00:00:00.000Z');
        expect(await subject.inFlight.before(time, 10)).toEqual([begunOf(attempt)]);
        await subject.inFlight.close([reckoned(attempt)]);
        expect(await subject.inFlight.before(time, 10)).toEqual([]);
      });

      it('forgets one that is recorded, and has its row', async () => {
        const cause = turnCause();
        const attempt = attemptOf(org, 'ada', { cause });
        await begin(attempt);
        expect(await subject.ledger.record(attempt)).toBe('stored');
        expect(await subject.inFlight.ofTurn(cause.turnId)).toEqual([]);
        expect((await read()).total).toMatchObject({ attempts: 1, inputTokens: 100 });
      });

      it('leaves nothing behind of one that is recorded at once', async () => {
        const causes = Array.from({ length: 50 }, () => turnCause());
        const attempts = causes.map((cause) => attemptOf(org, 'ada', { cause }));
        await Promise.all(
          attempts.map(async (attempt) => {
            await subject.ledger.begin(begunOf(attempt));
            await subject.ledger.record(attempt);
          }),
        );
        for (const { turnId } of causes) expect(await subject.inFlight.ofTurn(turnId)).toEqual([]);
        expect((await read()).total.attempts).toBe(50);
      });

      it('closes one by a reckoning, once', async () => {
        const cause = turnCause();
        const attempt = attemptOf(org, 'ada', { cause });
        await begin(attempt);
        expect(await subject.inFlight.close([reckoned(attempt)])).toEqual(new Set([attempt.id]));
        expect(await subject.inFlight.close([reckoned(attempt)])).toEqual(new Set());
        expect(await subject.inFlight.ofTurn(cause.turnId)).toEqual([]);
        expect((await read()).total).toMatchObject({ attempts: 1, inputTokens: 7, failedAttempts: 1 });
      });

      it('leaves a row that is there as it is when it is to be closed', async () => {
        const cause = turnCause();
        const attempt = attemptOf(org, 'ada', { cause });
        await record(attempt);
        await begin(attempt);
        expect(await subject.inFlight.close([reckoned(attempt)])).toEqual(new Set());
        expect(await subject.inFlight.ofTurn(cause.turnId)).toEqual([]);
        expect((await read()).total).toMatchObject({ attempts: 1, inputTokens: 100 });
      });

      it('replaces a reckoning by what is recorded late, and says so', async () => {
        const attempt = attemptOf(org, 'ada');
        const beside = attemptOf(org, 'ada');
        await begin(attempt);
        await subject.inFlight.close([reckoned(attempt)]);
        expect(await Promise.all([subject.ledger.record(beside), subject.ledger.record(attempt)])).toEqual([
          'stored',
          'corrected',
        ]);
        expect((await read()).total).toMatchObject({ attempts: 2, inputTokens: 200, failedAttempts: 0 });
      });

      it('finds those that began before a time', async () => {
        const [old, older, young] = ['01', '00', '02'].map((hour) =>
          attemptOf(org, 'ada', { at: `2001-01-01T${hour}:00:00.000Z` }),
        );
        await begin(old!, older!, young!);
        const ids = async (limit: number) =>
          (await subject.inFlight.before(new Date('2001-01-01T02:00:00.000Z'), limit)).map(({ id }) => id);
        expect(await ids(10)).toEqual([older!.id, old!.id]);
        expect(await ids(1)).toEqual([older!.id]);
        await subject.inFlight.close([old!, older!, young!].map(reckoned));
        expect(await ids(10)).toEqual([]);
      });
    });
  });
}
