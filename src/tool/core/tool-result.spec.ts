import type { ResultPart } from '../../kernel/index.js';
import { characters, failedResult, MAX_MODEL_CHARS, resultOf, textForModel } from './tool-result.js';

const text = (content: string): ResultPart => ({ type: 'text', text: content });
const image: ResultPart = { type: 'image', data: 'aGk=', mediaType: 'image/png' };

describe('what is kept of an output', () => {
  const kept = (parts: readonly ResultPart[], maxChars = 10, structured?: unknown) =>
    resultOf({ ok: true, parts, ...(structured !== undefined && { structured }) }, maxChars, 7);

  it('is its text alone where that is all of it', () => {
    expect(kept([text('0123456789')])).toEqual({ ok: true, content: '0123456789', durationMs: 7 });
  });

  it('is the beginning of a text that is longer than the bound', () => {
    expect(kept([text('0123456789a')])).toEqual({
      ok: true,
      content: '0123456789',
      truncated: true,
      durationMs: 7,
    });
  });

  it('is the parts that fit, in their order, and each of them in words', () => {
    expect(kept([text('01234'), image, text('56789')])).toEqual({
      ok: true,
      content: '01234\n\n[image: image/png]\n\n5',
      parts: [text('01234'), image, text('5')],
      truncated: true,
      durationMs: 7,
    });
    expect(kept([text('0123456789'), image])).toEqual({
      ok: true,
      content: '0123456789',
      truncated: true,
      durationMs: 7,
    });
  });

  it('is no part of an image, of a resource or of a link', () => {
    const link: ResultPart = { type: 'resource_link', uri: 'https://example.org', name: 'Page' };
    const resource: ResultPart = { type: 'resource', uri: 'a:b', text: '0123456789' };
    expect(kept([image, resource, link])).toMatchObject({ content: '[image: image/png]', parts: [image] });
    expect(kept([image, resource])).toHaveProperty('truncated', true);
    expect(kept([resource, link], 100).content).toBe('0123456789\n\n[Page](https://example.org)');
  });

  it('has what it is as data, where that fits', () => {
    expect(kept([text('a')], 10, { a: 1 })).toMatchObject({ structured: { a: 1 } });
    const longer = kept([text('a')], 10, { a: '0123456789' });
    expect(longer).toMatchObject({ content: 'a', truncated: true });
    expect(longer).not.toHaveProperty('structured');
  });

  it('is a text that can be stored', () => {
    expect(kept([text('a\0b\ud800')]).content).toBe('a\ufffdb\ufffd');
    expect(kept([text('012345678😀')]).content).toBe('012345678\ufffd');
  });

  it('is nothing of an output that says nothing', () => {
    expect(kept([])).toEqual({ ok: true, content: '', parts: [], durationMs: 7 });
    expect(failedResult('No.')).toEqual({ ok: false, content: 'No.', durationMs: 0 });
  });
});

describe('what a model is given of a result', () => {
  it('is all of one that is short enough', () => {
    const whole = 'x'.repeat(MAX_MODEL_CHARS);
    expect(textForModel(whole, 'call')).toBe(whole);
  });

  it('is the head and the tail of a longer one, and how to read what is between them', () => {
    const middle = 'm'.repeat(5);
    const given = textForModel(`${'h'.repeat(14_000)}${middle}${'t'.repeat(2_000)}`, 'call "1"');
    const [head, how, tail] = given.split('\n\n');
    expect([head, tail]).toEqual(['h'.repeat(14_000), 't'.repeat(2_000)]);
    expect(how).toBe(
      '[5 characters are left out here. Read them with read_result, callId "call \\"1\\"", from offset 14000.]',
    );
  });

  it('says nothing of reading on where nobody could', () => {
    const given = textForModel('x'.repeat(20_000), undefined);
    expect(given).toContain('\n\n[4000 characters are left out here.]\n\n');
  });

  it('counts characters, and cuts none in two', () => {
    const whole = `x${'😀'.repeat(10_000)}`;
    const given = textForModel(whole, 'call');
    const [head, how, tail] = given.split('\n\n') as [string, string, string];
    const [cut, offset] = how.match(/\d+/g)!.map(Number) as [number, number];
    expect(given.isWellFormed()).toBe(true);
    expect(offset).toBe([...head].length);
    expect([...whole].slice(offset, offset + cut).join('')).toBe(
      whole.slice(head.length, whole.length - tail.length),
    );
    expect(whole.startsWith(head) && whole.endsWith(tail)).toBe(true);
  });

  it.each(['', 'abc', '😀', 'a😀b😀', '😀😀', '\ud83d', 'a\ud83d', '\ude00\ud83d'])(
    'counts the characters of %j',
    (one) => {
      expect(characters(one)).toBe([...one].length);
    },
  );
});
