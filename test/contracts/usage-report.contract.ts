import { newId } from '../../src/kernel/index.js';
import type { UsageQuery } from '../../src/usage/ports/usage-report.js';
import { attemptOf, MARCH, turnCause } from '../support/attempts.js';
import { ledgerSuite, type LedgerUnderTest } from '../support/ledger-suite.js';

/** Holds an implementation to every promise of {@link UsageReport}. */
export function describeUsageReport(name: string, setUp: () => Promise<LedgerUnderTest>): void {
  describe(`the report of usage in ${name}`, () => {
    const { byAda, org, read, record } = ledgerSuite(setUp);

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
        byAda(),
        byAda({ cost: null, estimated: true, firstTokenMs: 240, outcome: 'cancelled' }),
        byAda({
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

    it('groups by each of its words', async () => {
      const threadId = newId();
      await record(
        byAda({ cause: turnCause({ threadId }) }),
        attemptOf(org(), 'bob', {
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
      expect(await keys(['turn'])).toHaveLength(2);
      expect(await keys(['provider'])).toEqual([['claude'], ['openai']]);
      expect(await keys(['model'])).toEqual([['claude-x'], ['gpt-4o-mini']]);
      expect(await keys(['operation'])).toEqual([['chat'], ['embeddings']]);
      expect(await keys(['outcome'])).toEqual([['completed'], ['refused']]);
      expect(await keys(['model', 'user', 'day'])).toEqual([
        ['gpt-4o-mini', 'ada', '2026-03-10'],
        ['claude-x', 'bob', '2026-03-11'],
      ]);
    });

    it('tells apart what was asked in which step and round of a turn, and what for', async () => {
      const turn = turnCause();
      const stateless = { type: 'stateless', requestId: newId() } as const;
      await record(
        ...[2, 10, 1].map((round) => byAda({ cause: { ...turn, step: 'reply', round } })),
        byAda({ cause: { ...turn, step: 'reply', round: 2, purpose: 'sampling' } }),
        byAda({ cause: { ...stateless, purpose: 'planning' } }),
        byAda({ cause: { type: 'job', jobId: newId() } }),
      );
      const keys = async (groupBy: UsageQuery['groupBy']) =>
        (await read({ groupBy })).groups.map(({ key, sums }) => [...key, sums.attempts]);
      const turns = [turn.turnId, stateless.requestId].toSorted();
      expect(await keys(['turn'])).toEqual([
        [null, 1],
        ...turns.map((id) => [id, id === turn.turnId ? 4 : 1]),
      ]);
      expect(await keys(['step'])).toEqual([
        [null, 2],
        ['reply', 4],
      ]);
      expect(await keys(['step', 'round'])).toEqual([
        [null, null, 2],
        ['reply', '001', 1],
        ['reply', '002', 2],
        ['reply', '010', 1],
      ]);
      expect(await keys(['purpose'])).toEqual([
        [null, 4],
        ['planning', 1],
        ['sampling', 1],
      ]);
    });

    it('counts from the first moment until before the last', async () => {
      await record(
        byAda({ at: '2026-02-28T23:59:59.999Z', inputTokens: 1 }),
        byAda({ at: MARCH.from, inputTokens: 2 }),
        byAda({ at: '2026-03-31T23:59:59.999Z', inputTokens: 4 }),
        byAda({ at: MARCH.to, inputTokens: 8 }),
      );
      expect((await read()).total.inputTokens).toBe(6);
    });

    it('shows one user only their own, and nobody another organisation', async () => {
      await record(
        byAda({ inputTokens: 1 }),
        attemptOf(org(), 'bob', { inputTokens: 2 }),
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
          byAda({ model, cause: { type: 'job', jobId: 'one' } }),
          byAda({
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
  });
}
