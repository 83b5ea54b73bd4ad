import type { Passage } from '../../src/kernel/index.js';
import type { ModelRequest } from '../../src/llm/index.js';
import { LocalModel } from '../../src/llm/providers/local/local-model.js';
import { describeLanguageModel, partsOf, textOf } from '../contracts/language-model.contract.js';

function passage(marker: string, content: string): Passage {
  return { marker, documentId: 'd', chunkId: 'c', title: 'Handbook', score: 1, content };
}

function asking(content: string, passages: readonly Passage[] = []): ModelRequest {
  return { model: 'quotes', messages: [{ role: 'user', content }], passages };
}

const passages = [
  passage('[1]', 'The canteen opens at noon. Employees have thirty days of paid vacation every year.'),
  passage('[2]', 'Vacation is asked for in writing. The canteen has no card reader.'),
];

const introduction = 'I am not a language model, but these passages of your documents match:';

describeLanguageModel('the local provider', () =>
  Promise.resolve({
    model: new LocalModel(),
    short: {
      request: asking('How many days of vacation do employees have?', passages),
      text: `${introduction}\n\n“Employees have thirty days of paid vacation every year.” [1]`,
    },
    long: asking('What is said of words?', [passage('[1]', `Words ${'and more words '.repeat(25)}.`)]),
    torn: asking('torn', [passage('[1]', 'Something \0 torn \ud83d apart.')]),
    connectionClosed: () => Promise.resolve(),
    close: () => Promise.resolve(),
  }),
);

describe('the local provider', () => {
  it('gives the same answer to the same question', async () => {
    const request = asking('vacation in the canteen', passages);
    const [first, second] = await Promise.all([
      partsOf(new LocalModel(), request),
      partsOf(new LocalModel(), request),
    ]);
    expect(second).toEqual(first);
    expect(first.length).toBeGreaterThan(3);
  });

  it('quotes several passages, each with its own marker', async () => {
    const text = textOf(await partsOf(new LocalModel(), asking('canteen card; days of vacation', passages)));
    expect(text).toContain('“Employees have thirty days of paid vacation every year.” [1]');
    expect(text).toContain('“The canteen has no card reader.” [2]');
  });

  it('says how to connect a provider when nothing that is stored matches', async () => {
    const text = textOf(await partsOf(new LocalModel(), asking('my private words')));
    expect(text).toContain('not a language model');
    expect(text).toContain('OPENAI_API_KEY');
    expect(text).toContain('OPENAI_URL');
    expect(text).not.toContain('private');
  });

  it('estimates what it cost, and says that it did', async () => {
    const parts = await partsOf(new LocalModel(), asking('12345678'));
    expect(parts.at(-1)).toMatchObject({ type: 'finish', usage: { inputTokens: 2, estimated: true } });
  });
});
