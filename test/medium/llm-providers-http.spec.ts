import pg from 'pg';
import { AppError, newId } from '../../src/kernel/index.js';
import { CurrentProvider } from '../../src/llm/app/current-provider.js';
import { ListProviders } from '../../src/llm/app/list-providers.js';
import { ModelCatalogue } from '../../src/llm/app/model-catalogue.js';
import { ModelDirectory } from '../../src/llm/app/model-directory.js';
import { BREAKER_STATES, ProviderHealth, type KnownBreaker } from '../../src/llm/app/provider-health.js';
import { SelectProvider } from '../../src/llm/app/select-provider.js';
import type { ModelFacts } from '../../src/llm/core/model-facts.js';
import { ProvidersController } from '../../src/llm/http/providers.controller.js';
import { LANGUAGE_MODELS, type LanguageModel } from '../../src/llm/ports/language-model.js';
import { SELECTED_PROVIDER_STORE, type SelectedProvider } from '../../src/llm/ports/selected-provider.js';
import type { DevTokens } from '../../src/platform/auth/index.js';
import { Database } from '../../src/platform/database/index.js';
import { PostgresUsageLedger } from '../../src/usage/adapters/postgres-usage-ledger.js';
import { PostgresUsageReport } from '../../src/usage/adapters/postgres-usage-report.js';
import { ReportUsage } from '../../src/usage/app/report-usage.js';
import { UsageController } from '../../src/usage/http/usage.controller.js';
import { USAGE_REPORT } from '../../src/usage/ports/usage-report.js';
import { testDatabase } from '../setup/test-database.js';
import { attemptOf } from '../support/attempts.js';
import { startTestModule, type TestApp } from './http-test-app.js';

type Row = Readonly<Record<string, unknown>>;

/** Whatever any of the routes answers. */
interface Answer {
  readonly code?: string;
  readonly providers: readonly Row[];
  readonly current: string;
  readonly count: number;
  readonly models: readonly Row[];
  readonly usage?: readonly Row[];
  readonly total: Row;
  readonly from: string;
  readonly to: string;
  readonly nextCursor: string | null;
  readonly paths: Readonly<Record<string, { readonly get: Operation }>>;
}

interface Operation {
  readonly parameters: readonly Row[];
  readonly responses: Readonly<
    Record<string, { content: Record<string, { schema: { properties: object } }> }>
  >;
}

interface Upstream extends LanguageModel {
  answer: () => Promise<readonly ModelFacts[]>;
}

function upstream(provider: string, type: string, catalogue: readonly ModelFacts[]): Upstream {
  return {
    provider,
    type,
    defaultModel: catalogue[0]!.id,
    catalogue,
    answer: () => Promise.resolve([]),
    stream: () => {
      throw new Error('nobody asks here');
    },
    listModels() {
      return this.answer();
    },
  };
}

const price = { input: 2.5, output: 10, cachedInput: 1.25 };

class App {
  readonly openai = upstream('openai', 'openai', [
    {
      id: 'gpt-4o',
      contextWindow: 128_000,
      capabilities: { streaming: true, tools: true, vision: false },
      price,
    },
    { id: 'text-embedding-3-small', isEmbedding: true, price: { input: 0.02, output: 0 } },
  ]);
  readonly claude = upstream('claude', 'anthropic', [{ id: 'claude-x' }]);
  readonly local = upstream('local', 'local', [{ id: 'quotes' }]);
  readonly breakers: Record<string, readonly KnownBreaker[]> = {};
  readonly selected: SelectedProvider[] = [];
  private running!: TestApp;

  async start(database: Database): Promise<this> {
    const tested = {
      controllers: [ProvidersController, UsageController],
      providers: [
        { provide: LANGUAGE_MODELS, useValue: [this.openai, this.claude, this.local] },
        { provide: BREAKER_STATES, useValue: { states: (name: string) => this.breakers[name] ?? [] } },
        { provide: USAGE_REPORT, useClass: PostgresUsageReport },
        {
          provide: SELECTED_PROVIDER_STORE,
          useValue: {
            read: () => Promise.resolve({ selected: this.selected, asOf: new Date() }),
            write: (selected: SelectedProvider) => Promise.resolve(void this.selected.push(selected)),
            onChanged: () => Promise.resolve(),
          },
        },
        CurrentProvider,
        ListProviders,
        // Asked anew each time, so that a test can change what is listed.
        {
          provide: ModelCatalogue,
          useFactory: () =>
            new ModelCatalogue([this.openai, this.claude, this.local], {
              providers: [],
              LLM_MODELS_TTL_MS: 0,
            }),
        },
        ModelDirectory,
        ProviderHealth,
        ReportUsage,
        SelectProvider,
      ],
    };
    const environment = { RATE_LIMIT: 'off' };
    this.running = await startTestModule(tested, { environment, database });
    return this;
  }

