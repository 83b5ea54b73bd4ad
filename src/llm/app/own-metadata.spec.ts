import type { ProviderMetadata, ToolCall } from '../../kernel/index.js';
import type { ModelMessage } from '../ports/language-model.js';
import { underOwnIds, withOwnMetadata } from './own-metadata.js';

const call = (id: string): ToolCall => ({ id, name: 'look', arguments: '{}' });
const LONG = `call_${'s'.repeat(1_000)}`;
const metadata: ProviderMetadata = {
  provider: 'claude',
  model: 'one',
  reasoning: [{ type: 'thinking', thinking: 'So', signature: 'signed' }],
  calls: { short: { id: LONG }, other: { fields: { extra_content: { a: 1 } } } },
};
const calls = (of?: ProviderMetadata, ...ids: string[]): ModelMessage => ({
  ...{ role: 'assistant', content: '', toolCalls: ids.map(call) },
  ...(of !== undefined && { metadata: of }),
});
const result = (toolCallId: string): ModelMessage => ({ role: 'tool', toolCallId, content: 'Found' });
const conversation = [calls(metadata, 'short', 'other'), result('short'), result('other')];

describe('what a provider wants back with its calls', () => {
  it('is sent to the model that attached it, under the ids that it knows', () => {
    expect(withOwnMetadata(conversation, 'claude', 'one')).toEqual([
      calls(
        { ...metadata, calls: { [LONG]: { id: LONG }, other: { fields: { extra_content: { a: 1 } } } } },
        LONG,
        'other',
      ),
      result(LONG),
      result('other'),
    ]);
  });

  it.each([
    ['another provider', 'openai', 'one'],
    ['another model', 'claude', 'two'],
  ])('is not sent to %s, under our ids', (_whom, provider, model) => {
    expect(withOwnMetadata(conversation, provider, model)).toEqual([
      calls(undefined, 'short', 'other'),
      result('short'),
      result('other'),
    ]);
  });

  it('is nothing in a conversation of a former release', () => {
    const former = [calls(undefined, 'a'), result('a')];
    expect(withOwnMetadata(former, 'claude', 'one')).toBe(former);
  });

  it('is kept under the ids that the calls have with us', () => {
    const said = {
      provider: 'p',
      model: 'm',
      calls: { [LONG]: { fields: { a: 1 } }, gone: { fields: { b: 1 } } },
    };
    const named = [{ said: call(LONG), own: call('short'), keepsId: true }];
    expect(underOwnIds(said, named)).toEqual({
      ...{ provider: 'p', model: 'm', calls: { short: { id: LONG, fields: { a: 1 } } } },
    });
    const plain = [{ said: call('a'), own: call('a'), keepsId: false }];
    expect(underOwnIds({ provider: 'p', model: 'm' }, plain)).toEqual({ provider: 'p', model: 'm' });
  });
});
