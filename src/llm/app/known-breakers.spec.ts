import { CircuitBreakers } from './circuit-breakers.js';
import { KnownBreakers } from './known-breakers.js';
import type { ModelCatalogue } from './model-catalogue.js';

function setUp() {
  const breakers = new CircuitBreakers({ LLM_BREAKER_THRESHOLD: 2, LLM_BREAKER_COOLDOWN_MS: 60_000 });
  const catalogue = { known: () => [{ id: 'known' }] } as unknown as ModelCatalogue;
  const fail = (model: string, times: number) => {
    for (let time = 0; time < times; time += 1) {
      breakers.of('openai', model).tryEnter();
      breakers.of('openai', model).failed();
    }
  };
  return { breakers, fail, shown: () => new KnownBreakers(breakers, catalogue).states('openai') };
}

describe('the breakers that anybody may see', () => {
  it('are those of known models, by name', () => {
    const { fail, shown } = setUp();
    fail('known', 1);
    expect(shown()).toEqual([{ model: 'known', state: 'closed', failures: 1, retryAt: null }]);
  });

  it('say nothing of names that clients typed, but that something is wrong', () => {
    const { breakers, fail, shown } = setUp();
    breakers.of('openai', 'secret-project');
    expect(shown()).toEqual([]);
    fail('secret-project', 1);
    fail('another-secret', 2);
    expect(shown()).toMatchObject([{ model: 'other', state: 'open', failures: 2 }]);
    expect(JSON.stringify(shown())).not.toContain('secret');
  });
});
