import { begunOf, reckoned, turnCause } from '../support/attempts.js';
import { ledgerSuite, type LedgerUnderTest } from '../support/ledger-suite.js';

/** Holds an implementation to every promise of {@link UsageLedger}. */
export function describeUsageLedger(name: string, setUp: () => Promise<LedgerUnderTest>): void {
  describe(`the usage ledger in ${name}`, () => {
    const { byAda, begin, read, record, subject } = ledgerSuite(setUp);

    it('has an attempt once, however often it is told', async () => {
      const attempt = byAda();
      await record(attempt, attempt, { ...attempt, inputTokens: 999 });
      await record(attempt);
      expect((await read()).total).toMatchObject({ attempts: 1, inputTokens: 100 });
    });

    it('keeps every one of many that come at once', async () => {
      await record(...Array.from({ length: 1_200 }, () => byAda()));
      expect((await read()).total).toMatchObject({ attempts: 1_200, inputTokens: 120_000 });
    });

    it('takes fractions of a millisecond and names that are no text', async () => {
      await record(byAda({ firstTokenMs: 12.4, durationMs: 99.9, model: 'a\ud800' }));
      expect((await read()).total.attempts).toBe(1);
    });

    it('forgets one that is recorded, and has its row', async () => {
      const cause = turnCause();
      const attempt = byAda({ cause });
      await begin(attempt);
      expect(await subject().ledger.record(attempt)).toBe('stored');
      expect(await subject().inFlight.ofTurn(cause.turnId)).toEqual([]);
      expect((await read()).total).toMatchObject({ attempts: 1, inputTokens: 100 });
    });

    it('leaves nothing behind of one that is recorded at once', async () => {
      const causes = Array.from({ length: 50 }, () => turnCause());
      const attempts = causes.map((cause) => byAda({ cause }));
      await Promise.all(
        attempts.map(async (attempt) => {
          await subject().ledger.begin(begunOf(attempt));
          await subject().ledger.record(attempt);
        }),
      );
      for (const { turnId } of causes) expect(await subject().inFlight.ofTurn(turnId)).toEqual([]);
      expect((await read()).total.attempts).toBe(50);
    });

    it('replaces a reckoning by what is recorded late, and says so', async () => {
      const attempt = byAda();
      const beside = byAda();
      await begin(attempt);
      await subject().inFlight.close([reckoned(attempt)]);
      expect(await Promise.all([subject().ledger.record(beside), subject().ledger.record(attempt)])).toEqual([
        'stored',
        'corrected',
      ]);
      expect((await read()).total).toMatchObject({ attempts: 2, inputTokens: 200, failedAttempts: 0 });
    });

    describe('an attempt that waits for the end of its turn', () => {
      const waiting = () => {
        const cause = turnCause();
        const attempt = byAda({ cause });
        return { cause, attempt, stored: subject().ledger.recordWithTurn(attempt, cause.turnId) };
      };

      it('is whoever takes it to store, and nobody else’s then', async () => {
        const { cause, attempt, stored } = waiting();
        const taken = subject().ledger.takeOfTurn(cause.turnId);
        expect(taken?.attempt).toEqual(attempt);
        expect(subject().ledger.takeOfTurn(cause.turnId)).toBeUndefined();
        taken?.stored('corrected');
        expect(await stored).toBe('corrected');
        expect((await read()).total.attempts).toBe(0);
      });

      it('is recorded when whoever took it gives it back', async () => {
        const { cause, stored } = waiting();
        subject().ledger.takeOfTurn(cause.turnId)?.giveBack();
        expect(await stored).toBe('stored');
        expect((await read()).total).toMatchObject({ attempts: 1, inputTokens: 100 });
      });

      it('is recorded before another attempt of the turn begins', async () => {
        const { cause } = waiting();
        await begin(byAda({ cause }));
        expect((await read()).total.attempts).toBe(1);
        expect(subject().ledger.takeOfTurn(cause.turnId)).toBeUndefined();
      });

      it('is recorded by itself when the turn does not end', async () => {
        const { cause, stored } = waiting();
        expect(await stored).toBe('stored');
        expect((await read()).total.attempts).toBe(1);
        expect(subject().ledger.takeOfTurn(cause.turnId)).toBeUndefined();
      });

      it('is not that of another turn', async () => {
        const { cause, stored } = waiting();
        expect(subject().ledger.takeOfTurn(turnCause().turnId)).toBeUndefined();
        subject().ledger.takeOfTurn(cause.turnId)?.giveBack();
        expect(await stored).toBe('stored');
      });
    });
  });
}
