import type { ModelMessage } from '../../ports/language-model.js';
import { normalizeMessages } from './normalize-messages.js';

const user = (content: string): ModelMessage => ({ role: 'user', content });
const result = (toolCallId: string): ModelMessage => ({
  role: 'tool',
  toolCallId,
  content: `of ${toolCallId}`,
});
const calling = (...ids: readonly string[]): ModelMessage => ({
  role: 'assistant',
  content: '',
  toolCalls: ids.map((id) => ({ id, name: 'find', arguments: '{}' })),
});
const missing = (toolCallId: string) => ({
  role: 'tool',
  toolCallId,
  content: 'This call was not carried out.',
});

describe('a conversation that is sent', () => {
  it('is the one that was told, where every provider takes it', () => {
    const messages: ModelMessage[] = [
      { role: 'system', content: 'Be brief.' },
      user('one'),
      user('two'),
      calling('a', 'b'),
      result('b'),
      result('a'),
      { role: 'system', content: 'Be kind.' },
      user('three'),
      { role: 'assistant', content: 'four ' },
    ];
    expect(normalizeMessages(messages)).toEqual(messages);
  });

  it('has no answer without a word, nor what would stand around it side by side', () => {
    const empty: ModelMessage = { role: 'assistant', content: ' \n' };
    expect(normalizeMessages([user('one'), empty, user('two'), empty])).toEqual([user('one\n\ntwo')]);
    const named: ModelMessage = { role: 'user', content: 'two', name: 'bob' };
    expect(normalizeMessages([user('one'), empty, named])).toEqual([user('one'), named]);
  });

  it('has a result behind every call, at once', () => {
    expect(normalizeMessages([user('go'), calling('a', 'b'), user('well?'), result('b')])).toEqual([
      user('go'),
      calling('a', 'b'),
      result('b'),
      missing('a'),
      user('well?'),
    ]);
    expect(normalizeMessages([calling('a'), { role: 'assistant', content: 'on it' }])[1]).toEqual(
      missing('a'),
    );
  });

  it('has no result without its call', () => {
    expect(normalizeMessages([result('a'), user('so?')])).toEqual([user('of a'), user('so?')]);
    expect(normalizeMessages([user('go'), calling('a'), result('a'), result('a')]).at(-1)).toEqual(
      user('of a'),
    );
  });
});
