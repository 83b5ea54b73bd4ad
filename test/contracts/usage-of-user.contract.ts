import { newId } from '../../src/kernel/index.js';
import type { UsageOfUser } from '../../src/usage/ports/usage-of-user.js';
import { attemptOf, turnCause, usageQuery } from '../support/attempts.js';
import { ledgerSuite, type ReportedLedger } from '../support/ledger-suite.js';

export interface UsageOfUserUnderTest extends ReportedLedger {
  readonly usage: UsageOfUser;
}

/** Holds an implementation to every promise of {@link UsageOfUser}. */
export function describeUsageOfUser(name: string, setUp: () => Promise<UsageOfUserUnderTest>): void {
  describe(`the usage of one user in ${name}`, () => {
    const { byAda, begin, org, read, record, subject } = ledgerSuite(setUp);
    const billed = async (group: 'user' | 'thread' = 'user', of = org()) =>
      (await subject().report.read(usageQuery(of, { groupBy: [group] }))).groups.map(({ key, sums }) => [
        key[0],
        sums.attempts,
      ]);

    it('is in flight while an attempt of the person has begun and is not recorded', async () => {
      const attempt = byAda();
      const isInFlight = (person: { org: string; id: string }) => subject().usage.isInFlight(person);
      expect(await isInFlight({ org: org(), id: 'ada' })).toBe(false);
      await begin(attempt);
      expect(await isInFlight({ org: org(), id: 'ada' })).toBe(true);
      expect(await isInFlight({ org: org(), id: 'bob' })).toBe(false);
      expect(await isInFlight({ org: newId(), id: 'ada' })).toBe(false);
      await record(attempt);
      expect(await isInFlight({ org: org(), id: 'ada' })).toBe(false);
    });

    it('loses the name and the thread, and keeps its amounts and times', async () => {
      const cause = turnCause();
      await record(byAda({ cause, inputTokens: 3 }));
      const before = await read({ groupBy: ['hour'] });
      await subject().usage.anonymise({ org: org(), id: 'ada' });
      expect(await read({ groupBy: ['hour'] })).toEqual(before);
      expect(await billed()).toEqual([[null, 1]]);
      expect(await billed('thread')).toEqual([[null, 1]]);
    });

    it('leaves other users alone, also those of the same name in another organisation', async () => {
      const other = newId();
      await record(byAda(), attemptOf(org(), 'bob'), attemptOf(other, 'ada'));
      await subject().usage.anonymise({ org: org(), id: 'ada' });
      expect(await billed()).toEqual([
        [null, 1],
        ['bob', 1],
      ]);
      expect(await billed('user', other)).toEqual([['ada', 1]]);
    });

    it('is anonymised whole, however much there is, and may be so again', async () => {
      await record(...Array.from({ length: 1_500 }, () => byAda()));
      await subject().usage.anonymise({ org: org(), id: 'ada' });
      await subject().usage.anonymise({ org: org(), id: 'ada' });
      expect(await billed()).toEqual([[null, 1_500]]);
    });

    it('of somebody without an organisation loses that name as well', async () => {
      const id = newId();
      await record(attemptOf(`user:${id}`, id));
      await subject().usage.anonymise({ org: `user:${id}`, id });
      expect(await billed('user', `user:${id}`)).toEqual([]);
    });
  });
}
