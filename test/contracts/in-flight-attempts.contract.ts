import { newId } from '../../src/kernel/index.js';
import type { AttemptCause } from '../../src/usage/core/attempt-cause.js';
import { begunOf, reckoned, turnCause } from '../support/attempts.js';
import { ledgerSuite, type LedgerUnderTest } from '../support/ledger-suite.js';

/** Holds an implementation to every promise of {@link InFlightAttempts}. */
export function describeInFlightAttempts(name: string, setUp: () => Promise<LedgerUnderTest>): void {
  describe(`attempts in flight in ${name}`, () => {
    const { byAda, begin, read, record, subject } = ledgerSuite(setUp);

    it('knows them as they were told, the oldest first, and no report does', async () => {
      const cause = turnCause();
      const late = byAda({ cause, at: '2026-03-10T12:31:00.000Z' });
      const asked = { step: 'reply', round: 3, purpose: 'sampling' } as const;
      const early = byAda({ cause: { ...cause, ...asked }, operation: 'embeddings' });
      await begin(late);
      await subject().ledger.begin(begunOf(early, 0));
      expect(await subject().inFlight.ofTurn(cause.turnId)).toEqual([begunOf(early, 0), begunOf(late)]);
      expect((await read()).total.attempts).toBe(0);
    });

    it.each<AttemptCause>([
      turnCause(),
      { type: 'job', jobId: 'ingest 7' },
      { type: 'stateless', requestId: newId() },
    ])('knows that one was made for a $type', async (cause) => {
      const attempt = byAda({ cause, at: '2000-01-01T00:00:00.000Z' });
      await begin(attempt);
      const time = new Date('2000-01-02T00:00:00.000Z');
      expect(await subject().inFlight.before(time, 10)).toEqual([begunOf(attempt)]);
      await subject().inFlight.close([reckoned(attempt)]);
      expect(await subject().inFlight.before(time, 10)).toEqual([]);
    });

    it('closes one by a reckoning, once', async () => {
      const cause = turnCause();
      const attempt = byAda({ cause });
      await begin(attempt);
      expect(await subject().inFlight.close([reckoned(attempt)])).toEqual(new Set([attempt.id]));
      expect(await subject().inFlight.close([reckoned(attempt)])).toEqual(new Set());
      expect(await subject().inFlight.ofTurn(cause.turnId)).toEqual([]);
      expect((await read()).total).toMatchObject({ attempts: 1, inputTokens: 7, failedAttempts: 1 });
    });

    it('leaves a row that is there as it is when it is to be closed', async () => {
      const cause = turnCause();
      const attempt = byAda({ cause });
      await record(attempt);
      await begin(attempt);
      expect(await subject().inFlight.close([reckoned(attempt)])).toEqual(new Set());
      expect(await subject().inFlight.ofTurn(cause.turnId)).toEqual([]);
      expect((await read()).total).toMatchObject({ attempts: 1, inputTokens: 100 });
    });

    it('finds those that began before a time', async () => {
      const [old, older, young] = ['01', '00', '02'].map((hour) =>
        byAda({ at: `2001-01-01T${hour}:00:00.000Z` }),
      );
      await begin(old!, older!, young!);
      const ids = async (limit: number) =>
        (await subject().inFlight.before(new Date('2001-01-01T02:00:00.000Z'), limit)).map(({ id }) => id);
      expect(await ids(10)).toEqual([older!.id, old!.id]);
      expect(await ids(1)).toEqual([older!.id]);
      await subject().inFlight.close([old!, older!, young!].map(reckoned));
      expect(await ids(10)).toEqual([]);
    });

    it('tells of a hundred of a turn at most', async () => {
      const cause = turnCause();
      const attempts = Array.from({ length: 101 }, () => byAda({ cause }));
      await begin(...attempts);
      expect(await subject().inFlight.ofTurn(cause.turnId)).toHaveLength(100);
      await subject().inFlight.close(attempts.map(reckoned));
    });
  });
}
