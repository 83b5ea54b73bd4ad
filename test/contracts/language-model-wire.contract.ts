import { setTimeout as pause } from 'node:timers/promises';
import type { ModelPart } from '../../src/llm/index.js';
import { LARGE } from '../doubles/stand-in-answer.js';
import type { StandIn } from '../doubles/stand-in-server.js';
import { expectedReasoning, expectedText } from '../doubles/stand-in-words.js';
import { describeFailures, describeStopping, describeUnreachable } from './language-model-wire/failures.js';
import type { Answer, ProviderOverSocket, Subject } from './language-model-wire/provider.js';
import { describeLanguageModel, never, nextOf, outcomeOf, textOf } from './language-model.contract.js';

export type { Patience } from './language-model-wire/provider.js';

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

  it('calls whose arguments are no JSON to whoever takes them so, and an error to anybody else', async () => {
    const broken = { tokens: 0, tools: 1, calls: [{ name: 'tool_0', arguments: '{"city": Par' }] };
    standIn().script(broken, broken);
    const [taken, refused] = [
      await outcomeOf(model(), { ...hello, takesBrokenArguments: true }),
      await outcomeOf(model(), hello),
    ];
    expect(taken.error).toBeUndefined();
    expect(taken.parts.filter(({ type }) => type === 'tool_call' || type === 'finish')).toMatchObject([
      { type: 'tool_call', call: { name: 'tool_0', arguments: '{"city": Par' } },
      { type: 'finish', reason: 'tool_calls' },
    ]);
    expect(refused.error).toMatchObject({ code: 'PROVIDER_ERROR' });
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
