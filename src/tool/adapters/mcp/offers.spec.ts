import { promptText } from './offers.js';

type Message = NonNullable<Parameters<typeof promptText>[0]['messages']>[number];
const said = (content: Message['content'], role: Message['role'] = 'user'): Message => ({ role, content });

describe('what a prompt says', () => {
  it('is its texts, each under whose words it is meant to be, and what the others are', () => {
    const text = promptText(
      {
        messages: [
          said({ type: 'text', text: 'Look at\0 this:' }),
          said({ type: 'image', data: 'aGk=', mimeType: 'image/png' }),
          said({ type: 'resource', resource: { uri: 'a://1', text: 'In it.' } }),
          said({ type: 'resource', resource: { uri: 'a://2', blob: 'aGk=', mimeType: 'application/pdf' } }),
          said({ type: 'resource_link', uri: 'a://3', name: 'Three' }),
          said({ type: 'text', text: 'It is fine.' }, 'assistant'),
        ],
      },
      1_000,
    );
    expect(text.split('\n\n')).toEqual([
      'User:\nLook at this:',
      'User:\n[An image is not shown here.]',
      'User:\nIn it.',
      'User:\n[3 bytes of application/pdf]',
      'User:\n[a://3]',
      'Assistant:\nIt is fine.',
    ]);
  });

  it('is so much at most, and nothing where there is nothing', () => {
    const messages = Array.from({ length: 5_000 }, () => said({ type: 'text', text: '😀'.repeat(1_000) }));
    const text = promptText({ messages }, 1_001);
    expect(text.length).toBeLessThanOrEqual(1_001);
    expect(text.isWellFormed()).toBe(true);
    expect(promptText({}, 10)).toBe('');
  });
});
