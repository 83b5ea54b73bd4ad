import pg from 'pg';
import { AppError } from '../../src/kernel/index.js';
import type { ModelFacts } from '../../src/llm/core/model-facts.js';
import { Database } from '../../src/platform/database/index.js';
import { testDatabase } from '../setup/test-database.js';
import { admin, App } from './providers-test-app.js';

type Row = Readonly<Record<string, unknown>>;

const price = { input: 2.5, output: 10, cachedInput: 1.25 };

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
    const { body } = await app.ask('/providers');
    // Here it has not answered yet.
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
