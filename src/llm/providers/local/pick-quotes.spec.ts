import { loopTurnsDuring } from '../../../../test/support/loop-turns.js';
import type { Passage } from '../../../kernel/index.js';
import { pickQuotes } from './pick-quotes.js';

function passages(...contents: readonly string[]): Passage[] {
  return contents.map((content, index) => ({
    marker: `[${index + 1}]`,
    documentId: 'd',
    chunkId: `c${index}`,
    title: 'Title',
    score: 1,
    content,
  }));
}

const handbook = passages(
  'The office opens at eight. Employees have thirty days of paid vacation every year. Dogs are welcome.',
  'Vacation is asked for in writing. The form is on the intranet.',
  'Employees eat in the canteen. The canteen closes at two.',
);

describe('the picker of quotes', () => {
  it('finds the sentence that has the words of the question', async () => {
    expect((await pickQuotes('When does the canteen close?', handbook))[0]).toEqual({
      sentence: 'The canteen closes at two.',
      marker: '[3]',
    });
  });

  it('lets a rare word count more than one that every passage has', async () => {
    const found = await pickQuotes(
      'employee dogs',
      passages('Employees work.', 'Employees rest.', 'Employees have dogs.'),
    );
    expect(found[0]!.sentence).toBe('Employees have dogs.');
  });

  it('knows a word in its other forms', async () => {
    expect((await pickQuotes('asking for vacations', handbook))[0]!.sentence).toBe(
      'Vacation is asked for in writing.',
    );
  });

  it('adds a further sentence only when it says something more', async () => {
    const found = await pickQuotes(
      'red apples',
      passages('Apples are red. Red apples. Apples are red fruits.'),
    );
    expect(found).toHaveLength(1);
  });

  it('gives three at most', async () => {
    const found = await pickQuotes('north south east west', passages('North.', 'South.', 'East.', 'West.'));
    expect(found.map(({ marker }) => marker)).toEqual(['[1]', '[2]', '[3]']);
  });

  it('gives the beginning of the best passage when no word is shared', async () => {
    expect(await pickQuotes('¿Qué?', handbook)).toEqual([
      { sentence: 'The office opens at eight.', marker: '[1]' },
    ]);
  });

  it('gives nothing without passages, or with none that has words', async () => {
    expect(await pickQuotes('canteen', [])).toEqual([]);
    expect(await pickQuotes('canteen', passages('— … —', ''))).toEqual([]);
  });

  it('finds words in scripts that put no spaces between them', async () => {
    const found = await pickQuotes('東京の天気', passages('大阪は雨です。', '東京は晴れです。'));
    expect(found[0]!.marker).toBe('[2]');
  });

  it('keeps a quote short, whole in its characters and on one line', async () => {
    const [quote] = await pickQuotes('rocket', passages(`Rocket\n${'🚀'.repeat(500)}`));
    expect(quote!.sentence.length).toBeLessThan(410);
    expect(quote!.sentence.isWellFormed()).toBe(true);
    expect(quote!.sentence).not.toContain('\n');
  });

  it('is not held up by texts of any size', async () => {
    const found = await pickQuotes(
      'word '.repeat(100_000),
      passages(...Array(200).fill('Word and word. '.repeat(3_000))),
    );
    expect(found).toHaveLength(1);
  });

  it('lets others have their turn between passages', async () => {
    const long = passages(...Array(20).fill('Word and word. '.repeat(100)));
    expect(await loopTurnsDuring(() => pickQuotes('word', long))).toBeGreaterThan(15);
  });
});
