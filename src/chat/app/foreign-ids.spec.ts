import type { TurnRequest } from '../../kernel/index.js';
import { identityOf, keyOf, threadIdOf } from './foreign-ids.js';

type Said = NonNullable<TurnRequest['history']>[number] & { readonly id?: string };

const user = (content: string, id?: string): Said => ({
  role: 'user',
  content,
  ...(id === undefined ? {} : { id }),
});
const assistant = (content: string): Said => ({ role: 'assistant', content });
/** Of the last one, after the others. */
const identity = (...messages: Said[]) => {
  const { content, id } = messages.at(-1)!;
  return JSON.stringify(identityOf({ content, history: messages.slice(0, -1) }, id));
};

describe('a message that is sent again', () => {
  it('is known by its id, as long as it asks the same', () => {
    const first = identity(user('Hi', 'm1'));
    expect(identity(user('Hi', 'm1'))).toBe(first);
    expect(identity(user('Other'), assistant('x'), user('Hi', 'm1'))).toBe(first);
    expect(identity(user('Hi', 'm2'))).not.toBe(first);
    expect(identity(user('Hi there', 'm1'))).not.toBe(first);
  });

  it('is known without one by what was said before it', () => {
    const first = identity(user('Hi'));
    expect(identity(user('Hi'), user('Hi'))).toBe(first);
    expect(identity(user('Hi'), assistant('Hello'), user('Hi'))).not.toBe(first);
    expect(identity(user('Hi'), assistant('Hello'), user('Hi'), user('Hi'))).toBe(
      identity(user('Hi'), assistant('Hello'), user('Hi')),
    );
  });
});

describe('ids of others’ own', () => {
  const caller = { org: 'acme', id: 'alice' };

  it('are the same for the same chat of the same user, and UUIDs of version 8', () => {
    const id = threadIdOf(caller, 'chat-123');
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(threadIdOf(caller, 'chat-123')).toBe(id);
  });

  it('differ for every other chat, user and org, however the words are cut', () => {
    const ids = [
      threadIdOf(caller, 'chat-123'),
      threadIdOf(caller, 'chat-124'),
      threadIdOf({ org: 'acme', id: 'bob' }, 'chat-123'),
      threadIdOf({ org: 'other', id: 'alice' }, 'chat-123'),
      threadIdOf({ org: 'acmea', id: 'lice' }, 'chat-123'),
      threadIdOf({ org: 'acme', id: 'alicechat-' }, '123'),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('are keys that no client can send', () => {
    const { key } = keyOf('t', ['id', 'm1', 'Hi'], 1);
    expect(/^[\x20-\x7e]+$/.test(key)).toBe(false);
    expect(keyOf('t', ['id', 'm1', 'Hi'], 1).key).toBe(key);
    expect(keyOf('t', ['id', 'm1', 'Hi'], 2).key).not.toBe(key);
    expect(keyOf('u', ['id', 'm1', 'Hi'], 1).key).not.toBe(key);
  });
});
