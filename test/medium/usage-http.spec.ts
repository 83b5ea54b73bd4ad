import pg from 'pg';
import { newId } from '../../src/kernel/index.js';
import { Database } from '../../src/platform/database/index.js';
import { PostgresUsageLedger } from '../../src/usage/adapters/postgres-usage-ledger.js';
import { testDatabase } from '../setup/test-database.js';
import { attemptOf } from '../support/attempts.js';
import { App } from './providers-test-app.js';

type Row = Readonly<Record<string, unknown>>;

let pool: pg.Pool;
let app: App;

beforeAll(async () => {
  pool = new pg.Pool(await testDatabase());
});
beforeEach(async () => {
  app = await new App().start(new Database(pool));
});
afterEach(() => app.stop());
afterAll(() => pool.end());

describe('GET /usage', () => {
  const window = 'from=2026-03-01T00:00:00Z&to=2026-04-01T00:00:00Z';
  let org: string;
  const record = async (...attempts: readonly ReturnType<typeof attemptOf>[]) => {
    const ledger = new PostgresUsageLedger(new Database(pool));
    await Promise.all(attempts.map((attempt) => ledger.record(attempt)));
  };
  beforeEach(() => {
    org = newId();
  });

  it('sums up by provider and model', async () => {
    await record(
      attemptOf(org, 'ada'),
      attemptOf(org, 'ada', { outcome: 'failed', cost: null, firstTokenMs: null }),
      attemptOf(org, 'ada', { provider: 'claude', model: 'claude-x', cost: 0.5, estimated: true }),
    );
    const { status, body } = await app.ask(`/usage?${window}`, { sub: 'ada', org });
    expect(status).toBe(200);
    expect(body).toEqual({
      usage: [
        {
          provider: 'claude',
          model: 'claude-x',
          attempts: 1,
          inputTokens: 100,
          outputTokens: 20,
          totalTokens: 120,
          cachedTokens: 10,
          reasoningTokens: 5,
          estimatedAttempts: 1,
          cost: 0.5,
          unpricedAttempts: 0,
          failedAttempts: 0,
          averageFirstTokenMs: 120,
        },
        {
          provider: 'openai',
          model: 'gpt-4o-mini',
          attempts: 2,
          inputTokens: 200,
          outputTokens: 40,
          totalTokens: 240,
          cachedTokens: 20,
          reasoningTokens: 10,
          estimatedAttempts: 0,
          cost: 0.000027,
          unpricedAttempts: 1,
          failedAttempts: 1,
          averageFirstTokenMs: 120,
        },
      ],
      total: {
        attempts: 3,
        inputTokens: 300,
        outputTokens: 60,
        totalTokens: 360,
        cachedTokens: 30,
        reasoningTokens: 15,
        estimatedAttempts: 1,
        cost: 0.500027,
        unpricedAttempts: 1,
        failedAttempts: 1,
        averageFirstTokenMs: 120,
      },
      from: '2026-03-01T00:00:00.000Z',
      to: '2026-04-01T00:00:00.000Z',
      nextCursor: null,
    });
  });

  it('shows nobody what another user or another organisation spent', async () => {
    const other = newId();
    await record(
      attemptOf(org, 'ada', { inputTokens: 1 }),
      attemptOf(org, 'bob', { inputTokens: 2 }),
      attemptOf(other, 'ada', { inputTokens: 4 }),
    );
    const spent = async (sub: string, query: string, roles: readonly ('user' | 'admin')[] = ['user']) => {
      const { body } = await app.ask(`/usage?groupBy=user&${window}&${query}`, { sub, org, roles });
      return body.usage?.map(({ user, inputTokens }: Row) => [user, inputTokens]) ?? body.code;
    };
    expect(await spent('ada', '')).toEqual([['ada', 1]]);
    expect(await spent('ada', 'scope=org')).toBe('FORBIDDEN');
    expect(await spent('bob', 'scope=own', ['admin'])).toEqual([['bob', 2]]);
    expect(await spent('bob', 'scope=org', ['admin'])).toEqual([
      ['ada', 1],
      ['bob', 2],
    ]);
    expect(await spent('eve', '')).toEqual([]);
  });

  it('gives its groups page by page, each once', async () => {
    const models = ['a', 'b', 'c', 'd', 'e'];
    await record(
      ...models.flatMap((model) => [attemptOf(org, 'ada', { model }), attemptOf(org, 'ada', { model })]),
    );
    const seen: unknown[] = [];
    let cursor = '';
    do {
      const { status, body } = await app.ask(
        `/usage?groupBy=model,day&${window}&limit=2${cursor && `&cursor=${cursor}`}`,
        { sub: 'ada', org },
      );
      expect(status).toBe(200);
      expect(body.total.attempts).toBe(10);
      seen.push(...body.usage!.map(({ model, day, attempts }: Row) => [model, day, attempts]));
      cursor = body.nextCursor ?? '';
    } while (cursor !== '');
    expect(seen).toEqual(models.map((model) => [model, '2026-03-10', 2]));
  });

  it('keeps a window that ends now as it was on the first page', async () => {
    const at = new Date(Date.now() - 1_000).toISOString();
    await record(attemptOf(org, 'ada', { at, model: 'a' }), attemptOf(org, 'ada', { at, model: 'b' }));
    const first = (await app.ask('/usage?limit=1', { sub: 'ada', org })).body;
    const second = (await app.ask(`/usage?limit=1&cursor=${first.nextCursor}`, { sub: 'ada', org })).body;
    expect([second.from, second.to]).toEqual([first.from, first.to]);
    expect(second.usage).toMatchObject([{ model: 'b' }]);
    expect(second.nextCursor).toBeNull();
  });

  it('does not let a cursor reach beyond its caller', async () => {
    await record(attemptOf(org, 'ada', { model: 'a' }), attemptOf(org, 'ada', { model: 'b' }));
    const { nextCursor } = (await app.ask(`/usage?limit=1&${window}`, { sub: 'ada', org })).body;
    const eve = await app.ask(`/usage?limit=1&cursor=${nextCursor}`, { sub: 'eve', org });
    expect(eve.body).toMatchObject({ usage: [], total: { attempts: 0 } });
  });

  it.each([
    'groupBy=colour',
    'groupBy=',
    'groupBy=model,',
    'groupBy=model;drop',
    'from=yesterday',
    'scope=all',
    'limit=0',
    'limit=201',
    'unknown=1',
    'from=2020-01-01&to=2026-01-01',
    'from=2026-03-02&to=2026-03-01',
  ])('refuses ?%s', async (query) => {
    expect(await app.ask(`/usage?${query}`)).toMatchObject({
      status: 400,
      body: { code: 'VALIDATION_FAILED' },
    });
  });

  it.each([
    'nonsense',
    Buffer.from('["2026-03-01T00:00:00.000Z","2026-04-01T00:00:00.000Z","model"]').toString('base64url'),
    Buffer.from('["2026-03-01T00:00:00.000Z","2026-04-01T00:00:00.000Z","colour","a"]').toString('base64url'),
    Buffer.from('["2026-03-01T00:00:00.000Z","2026-04-01T00:00:00.000Z","day","a"]').toString('base64url'),
    Buffer.from('["2026-03-01T00:00:00.000Z","2026-04-01T00:00:00.000Z","model","\\u0000"]').toString(
      'base64url',
    ),
  ])('refuses the cursor %s', async (cursor) => {
    const answer = await app.ask(`/usage?groupBy=model&${window}&cursor=${cursor}`);
    expect(answer).toMatchObject({ status: 400, body: { code: 'INVALID_CURSOR' } });
  });
});
