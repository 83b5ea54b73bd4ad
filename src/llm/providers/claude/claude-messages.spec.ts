import { assistant, body, result, user } from '../../../../test/support/claude-bodies.js';
import type { ModelMessage } from '../../ports/language-model.js';

function conversation(...messages: readonly ModelMessage[]) {
  return body({ messages });
}

const said = (text: string) => ({ type: 'text', text });
const use = (id: string) => ({ type: 'tool_use', id, name: 'find', input: { id } });
const answer = (id: string, text: string) => ({
  type: 'tool_result',
  tool_use_id: id,
  content: [said(text)],
});
const missing = (id: string) => ({
  type: 'tool_result',
  tool_use_id: id,
  is_error: true,
  content: 'This call was not carried out.',
});

describe('a conversation as Anthropic takes it', () => {
  it('has what the system says apart, and the rest in turn', () => {
    const asked = conversation(
      { role: 'system', content: 'Be brief.' },
      user('one'),
      user('two'),
      assistant('three'),
      { role: 'system', content: 'Be kind.' },
      user('four'),
    );
    expect(asked.system).toBe('Be brief.\n\nBe kind.');
    expect(asked.messages).toEqual([
      { role: 'user', content: [said('one'), said('two')] },
      { role: 'assistant', content: [said('three')] },
      { role: 'user', content: [said('four')] },
    ]);
  });

  it('leaves out texts that are empty, and messages with nothing else in them', () => {
    const asked = conversation(
      { role: 'system', content: ' ' },
      user('one'),
      assistant('\n'),
      user(''),
      user('two'),
    );
    expect(asked.system).toBeUndefined();
    expect(asked.messages).toEqual([{ role: 'user', content: [said('one'), said('two')] }]);
  });

  it('ends an answer that is to be continued without a blank', () => {
    const asked = conversation(user('one'), assistant('two \n'), user('three'), assistant('It is \n'));
    expect(asked.messages.at(1)!.content).toEqual([said('two \n')]);
    expect(asked.messages.at(-1)!.content).toEqual([said('It is')]);
  });

  it('keeps the order of texts and images, and what is to be kept of them', () => {
    const cacheControl = { type: 'ephemeral' } as const;
    const asked = conversation(
      { role: 'system', content: 'Long.', parts: [{ type: 'text', text: 'Long.', cacheControl }] },
      {
        role: 'user',
        content: 'What\nis this?',
        images: ['https://example.org/1.png'],
        parts: [
          { type: 'text', text: 'What' },
          { type: 'image', url: 'https://example.org/1.png', cacheControl },
          { type: 'text', text: 'is this?' },
        ],
      },
    );
    expect(asked.system).toEqual([{ ...said('Long.'), cache_control: cacheControl }]);
    expect(asked.messages[0]!.content).toEqual([
      said('What'),
      {
        type: 'image',
        source: { type: 'url', url: 'https://example.org/1.png' },
        cache_control: cacheControl,
      },
      said('is this?'),
    ]);
  });

  it('begins with the user always', () => {
    expect(conversation(assistant('hello')).messages.map(({ role }) => role)).toEqual(['user', 'assistant']);
    expect(conversation({ role: 'system', content: 'Begin.' }).messages).toHaveLength(1);
  });

  it('makes every text well-formed, those inside arguments among them', () => {
    const call = { id: 'a', name: 'find', arguments: '{"q":"\\ud83d"}' };
    const asked = conversation(
      { role: 'system', content: 'a\ud83d' },
      user('b\ud83d'),
      { role: 'assistant', content: '', toolCalls: [call] },
      result('a', 'c\ud83d'),
    );
    expect(JSON.stringify(asked)).not.toMatch(/\\ud83d/i);
    expect(JSON.stringify(asked).match(/\ufffd/g)).toHaveLength(4);
  });

  it('puts the results of parallel calls into one message, in the order of the calls', () => {
    const asked = conversation(
      user('go'),
      assistant('on it', 'a', 'b'),
      result('b', '2'),
      result('a', '1'),
      user('so?'),
    );
    expect(asked.messages.slice(1)).toEqual([
      { role: 'assistant', content: [said('on it'), use('a'), use('b')] },
      { role: 'user', content: [answer('a', '1'), answer('b', '2'), said('so?')] },
    ]);
  });

  it('gives every call a result: runs that were stopped leave calls without one', () => {
    expect(conversation(user('go'), assistant('', 'a', 'b'), result('b', '2')).messages[2]!.content).toEqual([
      missing('a'),
      answer('b', '2'),
    ]);
    expect(conversation(user('go'), assistant('', 'a')).messages[2]!.content).toEqual([missing('a')]);
    expect(conversation(user('go'), assistant('', 'a'), user('well?')).messages[2]!.content).toEqual([
      missing('a'),
      said('well?'),
    ]);
  });

  it('takes a result without its call for text: conversations are shortened from the start', () => {
    expect(conversation(result('a', 'found it'), user('so?')).messages).toEqual([
      { role: 'user', content: [said('found it'), said('so?')] },
    ]);
  });

  it('has a result without text stand without content', () => {
    expect(conversation(user('go'), assistant('', 'a'), result('a', '')).messages[2]!.content).toEqual([
      { type: 'tool_result', tool_use_id: 'a' },
    ]);
  });

  it('spells the ids of other providers in its own alphabet, the same for call and result', () => {
    const asked = conversation(user('go'), assistant('', 'call|1.x'), result('call|1.x', 'ok'));
    expect(asked.messages[1]!.content).toMatchObject([{ id: 'call_1_x' }]);
    expect(asked.messages[2]!.content).toMatchObject([{ tool_use_id: 'call_1_x', content: [said('ok')] }]);
  });

  it.each(['', 'no json', '[1]', '"text"', 'null'])(
    'takes arguments that are no object for none: %j',
    (text) => {
      const call = { id: 'a', name: 'find', arguments: text };
      const asked = conversation(user('go'), { role: 'assistant', content: '', toolCalls: [call] });
      expect(asked.messages[1]!.content).toMatchObject([{ type: 'tool_use', input: {} }]);
    },
  );

  it('shows images before the text: those in the request as bytes, others by their address', () => {
    const images = ['data:image/png;base64,AAAA', 'data:image/jpg;base64,BBBB', 'https://example.org/a.webp'];
    expect(conversation({ role: 'user', content: 'what is it?', images }).messages[0]!.content).toEqual([
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
      { type: 'image', source: { type: 'base64', media_type: 'image/jpeg', data: 'BBBB' } },
      { type: 'image', source: { type: 'url', url: 'https://example.org/a.webp' } },
      said('what is it?'),
    ]);
  });

  it('defines the tools that were called in it, which may not be called again', () => {
    const asked = conversation(user('go'), assistant('', 'a', 'b'), result('a', '1'), result('b', '2'));
    expect(asked.tools).toEqual([{ name: 'find', input_schema: { type: 'object' } }]);
    expect(asked.tool_choice).toEqual({ type: 'none' });
  });
});
