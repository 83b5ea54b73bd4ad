import { encode } from 'gpt-tokenizer/encoding/cl100k_base';
import { stage } from '../support/stage.js';

describe('vectors of tokens', () => {
  const on = stage();
  const embed = async (input: unknown) =>
    (await on.alice.ask('POST', '/v1/embeddings', { model: 'local/hash-384', input })).body;

  it('are those of the text that the tokens stand for, as clients send it that count for themselves', async () => {
    const texts = ['The canteen opens at nine.', 'naïve 東京 🚀'];
    const asText = await embed(texts);
    expect(asText.data).toHaveLength(2);
    expect((await embed(texts.map((text) => encode(text)))).data).toEqual(asText.data);
    expect((await embed(encode(texts[0]!))).data[0].embedding).toEqual(asText.data[0].embedding);
  });

  it('are refused for numbers that are no tokens', async () => {
    expect((await embed([[99_999_999]])).error).toMatchObject({ code: 'VALIDATION_FAILED' });
  });
});
