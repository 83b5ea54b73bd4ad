import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { inspect } from 'node:util';
import { ModelError } from '../../../src/llm/core/model-error.js';
import type { ModelRequest } from '../../../src/llm/index.js';
import { deadAddress } from '../../doubles/stand-in-server.js';
import { expectedText } from '../../doubles/stand-in-words.js';
import { never, nextOf, partsOf, textOf } from '../language-model.contract.js';
import { type Failure, type ProviderOverSocket, SILENCES, type Subject } from './provider.js';

/** What stand-ins repeat of the key, of the prompt and of their own words when something goes wrong. */
const SECRETS = /private|secret words/;

/** What goes wrong, and whose fault it is. */
export function describeFailures({ standIn, outcome }: Subject, own: readonly Failure[]): void {
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

/** A server that is not there. */
export function describeUnreachable(modelAt: ProviderOverSocket['modelAt'], hello: ModelRequest): void {
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

/** What becomes of an answer that nobody wants any more. */
export function describeStopping({ standIn, model, hello }: Subject): void {
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
