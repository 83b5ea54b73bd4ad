import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { inspect } from 'node:util';
import type { ErrorCode } from '../../src/kernel/index.js';
import { ModelError, type Fault } from '../../src/llm/core/model-error.js';
import type { LanguageModel, ModelPart, ModelRequest } from '../../src/llm/index.js';
import { LARGE } from '../doubles/stand-in-answer.js';
import type { Behaviour } from '../doubles/stand-in-behaviour.js';
import { deadAddress, type StandIn } from '../doubles/stand-in-server.js';
import { expectedReasoning, expectedText } from '../doubles/stand-in-words.js';
import {
  describeLanguageModel,
  never,
  nextOf,
  outcomeOf,
  partsOf,
  textOf,
} from './language-model.contract.js';

/** How long a provider is waited for, in milliseconds. */
export interface Patience {
  readonly connectTimeoutMs: number;
  readonly firstTokenTimeoutMs: number;
  readonly idleTimeoutMs: number;
  /** 5 minutes when absent. */
  readonly keepAliveTimeoutMs?: number;
}

/** A name, what the provider does, the text that comes of it, and what has to stand in the finish. */
export type Answer = readonly [string, Partial<Behaviour>, string, object];

/** A name, what the provider does, the error that comes of it, whose fault it is, and the text before it. */
export type Failure = readonly [string, Partial<Behaviour>, ErrorCode, Fault, string];

/** What the suite needs of a provider: a stand-in for it, models that ask it, and what only its wire has. */
export interface ProviderOverSocket {
  readonly start: () => Promise<StandIn>;
  /** Its key, where it has one, is to contain "private". */
  readonly modelAt: (url: string, patience?: Partial<Patience>) => LanguageModel;
  readonly asking: (content: string) => ModelRequest;
  /** What is asked for an answer to be stopped, when it is not to be the usual model. */
  readonly askingLong?: (content: string) => ModelRequest;
  readonly answers?: readonly Answer[];
  readonly failures?: readonly Failure[];
}

/** Each way to keep its reader waiting, before its headers, after them and in its text. */
const SILENCES = ['hang', 'hang_after_headers', 'stall'] as const;
/** What stand-ins repeat of the key, of the prompt and of their own words when something goes wrong. */
const SECRETS = /private|secret words/;

/** What every provider promises over a socket, `LanguageModel`'s own promises among it. */
export function describeProviderOverSocket(name: string, provider: ProviderOverSocket): void {
  const { start, modelAt, asking, askingLong = asking } = provider;
  describeLanguageModel(name, async () => {
    const standIn = await start();
    return {
      model: modelAt(standIn.url),
      short: { request: asking('[[tokens=30]]'), text: expectedText(30) },
      long: askingLong('[[tokens=100000 delay=5]]'),
      torn: asking('[[tokens=40 fault=split_surrogate]]'),
      connectionClosed: () => standIn.requests.at(-1)!.closed,
      close: () => standIn.close(),
    };
  });

  describe(`${name} over a socket`, () => {
    let standIn: StandIn;
    const subject: Subject = {
      standIn: () => standIn,
      model: (patience) => modelAt(standIn.url, patience),
      hello: asking('hello'),
      outcome: (behaviour, patience) => {
        standIn.script(behaviour);
        return outcomeOf(modelAt(standIn.url, patience), asking('my private words'));
      },
    };

    beforeAll(async () => {
      standIn = await start();
    });

    afterAll(async () => {
      await standIn.close();
    });

    describe('its connections', () => describeConnections(subject));
    describe('hands over', () => describeAnswers(subject, provider.answers ?? []));
    describe('fails with', () => {
      describeFailures(subject, provider.failures ?? []);
      describeUnreachable(modelAt, subject.hello);
    });
    describe('when it is stopped', () => describeStopping(subject));
  });
}

interface Subject {
  readonly standIn: () => StandIn;
  readonly model: (patience?: Partial<Patience>) => LanguageModel;
  readonly hello: ModelRequest;
  readonly outcome: (
    behaviour: Partial<Behaviour>,
    patience?: Partial<Patience>,
  ) => ReturnType<typeof outcomeOf>;
}

