import { getEventListeners } from 'node:events';
import type { ProviderSettings } from '../../platform/config/index.js';
import { ModelError } from '../core/model-error.js';
import { ProviderLimits, type Slot } from './provider-limits.js';

const forever = new AbortController().signal;

function limits(of: NonNullable<ProviderSettings['limits']>, timeoutMs = 10_000): ProviderLimits {
  return new ProviderLimits({
    LLM_QUEUE_TIMEOUT_MS: timeoutMs,
    providers: [{ name: 'openai', apiKey: undefined, limits: of }],
  });
}

/** What became of each request so far, by name. */
function ledger(of: ProviderLimits) {
  const outcomes: Record<string, 'in' | 'refused' | 'gone'> = {};
  const order: string[] = [];
  const slots: Record<string, Slot> = {};
  const errors: Record<string, unknown> = {};
  const ask = (name: string, tokens = 1, signal = forever) => {
    void of.acquire('openai', tokens, signal).then(
      (slot) => {
        slots[name] = slot;
        outcomes[name] = 'in';
        order.push(name);
      },
      (error: unknown) => {
        errors[name] = error;
        outcomes[name] = error instanceof ModelError ? 'refused' : 'gone';
      },
    );
  };
  return { ask, outcomes, order, slots, errors };
}

const pass = (ms = 0) => jest.advanceTimersByTimeAsync(ms);