  async stop(): Promise<void> {
    await this.running.app.close();
  }

  logs(): readonly string[] {
    return this.running.logs;
  }

  /** Asks as nobody. */
  fetch(path: string): Promise<Response> {
    return this.running.fetch(path);
  }

  /** Asks as a user, or as an administrator, and answers status and body. */
  async ask(path: string, user: Parameters<DevTokens['issue']>[0] = {}, method = 'GET') {
    const token = await this.running.token({ roles: ['user'], ...user });
    const response = await this.running.fetch(path, { method, token });
    return { status: response.status, body: (await response.json()) as Answer };
  }
}

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

const admin = { roles: ['user', 'admin'] as const };

describe('GET /providers', () => {
  it('lists every provider there could be, with what is known of each', async () => {
    const { status, body } = await app.ask('/providers');
    expect(status).toBe(200);
    expect(Object.keys(body)).toEqual(['providers', 'current', 'count']);
    expect([body.current, body.count]).toEqual(['openai', body.providers.length]);
    const byName = Object.fromEntries(body.providers.map((provider) => [provider['name'], provider]));
    expect(byName['openai']).toEqual({
      name: 'openai',
      type: 'openai',
      isDefault: true,
      configured: true,
      streaming: true,
      models: ['gpt-4o', 'text-embedding-3-small'],
      health: 'up',
      capabilities: { streaming: true, tools: true, json: false, vision: false, reasoning: false },
    });
    expect(byName['claude']).toMatchObject({ type: 'anthropic', isDefault: false, configured: true });
    expect(byName['groq']).toEqual({
      name: 'groq',
      type: 'openai',
      isDefault: false,
      configured: false,
      streaming: false,
      models: [],
      health: 'unknown',
      capabilities: { streaming: false, tools: false, json: false, vision: false, reasoning: false },
    });
  });

  it('does not wait for a provider that is slow, and says what is known of it', async () => {
    const { promise, resolve } = Promise.withResolvers<readonly ModelFacts[]>();
    app.openai.answer = () => promise;
    const started = Date.now();
    const { body } = await app.ask('/providers');
    expect(Date.now() - started).toBeLessThan(4_000);
    expect(body.providers.find(({ name }: Row) => name === 'openai')).toMatchObject({
      health: 'unknown',
      models: ['gpt-4o', 'text-embedding-3-small'],
    });
    expect(body.providers.find(({ name }: Row) => name === 'claude')).toMatchObject({ health: 'up' });
    resolve([]);
  });

  it('needs a token', async () => {
    for (const path of ['/providers', '/providers/health', '/providers/openai/models', '/usage']) {
      expect((await app.fetch(path)).status).toBe(401);
    }
  });
});

describe('POST /providers/:name/select', () => {
  it('makes the provider the current one, by its name or alias', async () => {
    expect(await app.ask('/providers/anthropic/select', admin, 'POST')).toEqual({
      status: 200,
      body: { success: true, provider: 'claude', message: 'Switched to provider: claude' },
    });
    const { body } = await app.ask('/providers');
    expect(body.current).toBe('claude');
    expect(body.providers.filter(({ isDefault }: Row) => isDefault)).toMatchObject([{ name: 'claude' }]);
    expect(app.selected).toEqual([{ org: 'user:dev', provider: 'claude' }]);
  });

  it('is for the own organisation: no other one is asked elsewhere because of it', async () => {
    const other = { org: 'other' };
    await app.ask('/providers/claude/select', { ...admin, org: 'acme' }, 'POST');
    expect((await app.ask('/providers', { org: 'acme' })).body.current).toBe('claude');
    expect((await app.ask('/providers', other)).body.current).toBe('openai');
  });

  it('for every organisation that has not chosen is for operators', async () => {
    const everybody = '/providers/claude/select?scope=all';
    const refused = await app.ask(everybody, { ...admin, org: 'acme' }, 'POST');
    expect(refused).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
    expect(app.selected).toEqual([]);
    const operator = { roles: ['operator'] as const, org: 'acme' };
    expect(await app.ask('/providers/local/select', operator, 'POST')).toMatchObject({ status: 403 });

    await app.ask('/providers/local/select', { ...admin, org: 'acme' }, 'POST');
    expect(await app.ask(everybody, operator, 'POST')).toMatchObject({ status: 200 });
    expect((await app.ask('/providers', { org: 'other' })).body.current).toBe('claude');
    expect((await app.ask('/providers', { org: 'acme' })).body.current).toBe('local');
    expect(await app.ask('/providers/local/select?scope=every', operator, 'POST')).toMatchObject({
      status: 400,
      body: { code: 'VALIDATION_FAILED' },
    });
  });

  it('is for administrators', async () => {
    expect(await app.ask('/providers/claude/select', {}, 'POST')).toMatchObject({
      status: 403,
      body: { code: 'FORBIDDEN' },
    });
    expect(app.selected).toEqual([]);
  });

  it.each([
    ['gemini', 'UNKNOWN_PROVIDER'],
    ['groq', 'PROVIDER_NOT_CONFIGURED'],
    ['__proto__', 'UNKNOWN_PROVIDER'],
  ])('does not select %s: %s', async (name, code) => {
    expect(await app.ask(`/providers/${name}/select`, admin, 'POST')).toMatchObject({
      status: 400,
      body: { code, retryable: false },
    });
    expect(app.selected).toEqual([]);
  });
});

