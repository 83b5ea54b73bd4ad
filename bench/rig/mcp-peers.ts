import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { McpStandIn, saying, type StandInTool } from '../../test/doubles/mcp-stand-in.ts';
import { answerParent } from './worker.ts';

/* MCP servers of both eras with a tool that goes on until it is stopped, and a model that calls the tool that a message names. */

export type Era = 'modern' | 'legacy';

const called: (() => void)[] = [];
const stopped: ((at: number) => void)[] = [];
const now = () => performance.timeOrigin + performance.now();

const endless: StandInTool = {
  description: 'Goes on until it is stopped.',
  async call({ cancelled, progress }) {
    progress(1);
    called.shift()?.();
    await cancelled;
    stopped.shift()?.(now());
    return saying('too late');
  },
};

const startPeer = async (era: Era) => (await McpStandIn.start({ era, tools: { endless } })).port;

/** With as many tools as a list may have bytes for, each with a schema that has to be looked at. */
async function startLong(): Promise<number> {
  const properties = Object.fromEntries(
    Array.from({ length: 4 }, (_, index) => [`field_${index}`, { type: 'string', maxLength: 10 }]),
  );
  const tool = {
    description: 'x'.repeat(100),
    inputSchema: { type: 'object', properties },
    call: endless.call,
  };
  const tools = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`tool_${index}`, tool]));
  return (await McpStandIn.start({ era: 'modern', tools })).port;
}

async function startModel(): Promise<number> {
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      if (request.method !== 'POST') return response.end('{"object":"list","data":[]}');
      const { messages } = JSON.parse(body) as { messages: { content: string }[] };
      const name = messages.at(-1)?.content ?? '';
      const tool_calls = [{ index: 0, id: 'call', type: 'function', function: { name, arguments: '{}' } }];
      const frame = (delta: object, finish_reason: string | null) =>
        `data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      return response.end(`${frame({ tool_calls }, null)}${frame({}, 'tool_calls')}data: [DONE]\n\n`);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const handlers = {
  async listen(): Promise<Readonly<Record<Era | 'long' | 'model', number>>> {
    const [modern, legacy, long, model] = await Promise.all([
      startPeer('modern'),
      startPeer('legacy'),
      startLong(),
      startModel(),
    ]);
    return { modern, legacy, long, model };
  },
  /** Resolves when the next call has reached its server. */
  called: () => new Promise<void>((resolve) => called.push(resolve)),
  /** Comes to the time when the next call that is stopped hears of it, as milliseconds since 1970. */
  stopped: () => new Promise<number>((resolve) => stopped.push(resolve)),
};
export type McpPeers = typeof handlers;

answerParent(handlers);
