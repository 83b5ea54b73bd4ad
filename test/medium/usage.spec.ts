import pg from 'pg';
import { newId, type Caller } from '../../src/kernel/index.js';
import { Database } from '../../src/platform/database/index.js';
import { PostgresInFlightAttempts } from '../../src/usage/adapters/postgres-in-flight-attempts.js';
import { PostgresUsageLedger } from '../../src/usage/adapters/postgres-usage-ledger.js';
import { PostgresUsageOfUser } from '../../src/usage/adapters/postgres-usage-of-user.js';
import { PostgresUsageReport } from '../../src/usage/adapters/postgres-usage-report.js';
import { REPORT_OF_ORG, REPORT_OF_USER } from '../../src/usage/adapters/usage-statements.js';
import { ReportUsage } from '../../src/usage/app/report-usage.js';
import { describeInFlightAttempts } from '../contracts/in-flight-attempts.contract.js';
import { describeUsageLedger } from '../contracts/usage-ledger.contract.js';
import { describeUsageOfUser } from '../contracts/usage-of-user.contract.js';
import { describeUsageReport } from '../contracts/usage-report.contract.js';
import { MemoryUsageLedger } from '../doubles/memory-usage-ledger.js';
import { testDatabase } from '../setup/test-database.js';
import { attemptOf } from '../support/attempts.js';
import type { LedgerUnderTest } from '../support/ledger-suite.js';

let pool: pg.Pool;

beforeAll(async () => {
  pool = new pg.Pool(await testDatabase());
});

afterAll(() => pool.end());

const IMPLEMENTATIONS: readonly (readonly [name: string, setUp: () => Promise<LedgerUnderTest>])[] = [
  [
    'memory',
    () => {
      const memory = new MemoryUsageLedger();
      return Promise.resolve({ ledger: memory, inFlight: memory, report: memory });
    },
  ],
  [
    'Postgres',
    () => {
      const database = new Database(pool);
      return Promise.resolve({
        ledger: new PostgresUsageLedger(database),
        inFlight: new PostgresInFlightAttempts(database),
        report: new PostgresUsageReport(database),
      });
    },
  ],
];
for (const [name, setUp] of IMPLEMENTATIONS) {
  describeUsageLedger(name, setUp);
  describeInFlightAttempts(name, setUp);
  describeUsageReport(name, setUp);
}

describeUsageOfUser('Postgres', () => {
  const database = new Database(pool);
  return Promise.resolve({
    usage: new PostgresUsageOfUser(database),
    ledger: new PostgresUsageLedger(database),
    report: new PostgresUsageReport(database),
  });
});

describe('a report of usage', () => {
  const callerNamed = (id: string, org: string, roles: Caller['roles'] = ['user']): Caller => ({
    id,
    org,
    roles,
    clearance: 'internal',
    name: undefined,
    email: undefined,
  });

  it('shows a caller their own rows only, and an administrator those of their own organisation only', async () => {
    const database = new Database(pool);
    const ledger = new PostgresUsageLedger(database);
    const report = new ReportUsage(new PostgresUsageReport(database));
    const org = newId();
    const at = new Date().toISOString();
    await Promise.all([
      ledger.record(attemptOf(org, 'ada', { at, inputTokens: 1 })),
      ledger.record(attemptOf(org, 'bob', { at, inputTokens: 2 })),
      ledger.record(attemptOf(newId(), 'ada', { at, inputTokens: 4 })),
    ]);
    await new Promise((resolve) => setTimeout(resolve, 5));
    const request = { groupBy: ['user'], scope: 'own', limit: 50 } as const;
    const ada = await report.report(callerNamed('ada', org), request, undefined);
    expect(ada.groups.map(({ key }) => key)).toEqual([['ada']]);
    expect(ada.total.inputTokens).toBe(1);
    const admin = callerNamed('bob', org, ['admin']);
    expect((await report.report(admin, request, undefined)).total.inputTokens).toBe(2);
    expect((await report.report(admin, { ...request, scope: 'org' }, undefined)).total.inputTokens).toBe(3);
    await expect(
      report.report(callerNamed('ada', org), { ...request, scope: 'org' }, undefined),
    ).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it.each([
    ['a user', REPORT_OF_USER, ['ada']],
    ['an organisation', REPORT_OF_ORG, []],
  ])('reads the rows of %s by an index that has the time in it', async (_whose, { text }, who) => {
    const client = await pool.connect();
    try {
      // The table is so small here that reading all of it would be right.
      await client.query('BEGIN; SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off');
      const window = ['2026-03-01T00:00:00Z', '2026-04-01T00:00:00Z'];
      const values = ['acme', ...window, ['model'], null, 50, ...who];
      const { rows } = await client.query<Record<'QUERY PLAN', string>>(`EXPLAIN ${text}`, values);
      const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
      expect(plan).toMatch(/Index Scan using llm_attempts_by_/);
      expect(plan).toMatch(/Index Cond: .*started_at >= .*started_at < /);
    } finally {
      await client.query('ROLLBACK');
      client.release();
    }
  });
});
