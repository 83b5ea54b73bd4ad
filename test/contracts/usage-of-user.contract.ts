import { newId } from '../../src/kernel/index.js';
import type { UsageLedger } from '../../src/usage/ports/usage-ledger.js';
import type { UsageOfUser } from '../../src/usage/ports/usage-of-user.js';
import type { UsageReport } from '../../src/usage/ports/usage-report.js';
import { attemptOf, begunOf, turnCause, usageQuery } from '../support/attempts.js';

export interface UsageOfUserUnderTest {
  readonly usage: UsageOfUser;
  readonly ledger: UsageLedger;
  readonly report: UsageReport;
}

/** Holds an implementation to every promise of {@link UsageOfUser}. */
export function describeUsageOfUser(name: string, setUp: () => Promise<UsageOfUserUnderTest>): void {
  describe(`the usage of one user in ${name}`, () => {
    let subject: UsageOfUserUnderTest;
    let org: string;
    beforeAll(async () => {
      subject = await setUp();
    });
    beforeEach(() => {
      org = newId();
    });

    const billed = async (group: 'user' | 'thread' = 'user', of = org) =>
      (await subject.report.read(usageQuery(of, { groupBy: [group] }))).groups.map(({ key, sums }) => [
        key[0],
        sums.attempts,
      ]);

    it('is in flight while an attempt of the person has begun and is not recorded', async () => {
      const attempt = attemptOf(org, 'ada');
      const isInFlight = (person: { org: string; id: string }) => subject.usage.isInFlight(person);
      expect(await isInFlight({ org, id: 'ada' })).toBe(false);
      await subject.ledger.begin(begunOf(attempt));
      expect(await isInFlight({ org, id: 'ada' })).toBe(true);
      expect(await isInFlight({ org, id: 'bob' })).toBe(false);
      expect(await isInFlight({ org: newId(), id: 'ada' })).toBe(false);
      await subject.ledger.record(attempt);
      expect(await isInFlight({ org, id: 'ada' })).toBe(false);
    });

    it('loses the name and the thread, and keeps its amounts and times', async () => {
      const cause = turnCause();
      await subject.ledger.record(attemptOf(org, 'ada', { cause, inputTokens: 3 }));
      const before = await subject.report.read(usageQuery(org, { groupBy: ['hour'] }));
      await subject.usage.anonymise({ org, id: 'ada' });
      expect(await subject.report.read(usageQuery(org, { groupBy: ['hour'] }))).toEqual(before);
      expect(await billed()).toEqual([[null, 1]]);
      expect(await billed('thread')).toEqual([[null, 1]]);
    });

    it('leaves other users alone, also those of the same name in another organisation', async () => {
      const other = newId();
      await Promise.all([
        subject.ledger.record(attemptOf(org, 'ada')),
        subject.ledger.record(attemptOf(org, 'bob')),
        subject.ledger.record(attemptOf(other, 'ada')),
      ]);
      await subject.usage.anonymise({ org, id: 'ada' });
      expect(await billed()).toEqual([
        [null, 1],
        ['bob', 1],
      ]);
      expect(await billed('user', other)).toEqual([['ada', 1]]);
    });

    it('is anonymised whole, however much there is, and may be so again', async () => {
      await Promise.all(Array.from({ length: 1_500 }, () => subject.ledger.record(attemptOf(org, 'ada'))));
      await subject.usage.anonymise({ org, id: 'ada' });
      await subject.usage.anonymise({ org, id: 'ada' });
      expect(await billed()).toEqual([[null, 1_500]]);
    });

    it('of somebody without an organisation loses that name as well', async () => {
      const id = newId();
      await subject.ledger.record(attemptOf(`user:${id}`, id));
      await subject.usage.anonymise({ org: `user:${id}`, id });
      expect(await billed('user', `user:${id}`)).toEqual([]);
    });
  });
}
