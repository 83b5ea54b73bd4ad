import type { Job } from './load.ts';
import type { Subject } from './subject.ts';

export const CONTENT = 'Tell me something of about this length, please.';

type Request = Pick<Job, 'path' | 'body' | 'marksPerToken'>;

const messages = [{ role: 'user', content: CONTENT }];
const completion = (stream: boolean): Request => ({
  path: '/v1/chat/completions',
  body: JSON.stringify({ model: 'bench', messages, stream }),
  marksPerToken: 1,
});
const naive = (path: string): Request => ({ path, body: JSON.stringify({ messages }), marksPerToken: 1 });

/** The request for an answer that is streamed. */
export function streamed({ name }: Subject): Request {
  if (name === 'naive') return naive('/chat/stream');
  if (name !== 'threadline') return completion(true);
  return {
    path: '/chat/threads/{thread}/messages/stream',
    body: JSON.stringify({ content: CONTENT }),
    // In its pieces, in the whole answer behind them, and in the message as it is stored.
    marksPerToken: 3,
  };
}

/** The request for an answer in one piece. */
export function whole({ name }: Subject): Request {
  if (name === 'naive') return naive('/chat');
  if (name !== 'threadline') return completion(false);
  return {
    path: '/chat/threads/{thread}/messages',
    body: JSON.stringify({ content: CONTENT }),
    // As `response` and in the message.
    marksPerToken: 2,
  };
}
