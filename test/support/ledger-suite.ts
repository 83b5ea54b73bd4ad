import { newId } from '../../src/kernel/index.js';
import type { InFlightAttempts } from '../../src/usage/ports/in-flight-attempts.js';
import type { AttemptRecord, UsageLedger } from '../../src/usage/ports/usage-ledger.js';
import type { UsageQuery, UsageReport } from '../../src/usage/ports/usage-report.js';
import { attemptOf, begunOf, usageQuery } from './attempts.js';

/** A ledger, and a report that sees what it is told. */
export interface ReportedLedger {
  readonly ledger: UsageLedger;
  readonly report: UsageReport;
}

/** The three ports on one ledger: what is told by one is seen by the others. */
export interface LedgerUnderTest extends ReportedLedger {
  readonly inFlight: InFlightAttempts;
}

/** What the suites of a ledger's ports have in common: what is under test, and for each test an organisation of its own. */
export function ledgerSuite<Subject extends ReportedLedger>(setUp: () => Promise<Subject>) {
  let subject: Subject;
  let org: string;
  beforeAll(async () => {
    subject = await setUp();
  });
  beforeEach(() => {
    org = newId();
  });
  return {
    subject: () => subject,
    org: () => org,
    /** An attempt by ada of this test's organisation. */
    byAda: (change: Partial<AttemptRecord> = {}) => attemptOf(org, 'ada', change),
    record: (...attempts: readonly AttemptRecord[]) =>
      Promise.all(attempts.map((attempt) => subject.ledger.record(attempt))),
    begin: (...attempts: readonly AttemptRecord[]) =>
      Promise.all(attempts.map((attempt) => subject.ledger.begin(begunOf(attempt)))),
    read: (change: Partial<UsageQuery> = {}) => subject.report.read(usageQuery(org, change)),
  };
}
