import { newId } from '../../src/kernel/index.js';
import type { InFlightAttempts } from '../../src/usage/ports/in-flight-attempts.js';
import type { AttemptRecord, UsageLedger } from '../../src/usage/ports/usage-ledger.js';
import type { UsageReport } from '../../src/usage/ports/usage-report.js';
import { attemptOf, begunOf, reckoned, turnCause, usageQuery } from '../support/attempts.js';

/** The three ports on one ledger: what is told by one is seen by the others. */
export interface LedgerUnderTest {
  readonly ledger: UsageLedger;
  readonly inFlight: InFlightAttempts;
  readonly report: UsageReport;
}

/** Holds an implementation to every promise of {@link UsageLedger}. */
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
    const begin = (...attempts: readonly AttemptRecord[]) =>
      Promise.all(attempts.map((attempt) => subject.ledger.begin(begunOf(attempt))));
    const read = () => subject.report.read(usageQuery(org));

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

    it('takes fractions of a millisecond and names that are no text', async () => {
      await record(attemptOf(org, 'ada', { firstTokenMs: 12.4, durationMs: 99.9, model: 'a\ud800' }));
      expect((await read()).total.attempts).toBe(1);
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
  });
}
