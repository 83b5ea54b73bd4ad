import { Logger } from '@nestjs/common';
import { MemoryStoredResults } from '../../../test/doubles/memory-stored-results.js';
import { newUser } from '../../../test/support/callers.js';
import { loopTurnsDuring } from '../../../test/support/loop-turns.js';
import { LeaseLostError } from '../../kernel/index.js';
import type { OutputPart } from '../core/tool-output.js';
import { textForModel } from '../core/tool-result.js';
import { KeepResult } from './keep-result.js';

const text = (content: string): OutputPart => ({ type: 'text', text: content });
const image = (bytes: number): OutputPart => ({
  type: 'image',
  data: Buffer.alloc(bytes, 7).toString('base64'),
  mediaType: 'image/png',
});
const results = new MemoryStoredResults();
const ada = newUser();
const threadId = results.newThread(ada);
const writer = { threadId, turnId: 'turn', epoch: 1 };
const keeper = new KeepResult(results);
const keep = (
  parts: readonly OutputPart[],
  maxChars = 1_000_000,
  more: { structured?: unknown; stateless?: true } = {},
) =>
  keeper.keep(
    { ok: true, parts, ...('structured' in more && { structured: more.structured }) },
    { callId: 'call', writer: more.stateless ? undefined : writer, maxChars },
    7,
  );
/** What is served at an address, once the message is stored. */
const served = async (url: string | undefined) => {
  results.store(threadId, 'call', '');
  return Buffer.from((await results.contentAt(ada, threadId, url ?? '', 1e9)) ?? '', 'base64');
};

