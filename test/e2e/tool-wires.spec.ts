import { startAnthropicStandIn } from '../doubles/anthropic-stand-in.js';
import { startOllamaStandIn } from '../doubles/ollama-stand-in.js';
import { startOpenAiStandIn } from '../doubles/openai-stand-in.js';
import { pairProblems } from '../chaos/tool-call-checks.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import type { TestUser } from '../support/test-user.js';

const WIRES = {
  openai: { start: startOpenAiStandIn, url: 'OPENAI_URL', model: '' },
  claude: { start: startAnthropicStandIn, url: 'ANTHROPIC_URL', model: '' },
  // Not every model there can call tools.
  ollama: { start: startOllamaStandIn, url: 'OLLAMA_URL', model: '/mistral:latest' },
} as const;
type Wire = keyof typeof WIRES;
type StandIn = Awaited<ReturnType<(typeof WIRES)[Wire]['start']>>;

const CODES = ['6 * 7', '40 + 4'];
const CALLS = CODES.map((code) => ({ name: 'execute_javascript', arguments: JSON.stringify({ code }) }));
const IN_WORDS = CALLS.map((call) => `{{call ${call.name} ${call.arguments}}}`).join(' ');
const ANSWER = 'The tool says: 42, 44';

describe.each<[Wire, Wire]>([
  ['openai', 'claude'],
  ['claude', 'ollama'],
  ['ollama', 'openai'],
])('rounds of calls on the wire of %s, with %s to fall back to', (primary, spare) => {
  const standIns = new Map<Wire, StandIn>();
  let server: TestServer;
  let user: TestUser;
  beforeAll(async () => {
    for (const wire of [primary, spare]) standIns.set(wire, await WIRES[wire].start());
    server = await startTestServer({
      ...Object.fromEntries([...standIns].map(([wire, { url }]) => [WIRES[wire].url, url])),
      ...{
        DEFAULT_PROVIDER: primary,
        LLM_FALLBACKS: `${spare}${WIRES[spare].model}`,
        LLM_MAX_RETRIES: '0',
        LLM_BREAKER_THRESHOLD: '1000',
      },
      MAX_TOOL_ITERATIONS: '4',
    });
    user = await server.user();
  });
  afterAll(async () => {
    await server?.close();
    for (const standIn of standIns.values()) await standIn.close();
  });

  async function told(content: string, threadId?: string) {
    const thread = threadId ?? (await user.newThread());
    const path = `/chat/threads/${thread}/messages`;
    const { status, body } = await user.ask('POST', path, { content, options: { tools: true } });
    const { messages } = (await user.ask('GET', path)).body;
    return { threadId: thread, status, body, messages: messages as StoredMessage[] };
  }
  const providersOf = (messages: readonly StoredMessage[]) =>
    messages.filter(({ role }) => role === 'assistant').map(({ provider }) => provider);
  const problemsOf = (messages: readonly StoredMessage[]) =>
    pairProblems(
      messages
        .filter(({ role }) => role !== 'user')
        .map(({ toolCalls, toolCallId, ...rest }) => ({
          ...{ ...rest, tool_calls: toolCalls, tool_call_id: toolCallId ?? null },
        })),
    );

  it('has two parallel calls in each of two rounds, each with a name and a result of its own', async () => {
    const { status, body, messages, threadId } = await told(`Count. ${IN_WORDS} [[rounds=2]]`);
    expect([status, body.message?.content]).toEqual([201, ANSWER]);
    expect(messages.map(({ role }) => role)).toEqual([
      ...['user', 'assistant', 'tool', 'tool', 'assistant', 'tool', 'tool', 'assistant'],
    ]);
    expect(problemsOf(messages)).toEqual([]);
    expect(new Set(messages.flatMap(({ toolCalls }) => toolCalls.map(({ id }) => id))).size).toBe(4);
    const next = await told('And now? [[tokens=1]]', threadId);
    expect(next.status).toBe(201);
  });

  it('goes on with another provider after two rounds, and with the first one after the third', async () => {
    const calling = { calls: CALLS, tools: CALLS.length, tokens: 0, rounds: 3 };
    const standIn = standIns.get(primary)!;
    for (const behaviour of [calling, calling, { fault: 'server_error' as const }]) standIn.script(behaviour);
    const { status, body, messages, threadId } = await told(`Count on. ${IN_WORDS} [[rounds=3]]`);
    expect([status, body.message?.content]).toEqual([201, ANSWER]);
    expect(providersOf(messages)).toEqual([primary, primary, spare, primary]);
    expect(problemsOf(messages)).toEqual([]);
    standIn.script({ fault: 'server_error' });
    const next = await told('And now? [[tokens=1]]', threadId);
    expect([next.status, providersOf(next.messages).at(-1)]).toEqual([201, spare]);
  });

  it('answers without tools when there were as many rounds as there may be', async () => {
    const { status, messages } = await told(`Count for ever. ${IN_WORDS} [[rounds=99]]`);
    expect([status, providersOf(messages)]).toEqual([201, Array.from({ length: 5 }, () => primary)]);
    expect(problemsOf(messages)).toEqual([]);
    expect(messages.at(-1)!.toolCalls).toEqual([]);
  });
});

interface StoredMessage {
  readonly role: string;
  readonly status: string;
  readonly content: string;
  readonly provider: string | null;
  readonly toolCalls: readonly { readonly id: string; readonly name: string }[];
  readonly toolCallId?: string;
}
