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
    for (const name of ['OPENAI', 'ANTHROPIC', 'GROQ', 'OPENROUTER'])
      expect(text).toContain(`${name}_API_KEY`);
    expect(text).toContain('OPENAI_URL');
    expect(text).toContain('OLLAMA_URL');
    expect(text).not.toContain('private');
  });

  it('estimates what it cost, and says that it did', async () => {
    const parts = await partsOf(new LocalModel(), asking('12345678'));
    expect(parts.at(-1)).toMatchObject({ type: 'finish', usage: { inputTokens: 2, estimated: true } });
  });

  it('does not mind which model it is asked for', async () => {
    const request = asking('vacation in the canteen', passages);
    const other = await partsOf(new LocalModel(), { ...request, model: 'gpt-4o' });
    expect(other).toEqual(await partsOf(new LocalModel(), request));
  });

  it('knows that it costs nothing and can do nothing but stream', () => {
    const { type, catalogue, defaultModel } = new LocalModel();
    expect(type).toBe('local');
    expect(catalogue.find(({ id }) => id === defaultModel)).toEqual({
      id: 'quotes',
      capabilities: { streaming: true, tools: false, json: false, vision: false, reasoning: false },
      price: { input: 0, output: 0 },
    });
  });

  describe('makes vectors', () => {
    const { signal } = new AbortController();

    it('one for each text, in their order, and estimates what they cost', async () => {
      const inputs = ['The canteen opens at noon.', 'vacation', ...Array<string>(40).fill('more')];
      const { vectors, usage } = await new LocalModel().embed({ model: 'hash-384', inputs }, signal);
      expect(vectors.map(({ length }) => length)).toEqual(Array(42).fill(384));
      const [alone] = (await new LocalModel().embed({ model: 'hash-384', inputs: ['vacation'] }, signal))
        .vectors;
      expect(vectors[1]).toEqual(alone);
      expect(usage).toMatchObject({ outputTokens: 0, estimated: true });
    });

    it('of no other length', async () => {
      const asked = new LocalModel().embed({ model: 'hash-384', inputs: ['a'], dimensions: 256 }, signal);
      await expect(asked).rejects.toMatchObject({
        code: 'VALIDATION_FAILED',
        fault: 'request',
        retryable: false,
      });
    });

    it('until it is stopped', async () => {
      const controller = new AbortController();
      const inputs = Array<string>(2_000).fill('many words '.repeat(50));
      const asked = new LocalModel().embed({ model: 'hash-384', inputs }, controller.signal);
      const reason = new Error('enough');
      controller.abort(reason);
      await expect(asked).rejects.toBe(reason);
    });
  });
});
