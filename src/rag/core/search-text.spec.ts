import { queryText, needsReindexing, searchText } from './search-text.js';

const grams = (text: string) => searchText(text).grams.split(' ').filter(Boolean).sort();

describe('searchText', () => {
  it('leaves words with blanks between them to the dictionary', () => {
    expect(searchText('Plain WORDS, Größe, Привет')).toEqual({
      words: 'plain words, größe, привет',
      grams: '',
    });
  });

  it.each([
    ['Chinese', '搜索功能', ['搜', '索', '功', '能', '搜索', '索功', '功能']],
    ['Japanese with its long vowels', 'サーバー', ['サ', 'ー', 'バ', 'ー', 'サー', 'ーバ', 'バー']],
    ['Thai with its marks', 'ที่', ['ท', 'ี', '่', 'ที', 'ี่']],
    ['Korean', '서울에', ['서', '울', '에', '서울', '울에']],
    ['Khmer', 'ភាស', ['ភ', 'ា', 'ស', 'ភា', 'ាស']],
    ['Lao', 'ລາວ', ['ລ', 'າ', 'ວ', 'ລາ', 'າວ']],
    ['Burmese', 'မြန', ['မ', 'ြ', 'န', 'မြ', 'ြန']],
    ['letters beyond the basic plane', '𠮷野家', ['𠮷', '野', '家', '𠮷野', '野家']],
  ])('cuts %s into letters and pairs', (_name, text, expected) => {
    expect(grams(text)).toEqual([...expected].sort());
  });

  it('takes words and runs out of each other', () => {
    expect(searchText('iPhone15の使い方')).toEqual({
      words: 'iphone15 ',
      grams: 'の 使 い 方 の使 使い い方',
    });
  });

  it('makes no difference of width, composition, invisible characters and wrapped lines', () => {
    expect(searchText('ｶﾞｰﾄﾞ ＡＢＣ')).toEqual(searchText('ガード abc'));
    expect(searchText('e\u0301tude')).toEqual(searchText('étude'));
    expect(searchText('ภาษา\u200bไทย soft\u00adware')).toEqual(searchText('ภาษาไทย software'));
    expect(searchText('搜索 \n 功能')).toEqual(searchText('搜索功能'));
  });

  it('takes no punctuation for a letter', () => {
    expect(searchText('「東京」、').grams).toBe('東 京 東京');
  });
});

describe('queryText', () => {
  it('asks for pairs, once each, and for a letter only where it stands alone', () => {
    expect(queryText('搜索搜索 年', 64).grams).toBe('搜索 索搜 年');
  });

  it('asks for no more than so many', () => {
    const text = Array.from({ length: 500 }, (_, index) => String.fromCodePoint(0x4e00 + index)).join('');
    expect(queryText(text, 64).grams.split(' ')).toHaveLength(64);
  });

  it('asks for nothing that the index of the same text does not have', () => {
    const text = 'Größe der データベース 2026年 서울, ที่';
    const indexed = new Set(searchText(text).grams.split(' '));
    for (const gram of queryText(text, 64).grams.split(' ')) expect(indexed).toContain(gram);
  });
});

describe('needsReindexing', () => {
  it('passes over what every version indexes the same way', () => {
    expect([needsReindexing('Plain words.'), needsReindexing('Größe'), needsReindexing('搜索')]).toEqual([
      false,
      true,
      true,
    ]);
  });
});
