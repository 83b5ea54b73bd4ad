import { cutAfter, piecesOf } from './pieces.js';

describe('the pieces of a text', () => {
  it.each([
    'one two three four five',
    '  led by space\n\nand lines  ',
    '東京'.repeat(100),
    '🚀'.repeat(99),
    ' ',
    'a',
  ])('make the text again: %j', (text) => {
    const pieces = piecesOf(text);
    expect(pieces.join('')).toBe(text);
    for (const piece of pieces) {
      expect(piece).not.toBe('');
      expect(piece.isWellFormed()).toBe(true);
    }
  });

  it('have a few words each', () => {
    expect(piecesOf('one two three four five')).toEqual(['one two three ', 'four five']);
  });

  it('are none where there is no text', () => {
    expect(piecesOf('')).toEqual([]);
  });
});

describe('cutting a text', () => {
  it('leaves as many tokens as are asked for, at four characters each', () => {
    expect(cutAfter('123456789', 2)).toBe('12345678');
    expect(cutAfter('123', 2)).toBe('123');
  });

  it('never cuts inside a character', () => {
    expect(cutAfter('123🚀', 1)).toBe('123');
  });
});
