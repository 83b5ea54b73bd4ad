import type { ResultImage } from '../../kernel/index.js';
import type { ModelMessage } from '../ports/language-model.js';
import { withSeenImages } from './seen-images.js';

const PNG = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(112)]).toString('base64');
const png: ResultImage = { type: 'image', mediaType: 'image/png', data: PNG };
const stored: ResultImage = { type: 'image', mediaType: 'image/png', url: '/image', size: 120 };
const result = (content: string, ...images: ResultImage[]): ModelMessage => ({
  ...{ role: 'tool', toolCallId: 'call', content },
  ...(images.length > 0 && { images }),
});
const question: ModelMessage = { role: 'user', content: 'What is in it?' };

describe('images of results', () => {
  it('are images for a model that sees, wherever they are', async () => {
    const read = jest.fn(() => Promise.resolve(PNG));
    const messages = [question, result('[image: PNG, 120 bytes]', png), result('Two', stored)];
    expect(await withSeenImages(messages, true, read)).toEqual([
      question,
      result('[image: PNG, 120 bytes]', png),
      result('Two', png),
    ]);
    expect(read.mock.calls).toEqual([['/image', 3_750_000]]);
  });

  it('are words for one that does not, and are not even read', async () => {
    const read = jest.fn();
    const words = '[an image (PNG, 120 bytes) that you cannot see; the user is shown it]';
    expect(
      await withSeenImages([result('Look: [image: PNG, 120 bytes]', png), result('', stored)], false, read),
    ).toEqual([result(`Look: ${words}`), result(words)]);
    expect(read).not.toHaveBeenCalled();
  });

  it('are words where they are not there, too large, or not what they are said to be', async () => {
    const svg: ResultImage = {
      type: 'image',
      mediaType: 'image/png',
      data: Buffer.from('<svg/>').toString('base64'),
    };
    const large: ResultImage = { ...png, data: PNG + 'A'.repeat(5_200_000) };
    const [shown] = await withSeenImages([result('', stored, svg, large)], true);
    expect(shown).not.toHaveProperty('images');
    expect(shown!.content.match(/that is not shown to you/g)).toHaveLength(3);
  });

  it('are the newest ones where there are many', async () => {
    const messages = Array.from({ length: 10 }, (_, place) => result(`Result ${place}`, png));
    const shown = await withSeenImages(messages, true);
    expect(shown.map((message) => 'images' in message)).toEqual([
      ...Array(2).fill(false),
      ...Array(8).fill(true),
    ]);
  });

  it('change nothing where there are none', async () => {
    const messages = [question, result('said')];
    expect(await withSeenImages(messages, true)).toBe(messages);
  });
});
