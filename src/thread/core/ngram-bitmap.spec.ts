import { MAX_QUERY_CHARS, partsOf, queryBits, NgramBitmap } from './ngram-bitmap.js';

function signed(...texts: string[]): Uint8Array {
  const signature = new NgramBitmap();
  for (const text of texts) signature.add(text);
  return signature.toBytes();
}

/** As the database looks at it. */
function maySay(bits: Uint8Array, query: string): boolean {
  return queryBits(query).every((asked) => {
    const bit = asked & (8 * bits.length - 1);
    return (bits[bit >> 3]! & (1 << (bit & 7))) !== 0;
  });
}

const TEXTS = [
  'The quick brown fox jumps over the lazy dog.',
  '紫禁城里有一只穿山甲。今天天气很好，我们去公园散步吧。',
  '昨日、東京で新しい図書館が開館しました。ひらがなとカタカナ。',
  'ห้องสมุดเปิดตั้งแต่เก้าโมงเช้าถึงห้าโมงเย็น',
  'Straße, größer, ΣΊΣΥΦΟΣ, 👩‍👧 and 🚀',
];

describe('the signature of texts', () => {
  it.each(TEXTS)('says yes to everything that stands in %s', (text) => {
    const bits = signed('Something before it.', text, 'Something after it.');
    const characters = Array.from(text);
    for (let start = 0; start < characters.length; start += 1) {
      for (const length of [1, 2, 3, 4, 7, 40]) {
        expect(maySay(bits, characters.slice(start, start + length).join(''))).toBe(true);
      }
    }
  });

  it('says no to most of what does not, in any script', () => {
    const bits = signed(...TEXTS);
    const absent = ['wombat', 'qz', '長城', '熊猫', '穿山雪', 'さくら', 'แมวน้ำ', '🦊'];
    expect(absent.filter((query) => maySay(bits, query))).toEqual([]);
  });

  it('knows no case, whatever a locale makes of it', () => {
    const bits = signed('STRAẞE ΣΊΣΥΦΟΣ İstanbul 300 K größer');
    for (const query of ['straße', 'σίσυφος', 'istanbul', 'i̇stanbul', '300 k', 'GRÖSS'.slice(0, 3)])
      expect(maySay(bits, query)).toBe(true);
  });

  it('is short for little, and full before it says yes to everything', () => {
    expect(signed('Hi').length).toBe(64);
    const signature = new NgramBitmap();
    let added = 0;
    for (; !signature.isFull; added += 1)
      signature.add(
        Array.from({ length: 100 }, (_, n) =>
          String.fromCodePoint(0x4e00 + ((added * 7_919 + n * 104_729) % 20_000)),
        ).join(''),
      );
    expect(signature.toBytes().length).toBeLessThanOrEqual(4_096);
    expect(maySay(signature.toBytes(), 'wombat')).toBe(false);
  });

  it('covers a long text in parts that leave nothing out between them', () => {
    const text = Array.from({ length: 3_000 }, (_, n) => `${n} `).join('');
    const parts = [...partsOf(text)];
    expect(parts.length).toBeGreaterThan(2);
    for (let start = 0; start < text.length - MAX_QUERY_CHARS; start += 97)
      expect(parts.some((part) => part.includes(text.slice(start, start + MAX_QUERY_CHARS)))).toBe(true);
  });
});
