import type { Message } from '../../kernel/index.js';
import type { WholeBranch } from '../app/read-branch.js';
import { EXPORT_FORMATS } from './export-formats.js';

const message = (content: string, more: Partial<Message> = {}): Message => ({
  ...{ id: 'm', threadId: 'th', turnId: 't', parentTurnId: null, toolCalls: [], citations: [] },
  ...{ siblings: { index: 0, count: 1, turnIds: ['t'] }, step: null, usage: null },
  ...{ role: 'user', content, status: 'complete', provider: null, model: null },
  createdAt: '2026-01-02T03:04:05.678Z',
  ...more,
});

async function markdownOf(...messages: readonly Message[]): Promise<string> {
  const branch = { thread: { title: 'On\ncode' }, messages } as unknown as WholeBranch;
  let text = '';
  for await (const part of EXPORT_FORMATS.markdown.write(branch)) text += part;
  return text;
}

const SECTION = '\n## User, 2026-01-02T03:04:05.678Z\n';

describe('a thread in Markdown', () => {
  it('is a section for each message, with its end, its model and its sources', async () => {
    const citations = [{ marker: '[1]', title: 'A\ntitle' }] as unknown as Message['citations'];
    const answer = { role: 'assistant', provider: 'openai', model: 'gpt', status: 'cancelled' } as const;
    expect(await markdownOf(message('Hi\n'), message('So', { ...answer, citations }))).toBe(
      `# On code\n${SECTION}\nHi\n\n## Assistant (openai/gpt), 2026-01-02T03:04:05.678Z\n\nSo\n\n*cancelled*\n\n- [1] A title\n`,
    );
  });

  it.each([
    ['code', 'See:\n```ts\nconst a = `b`;\n\n<b>\n```\nDone.'],
    ['code within code', '~~~~\n```\n~~~\n~~~~~ '],
    ['code in a list', '- So:\n\n  ```\n  x\n\n    y\n  ```\n- Then'],
    ['marks within a line', '```js``` is no fence, and ~~ neither\n    ```'],
    ['HTML within a line', 'A <b>bold</b> one, and 1 <\n< 2'],
  ])('has %s as it is, which ends by itself', async (_, content) => {
    expect(await markdownOf(message(content))).toBe(`# On code\n${SECTION}\n${content.trimEnd()}\n`);
  });

  it.each([
    ['code', 'See:\n```ts\n\nconst a = 1;'],
    ['code behind code', '```\na\n```\n~~~\nb\n```'],
    ['code with too short an end', '````\na\n```'],
    ['code with words at its end', '```\na\n``` js'],
    ['code in a list, ended outside of it', '- So:\n  ```\n  x\n```'],
    ['code in a list that ends before it', '- So:\n  ```\nx\n  ```'],
    ['code between returns', '```\ra'],
    ['a comment', 'So:\n<!-- never\n\nended'],
    ['HTML that hides a fence', '<div>\n```\n</div>\n\nSo\n```'],
  ])('quotes a message that leaves %s open, so that the next one is another', async (_, content) => {
    const quoted = content.split(/[\r\n]/).map((line) => `> ${line}`.trimEnd());
    expect(await markdownOf(message(content), message('Next'))).toBe(
      `# On code\n${SECTION}\n${quoted.join('\n')}\n${SECTION}\nNext\n`,
    );
  });
});
