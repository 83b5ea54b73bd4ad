import { conversationIn } from './conversation.js';
import { conversationBody } from './named-events-schemas.js';

const user = (content: string, id?: string) => ({
  role: 'user',
  content,
  ...(id === undefined ? {} : { id }),
});
const assistant = (content: string) => ({ role: 'assistant', content });
const read = (messages: unknown[], more: object = {}) =>
  conversationIn(conversationBody.parse({ model: 'm', messages, ...more }));

describe('a conversation as a client tells it', () => {
  it('asks its last message, after what was said before', () => {
    expect(read([user('a'), assistant('b'), user('c', 'id-c')])).toEqual({
      content: 'c',
      messageId: 'id-c',
      history: [user('a'), assistant('b')],
      systemPrompt: undefined,
    });
  });

  it('has one system prompt, whatever it is made of, and no empty messages', () => {
    const messages = [
      { role: 'system', content: 'Be kind.' },
      user('a'),
      assistant(''),
      { role: 'system', content: ' ' },
      user('b'),
    ];
    expect(read(messages, { systemPrompt: 'Be brief.' })).toMatchObject({
      history: [user('a')],
      systemPrompt: 'Be brief.\n\nBe kind.',
    });
  });

  it('keeps a system message in its midst where the client has put it', () => {
    const french = { role: 'system', content: 'From now on in French.' };
    expect(read([user('a'), assistant('b'), french, user('c')])).toMatchObject({
      history: [user('a'), assistant('b'), french],
      systemPrompt: undefined,
    });
  });
});
