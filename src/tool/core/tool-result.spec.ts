import { characters } from '../../kernel/index.js';
import { cutMiddle, failedResult, MAX_MODEL_CHARS, textForModel } from './tool-result.js';

it('a call that was not made has a result that says why', () => {
  expect(failedResult('No.')).toEqual({ ok: false, content: 'No.', durationMs: 0 });
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

  it('counts what is stored elsewhere as well', () => {
    const stored = cutMiddle(
      `${'h'.repeat(100_000)}${'m'.repeat(1_000)}${'t'.repeat(2_000)}`,
      102_000,
      103_000,
    );
    expect(stored).toMatch(/^h{100000}\n\n\[1000 characters are left out here\.\]\n\nt{2000}$/);
    const [head, how, tail] = textForModel(stored, 'call', 103_000).split('\n\n');
    expect([head, tail]).toEqual(['h'.repeat(14_000), 't'.repeat(2_000)]);
    expect(how).toContain('[87000 characters are left out here.');
  });

  it.each(['', 'abc', '😀', 'a😀b😀', '😀😀', '\ud83d', 'a\ud83d', '\ude00\ud83d'])(
    'counts the characters of %j',
    (one) => {
      expect(characters(one)).toBe([...one].length);
    },
  );
});
