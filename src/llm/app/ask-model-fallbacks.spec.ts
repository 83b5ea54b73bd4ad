import {
  broken,
  held,
  outcome,
  type Setting,
  setUp,
  slow,
  summary,
} from '../../../test/support/asked-model.js';
import { AppError } from '../../kernel/index.js';
import { ModelError, type Fault } from '../core/model-error.js';

describe('asking a model', () => {
  it('repeats what failed before the first token, and counts it as one attempt', async () => {
    const setting = setUp({ openai: [{ throws: broken('rate') }, { throws: broken() }, { says: ['a'] }] });
    expect(held((await outcome(setting)).parts)).toBe('a');
    expect(setting.models[0]!.requests).toHaveLength(3);
    expect(summary(setting.rows)).toEqual([
      { provider: 'openai', how: 'completed', retries: 2, estimated: false },
    ]);
  });

  it('repeats no more often than it is told', async () => {
    const setting = setUp({ openai: [{ throws: broken() }] }, { LLM_MAX_RETRIES: '1' });
    expect((await outcome(setting)).error).toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
    expect(setting.models[0]!.requests).toHaveLength(2);
    expect(setting.rows).toMatchObject([
      { outcome: 'failed', errorCode: 'PROVIDER_UNAVAILABLE', retries: 1 },
    ]);
  });

  it.each<[string, Error]>([
    ['a silence', slow],
    ['a wait that is too long', broken('rate', { retryAfter: 30 })],
    ['a key that is not accepted', broken('key')],
    ['a request that is not accepted', broken('request')],
    ['a refusal', broken('refusal')],
    ['an unexpected error', new AppError('INTERNAL', 'no')],
  ])('does not repeat %s', async (_, throws) => {
    const setting = setUp({ openai: [{ throws }, { says: ['a'] }] });
    expect((await outcome(setting)).error).toBe(throws);
    expect(setting.models[0]!.requests).toHaveLength(1);
    expect(setting.rows).toHaveLength(1);
  });

  it('goes elsewhere silently before the first token', async () => {
    const setting = setUp({ openai: [{ throws: slow }], groq: [{ says: ['b'] }] });
    const { parts, answered } = await outcome(setting, { resettable: false });
    expect(parts.map(({ type }) => type)).toEqual(['attempt', 'attempt', 'text']);
    expect(answered?.provider).toBe('groq');
    expect(summary(setting.rows)).toMatchObject([
      { provider: 'openai', how: 'failed' },
      { provider: 'groq', how: 'completed' },
    ]);
  });

  it('takes back what was said before it goes elsewhere', async () => {
    const setting = setUp({ openai: [{ says: ['a', 'b'], throws: broken() }], groq: [{ says: ['c'] }] });
    const { parts } = await outcome(setting);
    expect(held(parts)).toBe('c');
    expect(parts).toContainEqual({ type: 'reset', reason: 'PROVIDER_UNAVAILABLE' });
    expect(setting.rows).toMatchObject([
      { provider: 'openai', outcome: 'failed', outputTokens: 2, inputTokens: 5, estimated: true },
      { provider: 'groq', outcome: 'completed', estimated: false },
    ]);
    expect(setting.models[0]!.requests).toHaveLength(1);
  });

  it('goes nowhere when what was said cannot be taken back', async () => {
    const setting = setUp({ openai: [{ says: ['a'], throws: broken() }], groq: [{ says: ['c'] }] });
    const { parts, error } = await outcome(setting, { resettable: false });
    expect(held(parts)).toBe('a');
    expect(error).toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
    expect(setting.models[1]!.requests).toEqual([]);
  });

  it.each<[Fault]>([['request'], ['refusal']])('goes nowhere for the fault of a %s', async (fault) => {
    const setting = setUp({ openai: [{ throws: broken(fault) }], groq: [{ says: ['c'] }] });
    expect((await outcome(setting)).error).toMatchObject({ fault });
    expect(setting.models[1]!.requests).toEqual([]);
  });

  describe('a question that is too long for its model', () => {
    const tooLong = new ModelError('request', 'CONTEXT_TOO_LONG', 'no');
    const scripts = () => ({
      openai: [{ throws: tooLong }],
      groq: [{ says: ['small'] }],
      claude: [{ says: ['large'] }],
    });
    const asked = ({ models }: Setting) => models.map(({ requests }) => requests.length);

    it('goes on to the first one that is known to take more, and is asked once of each', async () => {
      const setting = setUp(scripts(), {}, { openai: 8_000, groq: 8_000, claude: 200_000 });
      const { parts, answered } = await outcome(setting);
      expect(held(parts)).toBe('large');
      expect(answered?.provider).toBe('claude');
      expect(asked(setting)).toEqual([1, 0, 1]);
      expect(setting.breakers.states('openai')).toMatchObject([{ state: 'closed', failures: 0 }]);
    });

    it('goes on to one whose size is known when that of the first is not', async () => {
      const setting = setUp(scripts(), {}, { claude: 200_000 });
      expect((await outcome(setting)).answered?.provider).toBe('claude');
      expect(asked(setting)).toEqual([1, 0, 1]);
    });

    it.each([
      ['nobody takes more', { openai: 8_000, groq: 4_000, claude: 8_000 }],
      ['nobody is known to', { openai: 8_000 }],
    ])('is told as that where %s', async (_, windows) => {
      const setting = setUp(scripts(), {}, windows);
      expect((await outcome(setting)).error).toBe(tooLong);
      expect(asked(setting)).toEqual([1, 0, 0]);
    });

    it('goes past those that were too small, whoever has failed in between', async () => {
      const failing = { ...scripts(), groq: [{ throws: broken() }], claude: [{ throws: tooLong }] };
      const setting = setUp(
        { ...failing, ollama: [{ says: ['between'] }] },
        { LLM_MAX_RETRIES: '0' },
        { openai: 8_000, groq: 9_000, claude: 200_000, ollama: 100_000 },
      );
      expect((await outcome(setting)).error).toBe(tooLong);
      expect(asked(setting)).toEqual([1, 1, 1, 0]);
    });
  });

  it('leaves a provider open to others whose model said what cannot be used', async () => {
    const missaid = new ModelError('server', 'PROVIDER_ERROR', 'no', { isAlive: true });
    const setting = setUp({ openai: [{ throws: missaid }] }, { LLM_BREAKER_THRESHOLD: '2' });
    expect((await outcome(setting)).error).toBe(missaid);
    expect(setting.models[0]!.requests).toHaveLength(3);
    expect(setting.breakers.states('openai')).toMatchObject([{ state: 'closed', failures: 0 }]);
  });

  it('goes elsewhere for a model that is not there, unless the request has named it', async () => {
    const missing = new ModelError('request', 'UNKNOWN_MODEL', 'no');
    const scripts = () => ({ openai: [{ throws: missing }], groq: [{ says: ['b'] }] });
    expect(held((await outcome(setUp(scripts()))).parts)).toBe('b');
    const named = await outcome(setUp(scripts()), { choice: { model: 'one' } });
    expect(named.error).toBe(missing);
  });

  it('says what went wrong last when nobody is left', async () => {
    const last = broken('key');
    const setting = setUp({ openai: [{ throws: slow }], groq: [{ throws: last }] });
    expect((await outcome(setting)).error).toBe(last);
    expect(setting.rows).toHaveLength(2);
  });

  it('leaves a model alone that failed too often, until one request has probed it', async () => {
    const setting = setUp(
      { openai: [{ throws: slow }, { throws: slow }, { says: ['a'] }] },
      { LLM_BREAKER_THRESHOLD: '2', LLM_BREAKER_COOLDOWN_MS: '200' },
    );
    const first = setting.models[0]!;
    await outcome(setting);
    await outcome(setting);
    const { error } = await outcome(setting);
    expect(error).toMatchObject({ code: 'PROVIDER_UNAVAILABLE', retryAfter: expect.any(Number) as number });
    expect(first.requests).toHaveLength(2);
    expect(setting.rows).toHaveLength(2);
    expect(setting.breakers.states('openai')).toMatchObject([{ model: 'one', state: 'open', failures: 2 }]);
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(held((await outcome(setting)).parts)).toBe('a');
    expect(setting.breakers.states('openai')).toMatchObject([{ state: 'closed', failures: 0 }]);
  });

  it('passes a dead model by without asking it', async () => {
    const setting = setUp(
      { openai: [{ throws: slow }], groq: [{ says: ['b'] }] },
      { LLM_BREAKER_THRESHOLD: '1' },
    );
    await outcome(setting);
    const { parts } = await outcome(setting);
    expect(parts.map((part) => ('provider' in part ? part.provider : part.type))).toEqual(['groq', 'text']);
    expect(setting.models[0]!.requests).toHaveLength(1);
  });

  it('ends everything when its time is up, whoever would be next', async () => {
    const setting = setUp(
      { openai: [{ hangs: true }], groq: [{ says: ['b'] }] },
      { LLM_TOTAL_TIMEOUT_MS: '1000' },
    );
    expect((await outcome(setting)).error).toMatchObject({ code: 'PROVIDER_TIMEOUT' });
    expect(setting.rows).toMatchObject([{ outcome: 'failed', errorCode: 'PROVIDER_TIMEOUT' }]);
    expect(setting.models[1]!.requests).toEqual([]);
  });
});
