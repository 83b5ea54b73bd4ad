import type { ModelMessage } from '../../ports/language-model.js';
import { CallMetadataReader } from './call-metadata.js';
import { messagesOf } from './openai-messages.js';

describe('what servers on the wire of OpenAI want back with calls', () => {
  it('is reasoning in blocks, whose pieces are put together', () => {
    const reader = new CallMetadataReader();
    reader.addDetails([{ type: 'reasoning.text', index: 0, text: 'So ', format: 'a' }]);
    reader.addDetails([{ type: 'reasoning.text', index: 0, text: 'it is', signature: null }]);
    reader.addDetails([{ type: 'reasoning.text', index: 0, signature: 'signed' }]);
    reader.addDetails([{ type: 'reasoning.encrypted', index: 1, data: 'abc' }]);
    reader.addDetails('nothing of the kind');
    expect(reader.reasoning).toEqual([
      { type: 'reasoning.text', index: 0, text: 'So it is', format: 'a', signature: 'signed' },
      { type: 'reasoning.encrypted', index: 1, data: 'abc' },
    ]);
  });

  it('is what stands with a call, wherever it stands', () => {
    const reader = new CallMetadataReader();
    const extra = { google: { thought_signature: 'signed' } };
    reader.addCalls([{ index: 0, id: 'a', function: { name: 'x' }, extra_content: extra }]);
    reader.addCalls([{ index: 1, id: 'b', function: { name: 'x' } }]);
    reader.addCalls([{ index: 1, provider_specific_fields: { thought_signature: 'later' } }]);
    reader.addCalls([{ index: 2, id: 'c', function: { name: 'x' } }]);
    expect(reader.calls).toEqual({
      a: { fields: { extra_content: extra } },
      b: { fields: { provider_specific_fields: { thought_signature: 'later' } } },
    });
  });

  it('is nothing where there is nothing, or far too much of it', () => {
    const reader = new CallMetadataReader();
    expect([reader.reasoning, reader.calls]).toEqual([undefined, undefined]);
    reader.addDetails([{ type: 'reasoning.encrypted', index: 0, data: 'x' }]);
    reader.addDetails([{ type: 'reasoning.encrypted', index: 1, data: 'x'.repeat(600_000) }]);
    expect(reader.reasoning).toBeUndefined();
  });

  it('goes back where it came from, in place of reasoning as text', () => {
    const reasoning = [{ type: 'reasoning.encrypted', data: 'abc' }];
    const message: ModelMessage = {
      ...{
        role: 'assistant',
        content: '',
        reasoning: 'So',
        toolCalls: [{ id: 'a', name: 'x', arguments: '{}' }],
      },
      metadata: {
        provider: 'p',
        model: 'm',
        reasoning,
        calls: { a: { fields: { extra_content: { b: 1 } } } },
      },
    };
    const [sent] = messagesOf([message], {
      reasoningField: 'reasoning',
      hasDeveloper: false,
      hasCacheControl: false,
    });
    expect(sent).toEqual({
      ...{ role: 'assistant', content: null, reasoning_details: reasoning },
      tool_calls: [
        { id: 'a', type: 'function', function: { name: 'x', arguments: '{}' }, extra_content: { b: 1 } },
      ],
    });
  });
});