describe('what is kept of an output', () => {
  it('is its text alone where that is all of it', async () => {
    expect(await keep([text('0123456789')], 10)).toEqual({ ok: true, content: '0123456789', durationMs: 7 });
    expect(await keep([text('0123456789a')], 10)).toEqual({
      ...{ ok: true, content: '0123456789', truncated: true, durationMs: 7 },
    });
  });

  it('is the parts that fit, in their order, and each of them in words', async () => {
    const small = image(3);
    expect(await keep([text('01234'), small, text('56789')], 10)).toEqual({
      ok: true,
      content: '01234\n\n[image: PNG, 3 bytes]\n\n5',
      parts: [text('01234'), small, text('5')],
      truncated: true,
      durationMs: 7,
    });
    expect(await keep([text('0123456789'), small], 10)).toEqual({
      ...{ ok: true, content: '0123456789', truncated: true, durationMs: 7 },
    });
    expect(await keep([])).toEqual({ ok: true, content: '', parts: [], durationMs: 7 });
  });

  it('has files and links in words that a model can do something with', async () => {
    const { content } = await keep([
      { type: 'resource', uri: 'file:///notes.txt', text: 'Read me.' },
      { type: 'resource', uri: 'file:///a.pdf', mediaType: 'application/pdf', data: 'AAAA' },
      { type: 'audio', mediaType: 'audio/wav', data: 'AAAA' },
      {
        type: 'resource_link',
        uri: 'https://example.org',
        name: 'page',
        title: 'A page',
        size: 1_200,
        description: 'All of it',
      },
    ]);
    expect(content.split('\n\n')).toEqual([
      'Read me.',
      '[a file (PDF, 3 bytes) that you cannot read; the user is given it: file:///a.pdf]',
      '[a recording (WAV, 3 bytes) that you cannot hear; the user is given it]',
      '[A page](https://example.org) (1.2 kB; All of it)',
    ]);
  });

  it('refers to what is large, and serves all of it', async () => {
    const { parts } = await keep([text('small'), image(100_000), text('é'.repeat(9_000))]);
    expect(parts).toEqual([
      text('small'),
      { type: 'image', mediaType: 'image/png', url: expect.any(String), size: 100_000 },
      { type: 'text', url: expect.any(String), size: 18_000 },
    ]);
    const urls = parts!.map((part) => ('url' in part ? part.url : undefined));
    expect((await served(urls[1])).equals(Buffer.alloc(100_000, 7))).toBe(true);
    expect((await served(urls[2])).toString()).toBe('é'.repeat(9_000));
  });

  it('has the head and the tail of a very long text, which is read as a whole', async () => {
    const whole = `${'h'.repeat(400_000)}${'t'.repeat(2_000)}`;
    const kept = await keep([text(whole)]);
    expect(kept).toMatchObject({ characters: 402_000, parts: [{ type: 'text', size: 402_000 }] });
    expect(kept.content.length).toBeLessThan(129_000);
    expect(kept.content.endsWith(`left out here.]\n\n${'t'.repeat(2_000)}`)).toBe(true);
    expect(kept).not.toHaveProperty('truncated');
    results.store(threadId, 'call', kept.content);
    expect(await results.read(ada, threadId, 'call', 399_998, 4)).toEqual({
      content: 'hhtt',
      length: 402_000,
    });
  });

  it('has what it is as data, or refers to it', async () => {
    expect(await keep([text('a')], 10, { structured: { a: 1 } })).toMatchObject({ structured: { a: 1 } });
    const longer = await keep([text('a')], 10, { structured: { a: '0123456789' } });
    expect(longer).toEqual({ ok: true, content: 'a', truncated: true, durationMs: 7 });
    const large = await keep([text('a')], 1_000_000, { structured: { a: 'x'.repeat(50_000) } });
    expect(large).not.toHaveProperty('structured');
    expect(large.parts).toMatchObject([{ type: 'resource', mediaType: 'application/json', size: 50_008 }]);
  });

  it('never tells more than there is room for, however many parts there are', async () => {
    const link = {
      type: 'resource_link',
      uri: `https://example.org/${'x'.repeat(1_000)}`,
      name: 'page',
    } as const;
    const kept = await keep([...Array.from({ length: 300 }, () => link), image(9_000)]);
    expect(JSON.stringify(kept.parts).length).toBeLessThan(33_000);
    expect(kept).toHaveProperty('truncated', true);
  });

  it('can be stored, and is Base64 as everybody reads it', async () => {
    expect((await keep([text('a\0b\ud800')])).content).toBe('a\ufffdb\ufffd');
    expect((await keep([text('012345678😀')], 10)).content).toBe('012345678\ufffd');
    const { parts } = await keep([{ type: 'image', data: '-_8', mediaType: 'image/png' }]);
    expect(parts).toEqual([{ type: 'image', data: '+/8=', mediaType: 'image/png' }]);
  });

  it.each<[string, OutputPart, unknown]>([
    ['text', text('grüße — 😀 '.repeat(800_000)), undefined],
    ['a text that cannot be stored as it is', text('a\0b\ud800'.repeat(1_000_000)), undefined],
    ['an image', image(6_000_000), undefined],
    ['data', text('a'), Array.from({ length: 60_000 }, (_, index) => ({ index, name: `name ${index}` }))],
  ])('holds up nobody, however much it is: %s', async (_what, part, structured) => {
    const work = () => keep([part], 20_000_000, structured === undefined ? {} : { structured });
    expect(await loopTurnsDuring(work)).toBeGreaterThan(10);
  });

  it('says how much is left out of a very long text where there is no thread, too', async () => {
    const whole = `${'h'.repeat(197_000)}${'t'.repeat(2_000)}`;
    const { content, characters } = await keep([text(whole)], 1_000_000, { stateless: true });
    expect(characters).toBe(199_000);
    expect(textForModel(content, undefined, characters)).toContain('[183000 characters are left out here.]');
  });

  it('is nothing that is stored where there is no thread', async () => {
    const { parts, truncated } = await keep([image(10_000), text('x'.repeat(9_000))], 1_000_000, {
      stateless: true,
    });
    expect([parts, truncated]).toEqual([[image(10_000)], true]);
  });
});

describe('what cannot be stored', () => {
  let logged: jest.SpyInstance;
  beforeEach(() => (logged = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined)));
  afterEach(() => logged.mockRestore());

  it('is left out of a result, which is not lost for it', async () => {
    const broken = new KeepResult({ keep: () => Promise.reject(new Error('away')) });
    const output = { ok: true, parts: [text('said'), image(10_000)] };
    const kept = await broken.keep(output, { callId: 'call', writer, maxChars: 1e6 }, 7);
    expect(kept).toEqual({
      ...{ ok: true, content: 'said\n\n[image: PNG, 10 kB]', parts: [text('said')] },
      ...{ truncated: true, durationMs: 7 },
    });
    expect(logged).toHaveBeenCalledTimes(1);
  });

  it('is left out where the turn has stored as much as it may', async () => {
    const full = new KeepResult({ keep: () => Promise.resolve(undefined) });
    const kept = await full.keep(
      { ok: true, parts: [image(10_000)] },
      { callId: 'call', writer, maxChars: 1e6 },
      7,
    );
    expect(kept).toMatchObject({ parts: [], truncated: true });
  });

  it('says so where the turn is somebody else’s by now', async () => {
    results.lost.add('gone');
    const call = { callId: 'call', writer: { ...writer, turnId: 'gone' }, maxChars: 1e6 };
    await expect(keeper.keep({ ok: true, parts: [image(10_000)] }, call, 7)).rejects.toThrow(LeaseLostError);
  });
});
