import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { inspect } from 'node:util';
import type { ErrorCode } from '../../src/kernel/index.js';
import { ModelError } from '../../src/llm/core/model-error.js';
import type { LanguageModel, ModelPart, ModelRequest } from '../../src/llm/index.js';
import { openAiProvider } from '../../src/llm/providers/openai/openai-provider.js';
import { describeLanguageModel, partsOf, textOf } from '../contracts/language-model.contract.js';
import {
  expectedReasoning,
  expectedText,
  expectedToolCalls,
  startOpenAiStandIn,
  type Behaviour,
  type OpenAiStandIn,
} from '../doubles/openai-stand-in.js';

const KEY = 'sk-very-private';

function modelAt(
  url: string,
  settings: { firstTokenTimeoutMs?: number; idleTimeoutMs?: number } = {},
): LanguageModel {
  return openAiProvider({
    apiKey: KEY,
    url,
    connectTimeoutMs: 20_000,
    firstTokenTimeoutMs: 20_000,
    idleTimeoutMs: 20_000,
    ...settings,
  });
}

function asking(content: string, more: Partial<ModelRequest> = {}): ModelRequest {
  return { model: 'gpt-4o-mini', messages: [{ role: 'user', content }], passages: [], ...more };
}

describeLanguageModel('OpenAI', async () => {
  const standIn = await startOpenAiStandIn();
  return {
    model: modelAt(standIn.url),
    short: { request: asking('[[tokens=30]]'), text: expectedText(30) },
    long: asking('[[tokens=100000 delay=5]]'),
    torn: asking('[[tokens=40 fault=split_surrogate]]'),
    connectionClosed: () => standIn.requests.at(-1)!.closed,
    close: () => standIn.close(),
  };
});