function describeConnections({ standIn, model, hello }: Subject): void {
  it.each([
    ['are used again', false],
    ['are used again even when its reader leaves at the finish', true],
  ])('%s', async (_name, leaves) => {
    const before = standIn().connections.total;
    const asked = model();
    for (let round = 0; round < 6; round += 1) {
      for await (const { type } of asked.stream(hello, never())) {
        if (leaves && type === 'finish') break;
      }
    }
    // One that is just being handed back may make way for a second.
    expect(standIn().connections.total - before).toBeLessThan(3);
    expect(
      standIn()
        .requests.slice(-6)
        .map(({ closedAt }) => closedAt),
    ).toEqual(Array(6).fill(undefined));
  });

  it('are ended by the provider, after the finish', async () => {
    standIn().script({ tokens: 2, fault: 'late_end' });
    for await (const { type } of model().stream(hello, never())) {
      if (type === 'finish') break;
    }
    const asked = standIn().requests.at(-1)!;
    await asked.ended;
    expect(asked.closedAt).toBeUndefined();
  });
}

function describeAnswers({ standIn, model, hello, outcome }: Subject, own: readonly Answer[]): void {
  const text = expectedText(20);
  const estimated = { estimated: true, inputTokens: 4, outputTokens: Math.ceil(text.length / 4) };
  const answers: readonly Answer[] = [
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
    ['an empty answer', { fault: 'empty' }, '', { reason: 'stop' }],
    [
      'an answer with a frame of more than a megabyte',
      { fault: 'large_frame', at: 20 },
      text + LARGE,
      { reason: 'stop' },
    ],
    ['an answer at its limit', { fault: 'length' }, text, { reason: 'length' }],
    ['an answer without usage, estimated', { fault: 'no_usage' }, text, { reason: 'stop', usage: estimated }],
    ...own,
  ];

  it.each(answers)('%s', async (_name, behaviour, expected, finish) => {
    const { parts, error } = await outcome(behaviour, { idleTimeoutMs: 1_500 });
    expect(error).toBeUndefined();
    expect(textOf(parts)).toBe(expected);
    expect(parts.filter(({ type }) => type === 'finish')).toHaveLength(1);
    expect(parts.at(-1)).toMatchObject({ type: 'finish', ...finish });
  });

  it('reasoning apart from the text, before it', async () => {
    const { parts } = await outcome({ tokens: 5, reasoning: 4 });
    expect(textOf(parts, 'reasoning')).toBe(expectedReasoning(4));
    expect(textOf(parts)).toBe(expectedText(5));
    expect(parts.find(({ type }) => type !== 'prompt_usage')!.type).toBe('reasoning');
  });

  it('tool calls in pieces that are the whole calls', async () => {
    const { parts } = await outcome({ tokens: 3, tools: 2 });
    const calls = parts.flatMap((part) => (part.type === 'tool_call' ? [part.call] : []));
    const pieces = parts.flatMap((part) => (part.type === 'tool_piece' ? [part] : []));
    expect(calls).toHaveLength(2);
    for (const [index, call] of calls.entries()) {
      const own = pieces.filter((piece) => piece.index === index);
      expect(own.map(({ id, name }) => [id, name])).toEqual(own.map(() => [call.id, call.name]));
      expect(own.map(({ text }) => text).join('')).toBe(call.arguments);
    }
    expect(new Set(pieces.map(({ index }) => index))).toEqual(new Set([0, 1]));
    expect(textOf(parts)).toBe(expectedText(3));
  });

  it('tokens that arrive together as one part', async () => {
    const { parts } = await outcome({ tokens: 2_000, perWrite: 2_000 });
    expect(parts.length).toBeLessThan(200);
    expect(textOf(parts)).toBe(expectedText(2_000));
  });

  it('the first token before the second is written', async () => {
    standIn().script({ tokens: 2, fault: 'stall', at: 1 });
    const controller = new AbortController();
    const iterator = model().stream(hello, controller.signal)[Symbol.asyncIterator]();
    expect(await nextOf(iterator)).toEqual({ done: false, value: { type: 'text', text: expectedText(1) } });
    controller.abort();
  });

  it('an answer whose provider only says for a while that it is alive, longer than it may be silent', async () => {
    const { parts, error } = await outcome({ fault: 'comments_for_a_while', at: 7 }, { idleTimeoutMs: 700 });
    expect(error).toBeUndefined();
    expect(textOf(parts)).toBe(text);
  });

  it('an answer to a reader who takes longer than the provider may', async () => {
    standIn().script({ tokens: 30, delay: 30 });
    const parts: ModelPart[] = [];
    for await (const part of model({ idleTimeoutMs: 200 }).stream(hello, never())) {
      if (parts.length === 2) await pause(500);
      parts.push(part);
    }
    expect(textOf(parts)).toBe(expectedText(30));
  });
}

