import {
  broken,
  CAUSE,
  held,
  LEFT,
  outcome,
  setUp,
  slow,
  summary,
} from '../../../test/support/asked-model.js';
import { ModelError } from '../core/model-error.js';

describe('asking a model', () => {
  it('gives what the model says, and writes one row', async () => {
    const setting = setUp({ openai: [{ says: ['a', 'b'] }] });
    const { parts, answered } = await outcome(setting);
    expect(parts).toEqual([
      { type: 'attempt', provider: 'openai', model: 'one' },
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
    ]);
    expect(answered).toMatchObject({ provider: 'openai', model: 'one', finishReason: 'stop' });
    expect(setting.rows).toMatchObject([
      {
        org: 'acme',
        user: 'alice',
        cause: CAUSE,
        inputTokens: 10,
        outputTokens: 5,
        estimated: false,
        cost: 0.00002,
        outcome: 'completed',
        errorCode: null,
      },
    ]);
  });

  it('begins the row of an attempt once, before its first request, with the size of the question', async () => {
    const setting = setUp({
      openai: [{ throws: broken('rate') }, { says: ['a'], throws: broken() }],
      groq: [{ says: ['b'] }],
    });
    await outcome(setting);
    expect(setting.begun).toMatchObject([
      {
        org: 'acme',
        user: 'alice',
        cause: CAUSE,
        provider: 'openai',
        model: 'one',
        promptChars: 5,
      },
      { provider: 'groq', model: 'one', promptChars: 5 },
    ]);
    expect(setting.asked).toEqual([0, 2]);
    expect(setting.begun.map(({ id, at }) => [id, at])).toEqual(setting.rows.map(({ id, at }) => [id, at]));
  });

  it('answers with what its last attempt said and thought, piece by piece', async () => {
    const setting = setUp({
      openai: [{ thinks: ['no'], says: ['lost'], throws: broken() }],
      groq: [{ thinks: ['hm'], says: ['a', 'b'] }],
    });
    const { answered } = await outcome(setting);
    expect(answered?.said).toEqual({ text: ['a', 'b'], reasoning: ['hm'] });
  });

  describe('for an answer without end', () => {
    const bound = { MAX_ANSWER_CHARS: '1000' };
    const half = 'x'.repeat(500);
    const tooLarge = { code: 'PROVIDER_ERROR', retryable: false, details: { limit: 1_000 } };

    it('gives what is within the bound, and ends it there, whoever would be next', async () => {
      const setting = setUp(
        { openai: [{ says: [half, half, '!', 'more'] }], groq: [{ says: ['b'] }] },
        bound,
      );
      const { parts, error } = await outcome(setting);
      expect(error).toMatchObject(tooLarge);
      expect(held(parts)).toBe(half + half);
      expect(setting.models[0]!.aborted).toHaveLength(1);
      expect(setting.models[1]!.requests).toEqual([]);
      expect(summary(setting.rows)).toEqual([
        { provider: 'openai', how: 'cancelled', retries: 0, estimated: true },
      ]);
      expect(setting.breakers.states('openai')).toMatchObject([{ state: 'closed', failures: 0 }]);
    });

    it('counts what is thought, and what is told of a call', async () => {
      const thinking = setUp({ openai: [{ thinks: [half], says: [half, '!'] }] }, bound);
      expect((await outcome(thinking)).error).toMatchObject(tooLarge);
      const pieces = ['{"a":"', half, half, '"}'];
      const calling = () => setUp({ openai: [{ pieces }] }, bound);
      expect((await outcome(calling(), { toolPieces: true })).error).toMatchObject(tooLarge);
      expect((await outcome(calling())).error).toBeUndefined();
    });

    it('counts one attempt alone', async () => {
      const scripts = { openai: [{ says: [half, half], throws: broken() }], groq: [{ says: [half, half] }] };
      expect(held((await outcome(setUp(scripts, bound))).parts)).toBe(half + half);
    });
  });

  it('stops when it is told to, and says in the ledger what that cost', async () => {
    const setting = setUp({ openai: [{ says: ['abc'], hangs: true }], groq: [{ says: ['no'] }] });
    const controller = new AbortController();
    const reason = new Error('stopped');
    setTimeout(() => controller.abort(reason), 30);
    const { error } = await outcome(setting, { signal: controller.signal });
    expect(error).toBe(reason);
    expect(setting.rows).toMatchObject([
      { outcome: 'cancelled', outputTokens: 3, inputTokens: 5, estimated: true, errorCode: null },
    ]);
    expect(setting.models[1]!.requests).toEqual([]);
    expect(setting.breakers.states('openai')).toMatchObject([{ state: 'closed', failures: 0 }]);
  });

  it('writes its row when nobody reads on, and blames no model', async () => {
    const setting = setUp({ openai: [{ says: ['a', 'b', 'c'] }], groq: [{ says: ['d'] }] });
    expect((await outcome(setting, { stopAfter: 2 })).error).toBe(LEFT);
    expect(setting.breakers.states('openai')).toMatchObject([{ state: 'closed', failures: 0 }]);
    expect(setting.models[1]!.requests).toEqual([]);
    expect(summary(setting.rows)).toEqual([
      { provider: 'openai', how: 'cancelled', retries: 0, estimated: true },
    ]);
  });

  describe('for a tool call in pieces', () => {
    const pieces = ['{"a"', ':1}'];

    it('hands them on where that is asked for, besides the whole', async () => {
      const setting = setUp({ openai: [{ says: ['a'], pieces }] });
      const { parts, answered } = await outcome(setting, { toolPieces: true });
      expect(parts.slice(1)).toEqual([
        { type: 'text', text: 'a' },
        ...pieces.map((text) => ({ type: 'tool_piece', index: 0, id: 'piecemeal', name: 'look', text })),
      ]);
      expect(answered?.toolCalls).toEqual([{ id: 'piecemeal', name: 'look', arguments: '{"a":1}' }]);
      expect('toolPieces' in setting.models[0]!.requests[0]!).toBe(false);
    });

    it('is silent where that is not asked for', async () => {
      const { parts, answered } = await outcome(setUp({ openai: [{ pieces }] }));
      expect(parts.map(({ type }) => type)).toEqual(['attempt']);
      expect(answered?.toolCalls).toHaveLength(1);
    });

    it('goes elsewhere silently in the middle of one that nobody heard of', async () => {
      const setting = setUp({ openai: [{ pieces, throws: slow }], groq: [{ says: ['b'] }] });
      const { parts } = await outcome(setting, { resettable: false });
      expect(parts.map(({ type }) => type)).toEqual(['attempt', 'attempt', 'text']);
    });

    it('takes it back first where it was heard, and goes nowhere where that cannot be', async () => {
      const scripts = { openai: [{ pieces, throws: broken() }], groq: [{ says: ['b'] }] };
      const { parts } = await outcome(setUp(scripts), { toolPieces: true });
      expect(parts.map(({ type }) => type)).toEqual([
        'attempt',
        'tool_piece',
        'tool_piece',
        'reset',
        'attempt',
        'text',
      ]);
      const setting = setUp(scripts);
      const { error } = await outcome(setting, { toolPieces: true, resettable: false });
      expect(error).toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
      expect(setting.models[0]!.requests).toHaveLength(1);
      expect(setting.models[1]!.requests).toEqual([]);
    });

    it('bills the arguments of one that fails or is stopped in the middle', async () => {
      const failing = setUp({ openai: [{ says: ['abc'], pieces, throws: slow }] });
      await outcome(failing);
      expect(failing.rows).toMatchObject([
        { outcome: 'failed', inputTokens: 5, outputTokens: 10, estimated: true },
      ]);
      const stopped = setUp({ openai: [{ pieces, hangs: true }] });
      const controller = new AbortController();
      setTimeout(() => controller.abort(new Error('stopped')), 30);
      await outcome(stopped, { signal: controller.signal });
      expect(stopped.rows).toMatchObject([
        { outcome: 'cancelled', inputTokens: 5, outputTokens: 7, estimated: true },
      ]);
      expect(stopped.rows[0]!.firstTokenMs).not.toBeNull();
    });

    it('bills what a silent repetition has thrown away, besides the answer', async () => {
      const cut = new ModelError('server', 'PROVIDER_ERROR', 'cut');
      const setting = setUp({ openai: [{ throws: broken() }, { pieces, throws: cut }, { says: ['a'] }] });
      const { answered } = await outcome(setting);
      expect(answered?.usage).toEqual({ inputTokens: 10, outputTokens: 5, totalTokens: 15 });
      expect(setting.rows).toMatchObject([
        { outcome: 'completed', inputTokens: 15, outputTokens: 12, estimated: true, retries: 2 },
      ]);
    });
  });

  it.each<[string, Error, number]>([
    ['a silence', slow, 5],
    ['an answer that broke off', new ModelError('server', 'PROVIDER_ERROR', 'cut'), 5],
    ['a server in trouble', broken(), 0],
    ['too many requests', broken('rate'), 0],
    ['a key that is not accepted', new ModelError('key', 'PROVIDER_ERROR', 'no'), 0],
    ['a request that is not accepted', new ModelError('request', 'PROVIDER_ERROR', 'no'), 0],
    ['a refusal', new ModelError('refusal', 'MODEL_REFUSED', 'no'), 0],
  ])('bills the question of %s as what the provider may have read', async (_, throws, inputTokens) => {
    const setting = setUp({ openai: [{ throws }] }, { LLM_MAX_RETRIES: '0' });
    await outcome(setting);
    expect(setting.rows).toMatchObject([
      { outcome: expect.stringMatching(/failed|refused/) as string, inputTokens, outputTokens: 0 },
    ]);
  });

  it('bills no question that waits to be asked again after it was turned away', async () => {
    const setting = setUp(
      { openai: [{ throws: broken('rate', { retryAfter: 5 }) }] },
      { LLM_MAX_RETRY_WAIT_MS: '9000' },
    );
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('stopped')), 30);
    await outcome(setting, { signal: controller.signal });
    expect(setting.rows).toMatchObject([{ outcome: 'cancelled', inputTokens: 0, outputTokens: 0 }]);
  });

  it('believes what the provider said of the question before it failed, and hands that on to nobody', async () => {
    const prompt = { inputTokens: 70, cachedTokens: 40 };
    const setting = setUp({
      openai: [
        { prompt, throws: broken() },
        { prompt, says: ['abc'], throws: broken() },
      ],
    });
    const { parts } = await outcome(setting);
    expect(parts.map(({ type }) => type)).toEqual(['attempt', 'text']);
    expect(setting.rows).toMatchObject([
      { outcome: 'failed', inputTokens: 140, cachedTokens: 80, outputTokens: 3, estimated: true },
    ]);
    const completed = setUp({ openai: [{ prompt, says: ['a'] }] });
    await outcome(completed);
    expect(completed.rows).toMatchObject([{ inputTokens: 10, outputTokens: 5, estimated: false }]);
  });

  it('takes what it hears of the question for no token of the answer', async () => {
    const setting = setUp({ openai: [{ prompt: { inputTokens: 7 }, throws: slow }] });
    await outcome(setting);
    expect(setting.rows).toMatchObject([{ inputTokens: 7, outputTokens: 0, firstTokenMs: null }]);
  });

  it('gives tool calls with the answer', async () => {
    const setting = setUp({ openai: [{ calls: 2 }] });
    const { answered } = await outcome(setting);
    expect(answered).toMatchObject({
      finishReason: 'tool_calls',
      toolCalls: [{ id: 'call_0' }, { id: 'call_1' }],
    });
  });
});
