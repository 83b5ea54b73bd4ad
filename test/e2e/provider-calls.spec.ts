import { startScriptedProvider, type ScriptedProvider } from '../doubles/scripted-provider.js';
import { OPENAI } from '../support/provider-calls/openai.js';
import { ANTHROPIC, OLLAMA } from '../support/provider-calls/other-wires.js';
import type { Row } from '../support/provider-calls/rows.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import type { TestUser } from '../support/test-user.js';

const WIRES: readonly {
  provider: string;
  settings: (url: string) => Record<string, string>;
  rows: readonly Row[];
}[] = [
  { provider: 'openai', settings: (url) => ({ OPENAI_URL: `${url}/v1` }), rows: OPENAI },
  { provider: 'claude', settings: (url) => ({ ANTHROPIC_URL: url }), rows: ANTHROPIC },
  { provider: 'ollama', settings: (url) => ({ OLLAMA_URL: url }), rows: OLLAMA },
];

interface StreamedCall {
  readonly index: number;
  readonly id?: string;
  readonly function: { readonly name?: string; readonly arguments: string };
}

/** What a client puts together of a stream: the calls as their pieces say, and the error if there is one. */
function put(body: string) {
  const chunks = body
    .split('\n\n')
    .filter((one) => one.startsWith('data: {'))
    .map(
      (one) =>
        JSON.parse(one.slice(6)) as {
          choices?: { delta: { tool_calls?: StreamedCall[] } }[];
          error?: unknown;
        },
    );
  const gathered: { id: string; name: string; text: string }[] = [];
  for (const { index, id, function: called } of chunks.flatMap(
    ({ choices }) => choices?.[0]?.delta.tool_calls ?? [],
  )) {
    const call = (gathered[index] ??= { id: id!, name: called.name!, text: '' });
    call.text += called.arguments;
  }
  return { gathered, error: chunks.find(({ error }) => error !== undefined)?.error };
}

describe.each(WIRES)(
  'tools that a server behind $provider calls in its own way',
  ({ provider, settings, rows }) => {
    let upstream: ScriptedProvider;
    let server: TestServer;
    let alice: TestUser;

    beforeAll(async () => {
      upstream = await startScriptedProvider();
      server = await startTestServer({
        ...settings(upstream.url),
        LLM_MAX_RETRIES: '0',
        LLM_BREAKER_THRESHOLD: '1000',
      });
      alice = await server.user();
    });

    afterAll(async () => {
      await server?.close();
      await upstream?.close();
    });

    const question = (stream: boolean) => ({
      model: `${provider}/m`,
      stream,
      messages: [{ role: 'user', content: 'hello' }],
      tools: ['get_weather', 'get_time', 'now'].map((name) => ({
        type: 'function',
        function: { name, parameters: { type: 'object', properties: {} } },
      })),
    });

    it.each(rows)('%s', async (_name, body, expected) => {
      upstream.answer({ contentType: 'text/event-stream', steps: [body] });
      const answer = await alice.ask('POST', '/v1/chat/completions', question(false));
      const response = await fetch(`${server.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${alice.token}`, 'content-type': 'application/json' },
        body: JSON.stringify(question(true)),
      });
      const streamed = put(await response.text());
      if (expected === undefined) {
        // Where nothing was said yet the stream is no stream.
        const isRefused = response.status === 502 || streamed.error !== undefined;
        expect([answer.status, isRefused]).toEqual([502, true]);
        return;
      }
      expect([answer.status, streamed.error]).toEqual([200, undefined]);
      const [{ message, finish_reason }] = answer.body.choices;
      expect(finish_reason).toBe('tool_calls');
      const told = message.tool_calls.map((call: StreamedCall) => [
        call.function.name,
        JSON.parse(call.function.arguments),
      ]);
      expect(told).toEqual(expected);
      expect(new Set(message.tool_calls.map(({ id }: StreamedCall) => id)).size).toBe(expected.length);
      // What is streamed is the same, piece by piece.
      expect(streamed.gathered.map(({ name, text }) => [name, JSON.parse(text || '{}')])).toEqual(expected);
      expect(new Set(streamed.gathered.map(({ id }) => id)).size).toBe(expected.length);
    });
  },
);