function describeFailures({ standIn, outcome }: Subject, own: readonly Failure[]): void {
  const some = expectedText(7);
  const all = expectedText(20);
  const failures: readonly Failure[] = [
    ['a key that is not accepted', { fault: 'unauthorized' }, 'PROVIDER_ERROR', 'key', ''],
    ['an account that is used up', { fault: 'quota' }, 'PROVIDER_ERROR', 'key', ''],
    ['a request that is not accepted', { fault: 'bad_request' }, 'PROVIDER_ERROR', 'request', ''],
    ['an address that has moved', { fault: 'redirect' }, 'PROVIDER_ERROR', 'key', ''],
    ['an unknown model', { fault: 'unknown_model' }, 'UNKNOWN_MODEL', 'request', ''],
    ['a conversation that is too long', { fault: 'context_length' }, 'CONTEXT_TOO_LONG', 'request', ''],
    ['a long wait that is asked for', { fault: 'rate_limit', retryAfter: 900 }, 'RATE_LIMITED', 'rate', ''],
    ['a short wait that is asked for', { fault: 'rate_limit', retryAfter: 0 }, 'RATE_LIMITED', 'rate', ''],
    ['an error of the server', { fault: 'server_error' }, 'PROVIDER_UNAVAILABLE', 'server', ''],
    ['a connection closed unanswered', { fault: 'cut_before_headers' }, 'PROVIDER_UNAVAILABLE', 'server', ''],
    ['a cut', { fault: 'cut', at: 7 }, 'PROVIDER_ERROR', 'server', some],
    ['a cut before any text', { fault: 'cut' }, 'PROVIDER_ERROR', 'server', ''],
    ['a cut inside tool calls', { fault: 'tool_cut', tools: 2 }, 'PROVIDER_ERROR', 'server', all],
    ['an end without a reason', { fault: 'no_finish' }, 'PROVIDER_ERROR', 'server', all],
    ['a frame that is not JSON', { fault: 'malformed', at: 7 }, 'PROVIDER_ERROR', 'server', some],
    ['a frame that never ends', { fault: 'endless_frame', at: 7 }, 'PROVIDER_ERROR', 'server', some],
    ['no answer at all', { fault: 'hang' }, 'PROVIDER_TIMEOUT', 'server', ''],
    ['no body', { fault: 'hang_after_headers' }, 'PROVIDER_TIMEOUT', 'server', ''],
    ['signs of life but no text', { fault: 'only_comments' }, 'PROVIDER_TIMEOUT', 'server', ''],
    ['silence in the middle', { fault: 'stall', at: 7 }, 'PROVIDER_TIMEOUT', 'server', some],
    ...own,
  ];

  it.each(failures)('%s, after asking once', async (_name, behaviour, code, fault, text) => {
    // Short where nothing is to come in time: elsewhere a slow machine must not look like a silent provider.
    const silent = code === 'PROVIDER_TIMEOUT';
    const patience = silent && text === '' ? { firstTokenTimeoutMs: 700 } : {};
    const before = standIn().requests.length;
    const { parts, error } = await outcome(behaviour, silent ? { idleTimeoutMs: 700, ...patience } : {});
    expect(error).toBeInstanceOf(ModelError);
    expect(error).toMatchObject({ code, fault, retryable: fault === 'server' || fault === 'rate' });
    expect(textOf(parts)).toBe(text);
    const harmless = ['text', 'tool_piece', 'prompt_usage'];
    expect(parts.filter(({ type }) => !harmless.includes(type))).toEqual([]);
    // Whether to try again is for whoever asked to say.
    expect(standIn().requests.length - before).toBe(1);
    // Whatever the provider repeats of the prompt and the key stays out of the error and of its causes.
    expect(inspect(error, { depth: 10 })).not.toMatch(SECRETS);
  });

  it.each([
    [
      'only signs of life for longer than these may keep it open',
      { idleTimeoutMs: 5_000, keepAliveTimeoutMs: 500 },
    ],
    ['silence, whatever signs of life may do', { idleTimeoutMs: 500, keepAliveTimeoutMs: 60_000 }],
  ])('%s', async (name, patience) => {
    const fault = name.startsWith('silence') ? 'stall' : 'only_comments';
    const { parts, error } = await outcome({ fault, at: 7 }, patience);
    expect(error).toMatchObject({ code: 'PROVIDER_TIMEOUT', fault: 'server' });
    expect(textOf(parts)).toBe(some);
  });

  it.each(SILENCES)('its connection closed, in a %s', async (fault) => {
    await outcome({ fault, at: 2 }, { firstTokenTimeoutMs: 500, idleTimeoutMs: 500 });
    await standIn().requests.at(-1)!.closed;
  });

  it('the pause the provider asks for, a minute at most', async () => {
    const { error } = await outcome({ fault: 'rate_limit', retryAfter: 900 });
    expect(error).toMatchObject({ code: 'RATE_LIMITED', retryAfter: 60 });
  });
}

