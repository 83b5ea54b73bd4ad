import { embeddingsOf } from './make-embeddings.js';

const embedded = {
  provider: 'p',
  model: 'm',
  vectors: [
    [1, -0.5],
    [0, 3],
  ],
  usage: { inputTokens: 4, outputTokens: 0, totalTokens: 4 },
};

describe('vectors in OpenAI’s words', () => {
  it('are numbers in the order of the texts', () => {
    expect(embeddingsOf(embedded, 'float')).toEqual({
      object: 'list',
      data: [
        { object: 'embedding', index: 0, embedding: [1, -0.5] },
        { object: 'embedding', index: 1, embedding: [0, 3] },
      ],
      model: 'p/m',
      usage: { prompt_tokens: 4, total_tokens: 4 },
    });
  });

  it('are 32-bit floats, little-endian, in base64', () => {
    const bytes = Buffer.from([0, 0, 0x80, 0x3f, 0, 0, 0, 0xbf]);
    expect(embeddingsOf(embedded, 'base64').data[0]!.embedding).toBe(bytes.toString('base64'));
  });
});
