import { ScriptedModel, type Script } from '../../../test/doubles/scripted-model.js';
import { AppError, type AnswerPart } from '../../kernel/index.js';
import { loadConfig, type Config } from '../../platform/config/index.js';
import { Metrics } from '../../platform/telemetry/index.js';
import { ModelLabels, UsageMetrics, type AttemptRecord, type BegunAttempt } from '../../usage/index.js';
import { ModelError, type Fault } from '../core/model-error.js';
import { AskModel } from './ask-model.js';
import { CircuitBreakers } from './circuit-breakers.js';
import { CurrentProvider } from './current-provider.js';
import { FirstTokenTimes } from './first-token-times.js';
import { LlmMetrics } from './llm-metrics.js';
import { MakeAttempt } from './make-attempt.js';
import type { ModelCatalogue } from './model-catalogue.js';
import { ModelDirectory } from './model-directory.js';
import { PlanRoute } from './plan-route.js';
import { ProviderLimits } from './provider-limits.js';
import type { Answered } from './question.js';
import { RecordAttempt } from './record-attempt.js';

const broken = (fault: Fault = 'server', options: { retryAfter?: number } = {}) =>
  new ModelError(fault, fault === 'rate' ? 'RATE_LIMITED' : 'PROVIDER_UNAVAILABLE', 'no', options);
const slow = new ModelError('server', 'PROVIDER_TIMEOUT', 'slow');

/** What a sink throws that takes no more. */
const LEFT = new Error('left');
const CAUSE = { type: 'stateless', requestId: 'request' } as const;

function setUp(
  scripts: Record<string, Script[]>,
  settings: Record<string, string> = {},
  windows: Record<string, number> = {},
) {
  const models = Object.entries(scripts).map(([name, entries]) => new ScriptedModel(name, entries));
  const [, ...others] = Object.keys(scripts);
  const config: Config = loadConfig({
    LLM_MAX_RETRY_WAIT_MS: '60',
    ...(others.length > 0 ? { LLM_FALLBACKS: others.join(',') } : {}),
    ...settings,
  });
  const begun: BegunAttempt[] = [];
  /** How many requests had been sent when the attempts were stored. */
  const asked: number[] = [];
  const rows: AttemptRecord[] = [];
  const catalogue = {
    facts: (provider: string) => ({
      ...models.find((model) => model.provider === provider)?.catalogue[0],
      contextWindow: windows[provider],
    }),
    publicName: (_provider: string, model: string) => model,
    defaultModel: () => undefined,
  } as unknown as ModelCatalogue;
  const none = {
    read: () => Promise.resolve({ selected: [], asOf: new Date() }),
    write: () => Promise.resolve(),
    onChanged: () => Promise.resolve(),
  };
  const directory = new ModelDirectory(models, config, new CurrentProvider(none));
  const times = new FirstTokenTimes();
  const breakers = new CircuitBreakers(config);
  const metrics = new Metrics({ METRICS: false });
  const labels = new ModelLabels();
  const recordAttempt = new RecordAttempt(
    {
      begin: async (attempt) => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        // Whoever was asked by now was asked too early.
        asked.push(models.reduce((sum, { requests }) => sum + requests.length, 0));
        begun.push(attempt);
      },
      record: (row) => {
        rows.push(row);
        return Promise.resolve('stored');
      },
    },
    {
      count: (texts) => Promise.resolve(texts.join('').length),
      textOf: () => Promise.resolve(undefined),
    },
    catalogue,
    times,
    new UsageMetrics(metrics, labels),
  );
  const attempts = new MakeAttempt(config, breakers, new ProviderLimits(config), recordAttempt);
  const plan = new PlanRoute(config, directory, catalogue, times);
  const ask = new AskModel(config, plan, breakers, attempts, new LlmMetrics(metrics, labels));
  return { ask, begun, asked, rows, breakers, models };
}

type Setting = ReturnType<typeof setUp>;

/** Everything that was said, and how it ended. */
async function outcome(
  { ask }: Setting,
  {
    resettable = true,
    toolPieces = false,
    signal = new AbortController().signal,
    stopAfter = Infinity,
    choice = {},
  } = {},
) {
  const parts: AnswerPart[] = [];
  const question = {
    choice,
    context: { caller: { id: 'alice', org: 'acme' }, cause: CAUSE },
    messages: [{ role: 'user' as const, content: 'hello' }],
    passages: [],
    resettable,
    toolPieces,
  };
  let answered: Answered | undefined;
  let error: unknown;
  try {
    answered = await ask.ask(question, signal, (part) => {
      parts.push(part);
      if (parts.length === stopAfter) throw LEFT;
      return undefined;
    });
  } catch (thrown) {
    error = thrown;
  }
  return { parts, answered, error };
}

/** The text somebody holds who obeys every reset. */
function held(parts: readonly AnswerPart[]): string {
  return parts.reduce(
    (text, part) => (part.type === 'reset' ? '' : part.type === 'text' ? text + part.text : text),
    '',
  );
}

const summary = (rows: readonly AttemptRecord[]) =>
  rows.map(({ provider, outcome: how, retries, estimated }) => ({ provider, how, retries, estimated }));

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

  it('repeats what failed before the first token, and counts it as one attempt', async () => {
    const setting = setUp({ openai: [{ throws: broken('rate') }, { throws: broken() }, { says: ['a'] }] });
    expect(held((await outcome(setting)).parts)).toBe('a');
    expect(setting.models[0]!.requests).toHaveLength(3);
    expect(summary(setting.rows)).toEqual([
      { provider: 'openai', how: 'completed', retries: 2, estimated: false },
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

  it('ends everything when its time is up, whoever would be next', async () => {
    const setting = setUp(
      { openai: [{ hangs: true }], groq: [{ says: ['b'] }] },
      { LLM_TOTAL_TIMEOUT_MS: '1000' },
    );
    expect((await outcome(setting)).error).toMatchObject({ code: 'PROVIDER_TIMEOUT' });
    expect(setting.rows).toMatchObject([{ outcome: 'failed', errorCode: 'PROVIDER_TIMEOUT' }]);
    expect(setting.models[1]!.requests).toEqual([]);
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
