import { ModelError } from '../core/model-error.js';
import type { LanguageModel } from '../ports/language-model.js';
import { ProviderHealth, type KnownBreaker } from './provider-health.js';

interface Upstream extends LanguageModel {
  probes: number;
}

function upstream(provider: string, listModels: LanguageModel['listModels']): Upstream {
  return {
    provider,
    type: 'openai',
    defaultModel: 'm',
    catalogue: [],
    probes: 0,
    stream: () => {
      throw new Error('nobody asks here');
    },
    listModels(signal) {
      this.probes += 1;
      return listModels(signal);
    },
  };
}

const fine = () => Promise.resolve([{ id: 'a' }, { id: 'b' }]);
const failing = (error: Error) => () => Promise.reject(error);
const never = () => new Promise<never>(() => undefined);

const closed: KnownBreaker = { model: 'm', state: 'closed', failures: 1, retryAt: null };
const open: KnownBreaker = { model: 'n', state: 'open', failures: 5, retryAt: '2026-01-01T00:00:00.000Z' };

const healthOf = (models: readonly LanguageModel[], breakers: readonly KnownBreaker[] = []) =>
  new ProviderHealth(models, { states: () => breakers });

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

describe('the health of providers', () => {
  it('is unknown until somebody looks', () => {
    const model = upstream('openai', fine);
    expect(healthOf([model]).latest()).toEqual([
      { provider: 'openai', state: 'unknown', latencyMs: null, checkedAt: null, error: null, breakers: [] },
    ]);
    expect(model.probes).toBe(0);
  });

  it('is up when the provider lists its models', async () => {
    const health = healthOf([upstream('openai', fine)], [closed]);
    const [report] = await health.check();
    expect(report).toMatchObject({ state: 'up', error: null, breakers: [closed] });
    expect(report!.latencyMs).toEqual(expect.any(Number));
    expect(Date.parse(report!.checkedAt!)).toBe(Date.now());
    expect(health.modelCount('openai')).toBe(2);
  });

  it.each(['open', 'half_open'] as const)('is degraded while a breaker is %s', async (state) => {
    const [report] = await healthOf([upstream('openai', fine)], [closed, { ...open, state }]).check();
    expect(report).toMatchObject({ state: 'degraded', error: null });
  });

  it('sees a breaker open without another probe', async () => {
    const breakers: KnownBreaker[] = [];
    const health = healthOf([upstream('openai', fine)], breakers);
    await health.check();
    breakers.push(open);
    expect(health.latest()[0]).toMatchObject({ state: 'degraded', breakers: [open] });
  });

  it.each([
    ['down', 'key', 'PROVIDER_ERROR'],
    ['down', 'server', 'PROVIDER_UNAVAILABLE'],
    ['degraded', 'rate', 'RATE_LIMITED'],
    ['degraded', 'request', 'PROVIDER_ERROR'],
  ] as const)('is %s for a failure of kind %s, and says its code', async (state, fault, code) => {
    const model = upstream('openai', failing(new ModelError(fault, code, 'Not now.')));
    expect(await healthOf([model], [open]).check()).toMatchObject([{ state, error: code }]);
  });

  it('is down for an error that nobody expected, and says nothing of it', async () => {
    const [report] = await healthOf([upstream('openai', failing(new Error('sk-secret')))]).check();
    expect(report).toMatchObject({ state: 'down', error: 'INTERNAL' });
    expect(JSON.stringify(report)).not.toContain('sk-secret');
  });

  it('is down when the provider takes more than five seconds, without keeping the others waiting', async () => {
    const models = [upstream('slow', never), upstream('slower', never), upstream('openai', fine)];
    const health = healthOf(models);
    const checking = health.check();
    await jest.advanceTimersByTimeAsync(100);
    expect(health.latest().map(({ state }) => state)).toEqual(['unknown', 'unknown', 'up']);
    await jest.advanceTimersByTimeAsync(4_900);
    expect(await checking).toMatchObject([
      { state: 'down', error: 'PROVIDER_TIMEOUT' },
      { state: 'down', error: 'PROVIDER_TIMEOUT' },
      { state: 'up' },
    ]);
  });

  it('probes once for all who look at once, and not again within ten seconds', async () => {
    const model = upstream('openai', fine);
    const health = healthOf([model]);
    await Promise.all([health.check(), health.check()]);
    jest.advanceTimersByTime(9_999);
    await health.check();
    expect(model.probes).toBe(1);
    jest.advanceTimersByTime(1);
    await health.check();
    expect(model.probes).toBe(2);
  });
});
