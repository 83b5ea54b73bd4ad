import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { AGENT_CHAT_REQUESTS as ASK, documentedCurl } from '../doubles/agent-chat-requests.js';
import { expectedText } from '../doubles/openai-stand-in.js';
import { agentStage, call, js, of } from '../support/agent-stage.js';
import { openWire, type WireEvent } from '../support/wire-client.js';

const ORIGIN = 'https://chat.example';
const TIME = expect.any(Number) as number;

/** Pieces in a row as one: how an answer is cut is not promised. */
function joined(events: readonly WireEvent[]): WireEvent[] {
  const whole: WireEvent[] = [];
  for (const event of events) {
    const last = whole.at(-1);
    if (event.event !== 'delta' || last?.event !== 'delta') whole.push(event);
    else
      whole[whole.length - 1] = {
        event: 'delta',
        data: { ...last.data, content: last.data.content + event.data.content },
      };
  }
  return whole;
}

/** An event, which is named in its data as well. */
const told = (type: string, more: object): WireEvent => ({ event: type, data: { type, ...more } });

describe('what is documented of POST /chat', () => {
  const on = agentStage({ CORS_ORIGINS: ORIGIN });

  const status = told('status', { status: 'processing', message: 'The request is being worked on.' });
  const openAi = { phase: 'chat', model: 'gpt-4', provider: 'openai' };
  const usageOf = (out: number) => ({
    prompt_tokens: TIME,
    completion_tokens: out,
    total_tokens: TIME,
  });
  const usage = expect.objectContaining(usageOf(3));

  it('is what its command prints, to the letter', async () => {
    on.openAi.script({ tokens: 3 });
    const command = documentedCurl(on.server.url, on.alice.token);
    const { stdout: text } = await promisify(execFile)('sh', ['-c', command]);
    const blocks = text.split('\n\n');
    expect(blocks.pop()).toBe('');
    const events = blocks.map((block): WireEvent => {
      const [, event, json = ''] = /^(?:retry: \d+\n)?event: (\w+)\ndata: (.*)$/.exec(block) ?? [];
      return { event, data: JSON.parse(json) };
    });
    expect(joined(events)).toEqual([
      status,
      told('llm_request', openAi),
      told('delta', { content: expectedText(3) }),
      told('llm_response', { ...openAi, usage, durationMs: TIME }),
      told('message_complete', {
        role: 'assistant',
        content: expectedText(3),
        finish_reason: 'stop',
      }),
      told('complete', { status: 'success', usage, iterations: 1, finish_reason: 'stop' }),
    ]);
  });

  it('is how tools are shown: that one starts, that it runs, what it gave, and the answer', async () => {
    const events = await on.events(ASK.withTools(`What is new? ${call('search_web', { query: 'cats' })}`));
    const [{ content, id }] = of(events, 'tool_call_result');
    const tool = { id, name: 'search_web' };
    const answer = `The tool says: ${content}`;
    const any = expect.objectContaining({ total_tokens: TIME }) as object;
    expect(joined(events)).toEqual([
      status,
      told('llm_request', openAi),
      told('llm_response', { ...openAi, usage: any, durationMs: TIME }),
      told('tool_call_start', { ...tool, title: expect.any(String), arguments: '{"query":"cats"}' }),
      told('tool_call_progress', { ...tool, status: 'executing' }),
      told('tool_call_result', { ...tool, content, ok: true, durationMs: TIME }),
      told('llm_request', openAi),
      told('delta', { content: answer }),
      told('llm_response', { ...openAi, usage: any, durationMs: TIME }),
      told('message_complete', { role: 'assistant', content: answer, finish_reason: 'stop' }),
      told('complete', { status: 'success', usage: any, iterations: 2, finish_reason: 'stop' }),
    ]);
    expect(content).not.toBe('');
  });

  it.each(['/chat', '/proxy', '/search', '/planning'])(
    'may be asked for by pages of the origins that are let in: %s',
    async (path) => {
      const asking = (origin: string) =>
        fetch(on.server.url + path, {
          method: 'OPTIONS',
          headers: {
            origin,
            'access-control-request-method': 'POST',
            'access-control-request-headers': 'authorization,content-type',
          },
        });
      const { headers } = await asking(ORIGIN);
      expect(headers.get('access-control-allow-origin')).toBe(ORIGIN);
      expect(headers.get('access-control-allow-headers')?.toLowerCase()).toContain('authorization');
      expect(headers.get('access-control-allow-methods')).toContain('POST');
      expect((await asking('https://other.example')).headers.get('access-control-allow-origin')).not.toBe(
        'https://other.example',
      );
    },
  );

  it('is the same from groq, whole, searched and planned', async () => {
    const asked = on.groq.requests.length;
    const proxied = await on.post('/proxy', ASK.onGroq(`What is it? ${js('6 * 7')}`));
    expect(JSON.parse(proxied.text).choices[0].message.content).toBe('The tool says: 42');
    for (const [path, body] of [
      ['/search', ASK.search('cats')],
      ['/planning', ASK.planning('Paint a door [[tokens=2]]')],
    ] as const) {
      const { events } = await on.post(path, { ...body, provider: 'groq' });
      expect(of(events, 'llm_request')).toMatchObject([{ provider: 'groq' }]);
      expect(events.at(-1)!.event).toBe('complete');
    }
    expect(on.groq.requests.length - asked).toBe(4);
  });

  it.each(['/search', '/planning'])('ends when its client goes: %s', async (path) => {
    on.openAi.script({ tokens: 900, delay: 20 });
    const wire = await openWire(on.server.url, on.alice, path, { query: 'cats' });
    for await (const { event } of wire.events) if (event === 'delta') break;
    const asked = on.openAi.requests.at(-1)!;
    expect(asked.closedAt).toBeUndefined();
    wire.close();
    await asked.closed;
  });

  it('ends the search as well when its client goes', async () => {
    const wire = await openWire(on.server.url, on.alice, '/search', ASK.search('cats [[fault=hang]]'));
    for await (const { event } of wire.events) if (event === 'tool_call_progress') break;
    const asked = on.openAi.requests.length;
    wire.close();
    await on.search.requests.at(-1)!.ended;
    expect(on.openAi.requests).toHaveLength(asked);
  });
});
