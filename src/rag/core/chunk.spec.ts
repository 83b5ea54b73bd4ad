import { CHUNK_LENGTH, chunk, MAX_CHUNKS, OVERLAP } from './chunk.js';
import { CONTENT_TYPES } from './document.js';

const sentence = (index: number) => `Sentence number ${index} says something of its own.`;
const prose = (count: number) => Array.from({ length: count }, (_, index) => sentence(index)).join(' ');

describe('chunk', () => {
  it('keeps a short text whole', () => {
    expect(chunk('One line.', 'text/plain')).toEqual([
      { content: 'One line.', offsets: { start: 0, end: 9 } },
    ]);
  });

  it('leaves white space around passages out', () => {
    expect(chunk('\n\n  One line. \r\n\r\n', 'text/plain')).toEqual([
      { content: 'One line.', offsets: { start: 4, end: 13 } },
    ]);
  });

  it('makes nothing of white space', () => {
    expect(chunk(' \n\t\n ', 'text/markdown')).toEqual([]);
  });

  it('cuts between paragraphs where it can', () => {
    const paragraphs = [prose(15), prose(16), prose(17)];
    const chunks = chunk(paragraphs.join('\n\n'), 'text/plain');
    expect(chunks.map(({ content }) => paragraphs.some((paragraph) => content.endsWith(paragraph)))).toEqual([
      true,
      true,
      true,
    ]);
  });

  it('cuts a long paragraph after sentences and repeats the last ones', () => {
    const chunks = chunk(prose(100), 'text/plain');
    expect(chunks.length).toBeGreaterThan(3);
    for (const { content } of chunks) {
      expect(content).toMatch(/^Sentence/);
      expect(content).toMatch(/\.$/);
    }
    for (let index = 1; index < chunks.length; index += 1) {
      const repeated = chunks[index - 1]!.offsets.end - chunks[index]!.offsets.start;
      expect(repeated).toBeGreaterThan(0);
      expect(repeated).toBeLessThanOrEqual(OVERLAP);
    }
  });

  it('starts a passage at a heading when the section before it is long enough', () => {
    const text = `# First\n\n${prose(10)}\n\n## Second\n\n${prose(10)}\n\nThird\n=====\n\n${prose(10)}`;
    const starts = chunk(text, 'text/markdown').map(({ content }) => content.split('\n')[0]);
    expect(starts).toEqual(['# First', '## Second', 'Third']);
  });

  it('keeps short sections together', () => {
    const text = Array.from({ length: 5 }, (_, index) => `## Part ${index}\n\nA few words.`).join('\n\n');
    expect(chunk(text, 'text/markdown')).toHaveLength(1);
  });

  it('takes no heading from plain text or from a block of code', () => {
    const code = `${prose(7)}\n\n\`\`\`sh\n# not a heading\n\nmake\n\`\`\`\n\nThe end.`;
    expect(chunk(code, 'text/markdown')).toHaveLength(1);
    expect(chunk(`${prose(7)}\n\n# not a heading`, 'text/plain')).toHaveLength(1);
  });

  it('cuts a text without spaces, and never a surrogate pair', () => {
    const chunks = chunk('a' + '😀'.repeat(3_000), 'text/plain');
    expect(chunks.length).toBeGreaterThan(4);
    for (const { content } of chunks) expect(content.isWellFormed()).toBe(true);
  });

  it('refuses a document that makes too many passages, in words', () => {
    const text = 'x'.repeat(CHUNK_LENGTH * MAX_CHUNKS);
    expect(() => chunk(text, 'text/plain')).toThrow(expect.objectContaining({ code: 'PAYLOAD_TOO_LARGE' }));
  });

  it('cuts five megabytes of short lines, fences and headings into a bounded number of passages', () => {
    for (const line of ['#\n', '# a\n', 'a\n\n', '```\n', 'a\n---\n', '. ', '\r\n']) {
      const text = line.repeat(Math.floor(5_000_000 / line.length));
      expect(chunk(text, 'text/markdown').length).toBeLessThan(MAX_CHUNKS);
    }
  });

  it('covers every word of any text with passages that are slices of it, in order and within the length', () => {
    for (let seed = 1; seed <= 300; seed += 1) {
      const text = randomText(seed);
      for (const contentType of CONTENT_TYPES) {
        const chunks = chunk(text, contentType);
        const covered = new Uint8Array(text.length);
        let last = -1;
        for (const { content, offsets } of chunks) {
          expect(text.slice(offsets.start, offsets.end)).toBe(content);
          expect(content.length).toBeLessThanOrEqual(CHUNK_LENGTH);
          expect(content).toBe(content.trim());
          expect(content.isWellFormed()).toBe(true);
          expect(offsets.end).toBeGreaterThan(last);
          last = offsets.end;
          covered.fill(1, offsets.start, offsets.end);
        }
        const missed = Array.from(text).reduce(
          ({ at, words }, character) => ({
            at: at + character.length,
            words: words + (covered[at] === 1 ? '' : character.trim()),
          }),
          { at: 0, words: '' },
        ).words;
        expect({ seed, missed }).toEqual({ seed, missed: '' });
      }
    }
  });
});

/** A text of well-formed scraps that are hard to cut, the same for the same seed. */
function randomText(seed: number): string {
  const scraps = [
    'word ',
    'Another sentence. ',
    '\n',
    '\n\n',
    '# Heading\n',
    '```\n',
    '---\n',
    '😀',
    '中文。',
    'x'.repeat(400),
  ];
  scraps.push('é', '\u00a0', '\r\n', '  ', '👩‍👩‍👧', `${'long '.repeat(60)}\n`, 'End? ');
  let state = seed * 2_654_435_761;
  const next = () => (state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 374_761_393) >>> 0);
  return Array.from({ length: next() % 400 }, () => scraps[next() % scraps.length]!).join('');
}
