import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface RepeatingProvider {
  /** What `OPENAI_URL` is to be. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * A provider that answers `repeat <text> <times>` with just that, in one piece and without usage, and `wait` with a word
 * every second until its client leaves.
 */
export async function startRepeatingProvider(): Promise<RepeatingProvider> {
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (piece: string) => (text += piece));
    request.on('end', () => {
      if (request.method !== 'POST') return void response.end('{"object":"list","data":[]}');
      const question = JSON.parse(text) as { messages: { content: string }[] };
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      void answer(question.messages.at(-1)?.content ?? '', (delta, reason) => {
        const choices = [{ index: 0, delta, finish_reason: reason }];
        if (!response.destroyed) response.write(`data: ${JSON.stringify({ id: 'c', choices })}\n\n`);
        return !response.destroyed;
      }).then(() => response.end('data: [DONE]\n\n'));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

type Say = (delta: { content?: string }, reason: 'stop' | null) => boolean;

async function answer(question: string, say: Say): Promise<void> {
  const [, text = 'word ', times = '1'] = /repeat (\S+) (\d+)$/.exec(question) ?? [];
  if (question.endsWith('wait')) while (say({ content: 'word ' }, null)) await sleep(1_000);
  say({ content: text.repeat(Number(times)) }, null);
  say({}, 'stop');
}