function describeUnreachable(modelAt: ProviderOverSocket['modelAt'], hello: ModelRequest): void {
  it('nobody there, whatever is asked', async () => {
    const model = modelAt(await deadAddress());
    const asked = [
      partsOf(model, hello),
      model.listModels(never()),
      ...(model.embed === undefined ? [] : [model.embed({ model: 'a', inputs: ['a'] }, never())]),
    ];
    const unavailable = { code: 'PROVIDER_UNAVAILABLE', fault: 'server', retryable: true };
    for (const { status, ...rest } of await Promise.allSettled(asked)) {
      expect(status).toBe('rejected');
      expect(rest).toMatchObject({ reason: unavailable });
      expect(inspect(rest, { depth: 10 })).not.toMatch(SECRETS);
    }
  });

  it('a connection that is never made', async () => {
    // TLS that is never answered: the connection stands, and is of no use.
    const deaf = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(deaf, 'listening');
    const { port } = deaf.address() as AddressInfo;
    const asked = partsOf(modelAt(`https://127.0.0.1:${port}`, { connectTimeoutMs: 200 }), hello);
    await expect(asked).rejects.toMatchObject({ code: 'PROVIDER_TIMEOUT', fault: 'server' });
    deaf.close();
  });
}

function describeStopping({ standIn, model, hello }: Subject): void {
  it.each(SILENCES)('wakes who waits, in a %s', async (fault) => {
    standIn().script({ fault, at: 0 });
    const before = standIn().requests.length;
    const controller = new AbortController();
    const iterator = model().stream(hello, controller.signal)[Symbol.asyncIterator]();
    const pending = nextOf(iterator);
    pending.catch(() => undefined);
    while (standIn().requests.length === before) await pause(5);
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(pending).rejects.toBe(reason);
    await standIn().requests.at(-1)!.closed;
  });

  it('closes the connection under a read that is pending when its reader returns', async () => {
    standIn().script({ fault: 'stall', at: 1 });
    const iterator = model().stream(hello, never())[Symbol.asyncIterator]();
    await nextOf(iterator);
    const pending = iterator.next();
    expect(await iterator.return!()).toEqual({ done: true, value: undefined });
    expect(await pending).toEqual({ done: true, value: undefined });
    await standIn().requests.at(-1)!.closed;
  });
}
