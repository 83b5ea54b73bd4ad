import type { AskModel, ModelCatalogue } from '../llm/index.js';
import { StreamingModel } from './streaming-model.js';

const knowing = (facts: object | undefined) =>
  new StreamingModel(
    { check: () => ({ languageModel: { provider: 'p' }, model: 'm' }) } as unknown as AskModel,
    { facts: () => facts } as unknown as ModelCatalogue,
  );

describe('whom a stream asks', () => {
  it('is whom the choice resolves to, whatever is not known of it', () => {
    for (const facts of [undefined, {}, { capabilities: { tools: false } }])
      expect(knowing(facts).of({ org: 'acme' }, {})).toEqual({ provider: 'p', model: 'm' });
  });

  it('is nobody who is known not to stream', () => {
    for (const facts of [{ capabilities: { streaming: false } }, { isEmbedding: true }])
      expect(() => knowing(facts).of({ org: 'acme' }, {})).toThrow(
        expect.objectContaining({ code: 'STREAMING_NOT_SUPPORTED', status: 400 }),
      );
  });
});
