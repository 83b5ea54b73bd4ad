import { cleanText, cleanValue, TextCleaner } from './clean-text.js';

describe('the text cleaner', () => {
  it('gives ordinary text as it comes', () => {
    const cleaner = new TextCleaner();
    expect([cleaner.push('one '), cleaner.push('🚀 two'), cleaner.end()]).toEqual(['one ', '🚀 two', '']);
  });

  it('holds half a pair back until the other half comes', () => {
    const cleaner = new TextCleaner();
    expect([cleaner.push('go \ud83d'), cleaner.push('\ude80!'), cleaner.end()]).toEqual(['go ', '🚀!', '']);
  });

  it('holds it back through a piece that only has U+0000', () => {
    const cleaner = new TextCleaner();
    expect(cleaner.push('\ud83d') + cleaner.push('\0') + cleaner.push('\ude80')).toBe('🚀');
  });

  it('replaces a half that stays alone', () => {
    expect(cleanText('\ude80 a \ud83d')).toBe('\ufffd a \ufffd');
    expect(cleanText('\ud83d\ud83d\ude80')).toBe('\ufffd🚀');
  });

  it('drops U+0000', () => {
    expect(cleanText('a\0b\0')).toBe('ab');
  });
});

describe('a clean value', () => {
  it('has no text in it that no database takes, however deep, and is what it was otherwise', () => {
    const value = { 'a\0': ['b\ud83d', { c: 'd\0' }], n: 1, no: null, yes: true, pair: '🚀' };
    expect(cleanValue(value)).toEqual({ a: ['b\ufffd', { c: 'd' }], n: 1, no: null, yes: true, pair: '🚀' });
  });
});
