import { CircuitBreakers } from './circuit-breakers.js';

describe('the breakers of all models', () => {
  const breakers = () => new CircuitBreakers({ LLM_BREAKER_THRESHOLD: 2, LLM_BREAKER_COOLDOWN_MS: 30_000 });

  function breakOne(all: CircuitBreakers, provider: string, model: string): void {
    all.of(provider, model).failed();
    all.of(provider, model).failed();
  }

  beforeEach(() => {
    jest.useFakeTimers({ now: new Date('2026-01-01T00:00:00.000Z') });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('keep models and providers apart', () => {
    const all = breakers();
    breakOne(all, 'openai', 'gpt');
    expect(all.isOpen('openai', 'gpt')).toBe(true);
    expect(all.isOpen('openai', 'other')).toBe(false);
    expect(all.isOpen('groq', 'gpt')).toBe(false);
    expect(all.of('openai', 'gpt').tryEnter()).toBe(false);
    expect(all.of('groq', 'gpt').tryEnter()).toBe(true);
  });

  it('say how each model of a provider fares', () => {
    const all = breakers();
    breakOne(all, 'openai', 'broken');
    all.of('openai', 'well').succeeded();
    all.of('groq', 'elsewhere').failed();
    expect(all.states('openai')).toEqual([
      { model: 'broken', state: 'open', failures: 2, retryAt: '2026-01-01T00:00:30.000Z' },
      { model: 'well', state: 'closed', failures: 0, retryAt: null },
    ]);
    expect(all.states('nobody')).toEqual([]);
  });

  it('count one that is being probed as closed to others', () => {
    const all = breakers();
    breakOne(all, 'openai', 'gpt');
    jest.advanceTimersByTime(30_000);
    expect(all.isOpen('openai', 'gpt')).toBe(false);
    all.of('openai', 'gpt').tryEnter();
    expect(all.isOpen('openai', 'gpt')).toBe(true);
    expect(all.states('openai')).toMatchObject([{ state: 'half_open', retryAt: null }]);
  });

  it('do not begin to exist by being looked at', () => {
    const all = breakers();
    all.isOpen('openai', 'gpt');
    expect(all.states('openai')).toEqual([]);
  });

  it('are never more than a thousand, and the broken ones are kept', () => {
    const all = breakers();
    breakOne(all, 'openai', 'broken');
    const used = all.of('openai', 'used');
    for (let number = 0; number < 3_000; number += 1) {
      all.of('openai', `made-up-${number}`);
      all.of('openai', 'used');
    }
    expect(all.states('openai')).toHaveLength(1_000);
    expect(all.isOpen('openai', 'broken')).toBe(true);
    expect(all.of('openai', 'used')).toBe(used);
    expect(all.states('openai').map(({ model }) => model)).not.toContain('made-up-0');
  });

  it('give up the oldest when every one has failed', () => {
    const all = breakers();
    for (let number = 0; number < 1_001; number += 1) breakOne(all, 'openai', `m${number}`);
    expect(all.states('openai')).toHaveLength(1_000);
    expect(all.isOpen('openai', 'm0')).toBe(false);
    expect(all.isOpen('openai', 'm1000')).toBe(true);
  });
});