describe('the openai provider', () => {
  let standIn: OpenAiStandIn;

  beforeAll(async () => {
    standIn = await startOpenAiStandIn();
  });

  afterAll(async () => {
    await standIn.close();
  });

  /** The parts up to the end or the error, and the error. */
  async function outcome(behaviour: Partial<Behaviour>, model = modelAt(standIn.url)) {
    standIn.script(behaviour);
    const parts: ModelPart[] = [];
    let error: unknown;
    try {
      for await (const part of model.stream(asking('my private words'), new AbortController().signal)) {
        parts.push(part);
      }
    } catch (thrown) {
      error = thrown;
    }
    return { parts, error };
  }

  describe('asks', () => {
    it('in the way of the streaming chat completions, with its key', async () => {
      const messages = [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hello \ud83d there' },
      ] as const;
      await partsOf(modelAt(standIn.url), asking('', { messages, temperature: 0.5, maxTokens: 7 }));
      const { body, headers } = standIn.requests.at(-1)!;
      expect(body).toEqual({
        model: 'gpt-4o-mini',
        messages: [messages[0], { role: 'user', content: 'Hello \ufffd there' }],
        stream: true,
        stream_options: { include_usage: true },
        temperature: 0.5,
        max_tokens: 7,
      });
      expect(headers['accept-encoding']).toBe('identity');
      expect(headers.authorization).toBe(`Bearer ${KEY}`);
    });

    it('without a key where there is none, whatever keys and headers the environment has', async () => {
      process.env['OPENAI_API_KEY'] = KEY;
      process.env['OPENAI_ORG_ID'] = 'org-private';
      process.env['OPENAI_CUSTOM_HEADERS'] = 'X-Team: private\nAuthorization: Bearer private';
      try {
        const settings = {
          apiKey: undefined,
          url: standIn.url,
          connectTimeoutMs: 20_000,
          firstTokenTimeoutMs: 20_000,
          idleTimeoutMs: 20_000,
        };
        await partsOf(openAiProvider(settings), asking('hello'));
      } finally {
        delete process.env['OPENAI_API_KEY'];
        delete process.env['OPENAI_ORG_ID'];
        delete process.env['OPENAI_CUSTOM_HEADERS'];
      }
      const { headers } = standIn.requests.at(-1)!;
      expect(JSON.stringify(headers)).not.toContain('private');
    });

    it('below /v1 when its address is only a host', async () => {
      const parts = await partsOf(modelAt(`http://127.0.0.1:${standIn.port}`), asking('[[tokens=2]]'));
      expect(textOf(parts)).toBe(expectedText(2));
    });

    it.each([
      ['over connections it has already', false],
      ['over the same connections even when its reader leaves at the finish', true],
    ])('%s', async (_name, leaves) => {
      const before = standIn.connections.total;
      const model = modelAt(standIn.url);
      for (let round = 0; round < 6; round += 1) {
        for await (const { type } of model.stream(asking('hello'), new AbortController().signal)) {
          if (leaves && type === 'finish') break;
        }
      }
      // One that is just being handed back may make way for a second.
      expect(standIn.connections.total - before).toBeLessThan(3);
      expect(standIn.requests.slice(-6).map(({ closedAt }) => closedAt)).toEqual(Array(6).fill(undefined));
    });
  });

  it('gives the finish at [DONE], and lets the provider end the connection after it', async () => {
    const model = modelAt(standIn.url);
    standIn.script({ tokens: 2, fault: 'late_end' });
    for await (const { type } of model.stream(asking('hello'), new AbortController().signal)) {
      if (type === 'finish') break;
    }
    const asked = standIn.requests.at(-1)!;
    await asked.ended;
    expect(asked.closedAt).toBeUndefined();
  });

  describe('hands over', () => {
    const text = expectedText(20);
    const complete: readonly (readonly [string, Partial<Behaviour>, string, object])[] = [
      ['an answer', {}, text, { reason: 'stop' }],
      [
        'an answer of thousands of tokens',
        { tokens: 5_000, perWrite: 50 },
        expectedText(5_000),
        { reason: 'stop' },
      ],
      ['an answer with characters split between writes', { fault: 'split_utf8' }, text, { reason: 'stop' }],
      ['an answer with lines split between writes', { fault: 'split_lines' }, text, { reason: 'stop' }],
      ['an answer with pairs split between deltas', { fault: 'split_surrogate' }, text, { reason: 'stop' }],
      ['an answer of no tokens', { tokens: 0 }, '', { reason: 'stop' }],
      ['an empty answer', { fault: 'empty' }, '', { reason: 'stop', usage: { outputTokens: 0 } }],
      ['a filtered answer', { fault: 'content_filter' }, text, { reason: 'content_filter' }],
      ['a refusal', { fault: 'refusal' }, text, { reason: 'content_filter' }],
      ['an answer at its limit', { fault: 'length' }, text, { reason: 'length' }],
      ['an answer without [DONE]', { fault: 'no_done' }, text, { reason: 'stop' }],
      [
        'an answer without usage, estimated',
        { fault: 'no_usage' },
        text,
        {
          reason: 'stop',
          usage: { estimated: true, inputTokens: 4, outputTokens: Math.ceil(text.length / 4) },
        },
      ],
      [
        'an answer cut off before its usage',
        { fault: 'cut_before_usage' },
        text,
        { reason: 'stop', usage: { estimated: true } },
      ],
      [
        'an answer whose usage does not come',
        { fault: 'stall_before_usage' },
        text,
        { reason: 'stop', usage: { estimated: true } },
      ],
      [
        'the usage the provider reports',
        { tokens: 9 },
        expectedText(9),
        { usage: { outputTokens: 9, inputTokens: 4 } },
      ],
    ];

    it.each(complete)('%s', async (_name, behaviour, expected, finish) => {
      const { parts, error } = await outcome(behaviour, modelAt(standIn.url, { idleTimeoutMs: 1_500 }));
      expect(error).toBeUndefined();
      expect(textOf(parts)).toBe(expected);
      expect(parts.at(-1)).toMatchObject({ type: 'finish', ...finish });
    });

    it('reasoning apart from the text, before it', async () => {
      const { parts } = await outcome({ tokens: 5, reasoning: 4 });
      expect(textOf(parts, 'reasoning')).toBe(expectedReasoning(4));
      expect(textOf(parts)).toBe(expectedText(5));
      expect(parts[0]!.type).toBe('reasoning');
    });

    it('tool calls whole, though their pieces come interleaved', async () => {
      const { parts } = await outcome({ tokens: 2, tools: 3 });
      const calls = parts.flatMap((part) => (part.type === 'tool_call' ? [part.call] : []));
      expect(calls).toEqual(expectedToolCalls(3));
      expect(parts.at(-1)).toMatchObject({ type: 'finish', reason: 'tool_calls' });
    });

    it('tokens that arrive together as one part', async () => {
      const { parts } = await outcome({ tokens: 2_000, perWrite: 2_000 });
      expect(parts.length).toBeLessThan(200);
      expect(textOf(parts)).toBe(expectedText(2_000));
    });

    it('the first token before the second is written', async () => {
      standIn.script({ tokens: 2, fault: 'stall', at: 1 });
      const controller = new AbortController();
      const iterator = modelAt(standIn.url)
        .stream(asking('hello'), controller.signal)
        [Symbol.asyncIterator]();
      expect(await iterator.next()).toEqual({ done: false, value: { type: 'text', text: expectedText(1) } });
      controller.abort();
    });
  });

  describe('fails with', () => {
    const faults: readonly (readonly [string, Partial<Behaviour>, ErrorCode, boolean, string])[] = [
      ['a key that is not accepted', { fault: 'unauthorized' }, 'PROVIDER_ERROR', false, ''],
      ['an account that is used up', { fault: 'quota' }, 'PROVIDER_ERROR', false, ''],
      ['a request that is not accepted', { fault: 'bad_request' }, 'PROVIDER_ERROR', false, ''],
      ['an address that has moved', { fault: 'redirect' }, 'PROVIDER_ERROR', false, ''],
      ['an unknown model', { fault: 'unknown_model' }, 'UNKNOWN_MODEL', false, ''],
      ['a conversation that is too long', { fault: 'context_length' }, 'CONTEXT_TOO_LONG', false, ''],
      ['a long wait that is asked for', { fault: 'rate_limit', retryAfter: 900 }, 'RATE_LIMITED', true, ''],
      ['a short wait that is asked for', { fault: 'rate_limit', retryAfter: 0 }, 'RATE_LIMITED', true, ''],
      ['an error of the server', { fault: 'server_error' }, 'PROVIDER_UNAVAILABLE', true, ''],
      ['a connection closed unanswered', { fault: 'cut_before_headers' }, 'PROVIDER_UNAVAILABLE', true, ''],
      ['a cut', { fault: 'cut', at: 7 }, 'PROVIDER_ERROR', true, expectedText(7)],
      ['a cut inside tool calls', { fault: 'tool_cut', tools: 2 }, 'PROVIDER_ERROR', true, expectedText(20)],
      ['a cut before any text', { fault: 'cut' }, 'PROVIDER_ERROR', true, ''],
      ['an end without a reason', { fault: 'no_finish' }, 'PROVIDER_ERROR', true, expectedText(20)],
      ['a frame that is not JSON', { fault: 'malformed', at: 7 }, 'PROVIDER_ERROR', true, expectedText(7)],
      ['an error in the middle', { fault: 'error_frame', at: 7 }, 'PROVIDER_ERROR', true, expectedText(7)],
      ['a frame that is too large', { fault: 'huge_frame', at: 7 }, 'PROVIDER_ERROR', true, expectedText(7)],
      ['no answer at all', { fault: 'hang' }, 'PROVIDER_TIMEOUT', true, ''],
      ['no body', { fault: 'hang_after_headers' }, 'PROVIDER_TIMEOUT', true, ''],
      ['signs of life but no text', { fault: 'only_comments' }, 'PROVIDER_TIMEOUT', true, ''],
      ['silence in the middle', { fault: 'stall', at: 7 }, 'PROVIDER_TIMEOUT', true, expectedText(7)],
    ];

    it.each(faults)('%s', async (_name, behaviour, code, retryable, text) => {
      const impatient = { firstTokenTimeoutMs: 1_500, idleTimeoutMs: 700 };
      const before = standIn.requests.length;
      const { parts, error } = await outcome(behaviour, modelAt(standIn.url, impatient));
      // Whether to try again is for whoever asked to say.
      expect(standIn.requests.length - before).toBe(1);
      expect(error).toBeInstanceOf(ModelError);
      expect(error).toMatchObject({ code, retryable });
      expect(textOf(parts)).toBe(text);
      expect(parts.filter(({ type }) => type === 'finish')).toEqual([]);
      // Whatever the provider repeats of the prompt and the key stays out of the error and of its causes.
      expect(inspect(error, { depth: 10 })).not.toMatch(/private|secret words/);
    });

    it.each(['hang', 'hang_after_headers', 'stall'] as const)(
      'its connection closed, in a %s',
      async (fault) => {
        await outcome(
          { fault, at: 2 },
          modelAt(standIn.url, { firstTokenTimeoutMs: 500, idleTimeoutMs: 500 }),
        );
        await standIn.requests.at(-1)!.closed;
      },
    );

    it('the pause the provider asks for, a minute at most', async () => {
      const { error } = await outcome({ fault: 'rate_limit', retryAfter: 900 });
      expect(error).toMatchObject({ code: 'RATE_LIMITED', retryAfter: 60 });
    });

    it('nobody there', async () => {
      const probe = createServer().listen(0, '127.0.0.1');
      await once(probe, 'listening');
      const { port } = probe.address() as AddressInfo;
      await new Promise((resolve) => probe.close(resolve));
      const asked = partsOf(modelAt(`http://127.0.0.1:${port}/v1`), asking('hello'));
      await expect(asked).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE', retryable: true });
    });
  });

  describe('when it is stopped', () => {
    it.each(['hang', 'hang_after_headers', 'stall'] as const)('wakes who waits, in a %s', async (fault) => {
      standIn.script({ fault, at: 0 });
      const before = standIn.requests.length;
      const controller = new AbortController();
      const iterator = modelAt(standIn.url)
        .stream(asking('hello'), controller.signal)
        [Symbol.asyncIterator]();
      const pending = iterator.next();
      pending.catch(() => undefined);
      while (standIn.requests.length === before) await new Promise((resolve) => setTimeout(resolve, 5));
      const reason = new Error('enough');
      controller.abort(reason);
      await expect(pending).rejects.toBe(reason);
      await standIn.requests.at(-1)!.closed;
    });

    it('closes the connection under a read that is pending when its reader returns', async () => {
      standIn.script({ fault: 'stall', at: 1 });
      const iterator = modelAt(standIn.url)
        .stream(asking('hello'), new AbortController().signal)
        [Symbol.asyncIterator]();
      await iterator.next();
      const pending = iterator.next();
      expect(await iterator.return!()).toEqual({ done: true, value: undefined });
      expect(await pending).toEqual({ done: true, value: undefined });
      await standIn.requests.at(-1)!.closed;
    });
  });

  it('does not count the time its reader takes', async () => {
    standIn.script({ tokens: 30, delay: 30 });
    const parts: ModelPart[] = [];
    const model = modelAt(standIn.url, { idleTimeoutMs: 200 });
    for await (const part of model.stream(asking('hello'), new AbortController().signal)) {
      if (parts.length === 2) await new Promise((resolve) => setTimeout(resolve, 500));
      parts.push(part);
    }
    expect(textOf(parts)).toBe(expectedText(30));
  });
});