describe("a provider's limits", () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    expect(jest.getTimerCount()).toBe(0);
    jest.useRealTimers();
  });

  it('are not there where the operator set none', async () => {
    const none = limits({});
    const slots = await Promise.all(
      Array.from({ length: 5_000 }, () => none.acquire('openai', 1_000_000, forever)),
    );
    const [slot] = slots;
    slot?.correctTokens(1);
    slot?.release();
    slot?.release();
    expect(slots).toHaveLength(5_000);
    await expect(none.acquire('groq', 1, forever)).resolves.toBeDefined();
  });

  it('let no more in at once than allowed, in the order in which they came', async () => {
    const { ask, order, slots } = ledger(limits({ concurrency: 2 }));
    for (const name of ['a', 'b', 'c', 'd']) ask(name);
    await pass();
    expect(order).toEqual(['a', 'b']);
    slots['b']?.release();
    slots['b']?.release();
    await pass();
    expect(order).toEqual(['a', 'b', 'c']);
    slots['a']?.release();
    await pass();
    expect(order).toEqual(['a', 'b', 'c', 'd']);
  });

  it('set no clock for who waits for a place, but the end of the waiting', async () => {
    const { ask, slots } = ledger(limits({ concurrency: 1, requestsPerMinute: 1_000 }));
    for (const name of ['a', 'b', 'c']) ask(name);
    await pass();
    expect(jest.getTimerCount()).toBe(2);
    for (const name of ['a', 'b', 'c']) {
      slots[name]?.release();
      await pass();
    }
  });

  it('let no more requests in within a minute than allowed', async () => {
    const { ask, order } = ledger(limits({ requestsPerMinute: 2 }, 600_000));
    ask('a');
    await pass(20_000);
    for (const name of ['b', 'c', 'd']) ask(name);
    await pass(39_000);
    expect(order).toEqual(['a', 'b']);
    await pass(1_500);
    expect(order).toEqual(['a', 'b', 'c']);
    await pass(18_000);
    expect(order).toEqual(['a', 'b', 'c']);
    await pass(2_000);
    expect(order).toEqual(['a', 'b', 'c', 'd']);
  });

  it('let nobody overtake a large request', async () => {
    const { ask, order } = ledger(limits({ tokensPerMinute: 100 }, 600_000));
    ask('first', 60);
    ask('large', 80);
    ask('small', 10);
    await pass(59_000);
    expect(order).toEqual(['first']);
    await pass(2_000);
    expect(order).toEqual(['first', 'large', 'small']);
  });

  it('let a request in that is larger than a whole minute allows, once the minute is empty', async () => {
    const { ask, order } = ledger(limits({ tokensPerMinute: 100 }, 600_000));
    ask('huge', 5_000);
    await pass();
    ask('next', 5_000);
    ask('last', 1);
    await pass(59_000);
    expect(order).toEqual(['huge']);
    await pass(2_000);
    expect(order).toEqual(['huge', 'next']);
    await pass(61_000);
    expect(order).toEqual(['huge', 'next', 'last']);
  });

  it('count the tokens that were really taken as soon as they are known', async () => {
    const { ask, order, slots } = ledger(limits({ tokensPerMinute: 100 }));
    ask('a', 90);
    ask('b', 50);
    await pass(1_000);
    expect(order).toEqual(['a']);
    slots['a']?.correctTokens(40);
    await pass();
    expect(order).toEqual(['a', 'b']);
    slots['b']?.correctTokens(60);
    ask('c', 1);
    await pass(1_000);
    expect(order).toEqual(['a', 'b']);
    slots['b']?.correctTokens(59);
    await pass();
    expect(order).toEqual(['a', 'b', 'c']);
  });

  it('refuse who has waited too long, and say when to come again', async () => {
    const { ask, outcomes, errors } = ledger(limits({ requestsPerMinute: 1 }));
    ask('a');
    await pass(5_000);
    ask('b');
    await pass(9_999);
    expect(outcomes).toEqual({ a: 'in' });
    await pass(1);
    expect(errors['b']).toMatchObject({
      code: 'RATE_LIMITED',
      fault: 'rate',
      retryAfter: 45,
      retryable: true,
      details: { provider: 'openai' },
    });
  });

  it('refuse at the next moment when there is to be no waiting', async () => {
    const { ask, outcomes } = ledger(limits({ concurrency: 1 }, 0));
    ask('a');
    ask('b');
    await pass(1);
    expect(outcomes).toEqual({ a: 'in', b: 'refused' });
  });

  it('refuse at once when a thousand wait', async () => {
    const { ask, outcomes, order, slots } = ledger(limits({ concurrency: 1 }));
    ask('first');
    for (let number = 0; number < 1_000; number += 1) ask(`w${number}`);
    ask('too-many');
    await pass();
    expect(outcomes).toEqual({ first: 'in', 'too-many': 'refused' });
    slots['first']?.release();
    await pass();
    expect(order).toEqual(['first', 'w0']);
    await pass(10_000);
    expect(Object.values(outcomes).filter((outcome) => outcome === 'refused')).toHaveLength(1_000);
  });

  it('let go at once who is aborted while waiting, with the reason given', async () => {
    const { ask, outcomes, order, slots, errors } = ledger(limits({ concurrency: 1 }));
    const leaving = new AbortController();
    ask('a');
    ask('b', 1, leaving.signal);
    ask('c');
    await pass();
    const reason = new Error('the client went away');
    leaving.abort(reason);
    await pass();
    expect(errors['b']).toBe(reason);
    expect(outcomes).toEqual({ a: 'in', b: 'gone' });
    slots['a']?.release();
    await pass();
    expect(order).toEqual(['a', 'c']);
  });

  it('let the next one in when the one it waited behind goes', async () => {
    const { ask, order } = ledger(limits({ tokensPerMinute: 100 }));
    const leaving = new AbortController();
    ask('first', 60);
    ask('large', 80, leaving.signal);
    ask('small', 10);
    await pass();
    leaving.abort();
    await pass();
    expect(order).toEqual(['first', 'small']);
  });

  it('let nobody in whose signal is aborted already, and take no place for it', async () => {
    const { ask, outcomes } = ledger(limits({ concurrency: 1 }));
    ask('a', 1, AbortSignal.abort(new Error('over')));
    ask('b');
    await pass();
    expect(outcomes).toEqual({ a: 'gone', b: 'in' });
  });

  it('do not hear of an abort any more once somebody is in', async () => {
    const { ask, outcomes, slots, order } = ledger(limits({ concurrency: 1 }));
    const late = new AbortController();
    ask('a');
    ask('b', 1, late.signal);
    await pass();
    slots['a']?.release();
    await pass();
    expect(getEventListeners(late.signal, 'abort')).toHaveLength(0);
    late.abort();
    ask('c');
    await pass();
    expect(outcomes).toEqual({ a: 'in', b: 'in' });
    slots['b']?.release();
    await pass();
    expect(order).toEqual(['a', 'b', 'c']);
  });

  it('hold all at once: places free, but the minute is used up', async () => {
    const { ask, order, slots } = ledger(limits({ concurrency: 1, requestsPerMinute: 2 }, 600_000));
    for (const name of ['a', 'b', 'c']) ask(name);
    await pass(1_000);
    slots['a']?.release();
    await pass(1_000);
    slots['b']?.release();
    await pass(1_000);
    expect(order).toEqual(['a', 'b']);
    await pass(58_000);
    expect(order).toEqual(['a', 'b', 'c']);
  });
});
