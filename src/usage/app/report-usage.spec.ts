import type { Caller } from '../../kernel/index.js';
import type { UsageQuery } from '../ports/usage-report.js';
import { ReportUsage, type UsagePosition } from './report-usage.js';

const sums = {
  attempts: 1,
  inputTokens: 1,
  outputTokens: 1,
  totalTokens: 2,
  cachedTokens: 0,
  reasoningTokens: 0,
  estimatedAttempts: 0,
  cost: 0,
  unpricedAttempts: 0,
  failedAttempts: 0,
  averageFirstTokenMs: null,
};

function reportOver(...keys: readonly string[]) {
  const queries: UsageQuery[] = [];
  const report = new ReportUsage({
    read: (query) => {
      queries.push(query);
      return Promise.resolve({ groups: keys.map((key) => ({ key: [key], sums })), total: sums });
    },
  });
  return { report, queries };
}

const caller = (roles: Caller['roles']): Caller => ({
  id: 'ada',
  org: 'acme',
  roles,
  clearance: 'internal',
  name: undefined,
  email: undefined,
});
const user = caller(['user']);
const request = { groupBy: ['model'], scope: 'own', limit: 2 } as const;

describe('a report of usage', () => {
  it('is of the last thirty days unless told otherwise', async () => {
    const { report } = reportOver();
    const { from, to } = await report.report(user, request, undefined);
    expect(Date.parse(to) - Date.parse(from)).toBe(30 * 86_400_000);
    expect(Math.abs(Date.parse(to) - Date.now())).toBeLessThan(10_000);
    const ended = await report.report(user, { ...request, to: '2026-03-31' }, undefined);
    expect([ended.from, ended.to]).toEqual(['2026-03-01T00:00:00.000Z', '2026-03-31T00:00:00.000Z']);
  });

  it('takes times of any zone', async () => {
    const { report, queries } = reportOver();
    const times = { from: '2026-03-01T02:00:00+02:00', to: '2026-03-02T00:00:00Z' };
    await report.report(user, { ...request, ...times }, undefined);
    expect(queries[0]).toMatchObject({ from: '2026-03-01T00:00:00.000Z', to: '2026-03-02T00:00:00.000Z' });
  });

  it.each([
    { from: '2026-03-02', to: '2026-03-02' },
    { from: '2026-03-03', to: '2026-03-02' },
    { from: '2025-01-01', to: '2026-03-02' },
    { from: '1970-01-01' },
  ])('refuses the window %j', async (times) => {
    const { report, queries } = reportOver();
    await expect(report.report(user, { ...request, ...times }, undefined)).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
    });
    expect(queries).toEqual([]);
  });

  it('asks for the caller alone, or, for an administrator who wants that, for the organisation', async () => {
    const { report, queries } = reportOver();
    await report.report(user, request, undefined);
    await report.report(caller(['admin']), request, undefined);
    await report.report(caller(['admin']), { ...request, scope: 'org' }, undefined);
    expect(queries.map(({ org, user: whose }) => [org, whose])).toEqual([
      ['acme', 'ada'],
      ['acme', 'ada'],
      ['acme', undefined],
    ]);
    await expect(report.report(user, { ...request, scope: 'org' }, undefined)).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
    expect(queries).toHaveLength(3);
  });

  it('says where the next page goes on, while there is one', async () => {
    const more = await reportOver('a', 'b', 'c').report.report(user, request, undefined);
    expect(more.groups.map(({ key }) => key)).toEqual([['a'], ['b']]);
    expect(more.last).toEqual({ from: more.from, to: more.to, groupBy: ['model'], key: ['b'] });
    expect((await reportOver('a', 'b').report.report(user, request, undefined)).last).toBeUndefined();
  });

  it('goes on in the same window and the same groups', async () => {
    const { report, queries } = reportOver();
    const after: UsagePosition = {
      from: '2026-03-01T00:00:00.000Z',
      to: '2026-03-02T00:00:00.000Z',
      groupBy: ['model'],
      key: ['b'],
    };
    await report.report(user, request, after);
    expect(queries[0]).toMatchObject({ from: after.from, to: after.to, after: ['b'] });
    await expect(report.report(user, { ...request, groupBy: ['provider'] }, after)).rejects.toMatchObject({
      code: 'INVALID_CURSOR',
    });
  });
});