describe('GET /providers/:name/models', () => {
  it('says what is known of each model, and null for what is not', async () => {
    app.openai.answer = () =>
      Promise.resolve([{ id: 'gpt-4o-2024-08-06' }, { id: 'text-embedding-3-small' }, { id: 'llama' }]);
    const { status, body } = await app.ask('/providers/OpenAI/models');
    expect(status).toBe(200);
    const capabilities = { streaming: true, tools: true, json: null, vision: false, reasoning: null };
    const unknown = { streaming: null, tools: null, json: null, vision: null, reasoning: null };
    expect(body).toEqual({
      models: [
        {
          id: 'text-embedding-3-small',
          contextWindow: null,
          capabilities: unknown,
          price: { input: 0.02, output: 0, cachedInput: null },
        },
        { id: 'gpt-4o-2024-08-06', contextWindow: 128_000, capabilities, price },
        { id: 'llama', contextWindow: null, capabilities: unknown, price: null },
      ],
    });
  });

  it('answers from what is known when the provider is down', async () => {
    app.openai.answer = () => Promise.reject(new AppError('PROVIDER_UNAVAILABLE', 'Not now.'));
    const { status, body } = await app.ask('/providers/openai/models');
    expect(status).toBe(200);
    expect(body.models).toHaveLength(2);
  });

  it.each([
    ['gemini', 'UNKNOWN_PROVIDER'],
    ['ollama', 'PROVIDER_NOT_CONFIGURED'],
  ])('refuses %s: %s', async (name, code) => {
    expect(await app.ask(`/providers/${name}/models`)).toMatchObject({ status: 400, body: { code } });
  });
});

describe('GET /providers/health', () => {
  it('says how each configured provider is, with its breakers, and nothing of why but a code', async () => {
    const open = {
      model: 'claude-x',
      state: 'open',
      failures: 5,
      retryAt: '2026-01-01T00:00:00.000Z',
    } as const;
    app.breakers['claude'] = [open];
    app.openai.answer = () =>
      Promise.reject(new AppError('PROVIDER_ERROR', 'Not with this key.', { cause: new Error('sk-secret') }));
    const { status, body } = await app.ask('/providers/health');
    expect(status).toBe(200);
    const latencyMs = expect.any(Number) as unknown;
    const checkedAt = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as unknown;
    expect(body).toEqual({
      providers: [
        { provider: 'openai', state: 'down', latencyMs, checkedAt, error: 'PROVIDER_ERROR', breakers: [] },
        { provider: 'claude', state: 'degraded', latencyMs, checkedAt, error: null, breakers: [open] },
        { provider: 'local', state: 'up', latencyMs, checkedAt, error: null, breakers: [] },
      ],
    });
    expect(app.logs().join('')).not.toContain('sk-secret');
  });
});

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

describe('the documentation', () => {
  it('names the routes, their queries and their answers', async () => {
    const { body } = await app.ask('/openapi.json');
    expect(Object.keys(body.paths)).toEqual(
      expect.arrayContaining([
        '/providers',
        '/providers/health',
        '/providers/{name}/models',
        '/providers/{name}/select',
        '/usage',
      ]),
    );
    const { parameters, responses } = body.paths['/usage']!.get;
    expect(parameters.map(({ name }: Row) => name).sort()).toEqual(
      ['cursor', 'from', 'groupBy', 'limit', 'scope', 'to'].sort(),
    );
    expect(parameters.every(({ required }: Row) => required !== true)).toBe(true);
    expect(Object.keys(responses['200']!.content['application/json']!.schema.properties)).toEqual([
      'usage',
      'total',
      'from',
      'to',
      'nextCursor',
    ]);
  });
});
