import { pairProblems } from '../chaos/tool-call-checks.js';
import { startWires, WIRES, type Wire } from '../support/five-wires.js';
import { sized } from '../support/size.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import type { TestUser } from '../support/test-user.js';

const CODES = ['6 * 7', '40 + 4'];
const CALLS = CODES.map((code) => ({ name: 'execute_javascript', arguments: JSON.stringify({ code }) }));
const IN_WORDS = CALLS.map((call) => `{{call ${call.name} ${call.arguments}}}`).join(' ');
const ANSWER = 'The tool says: 42, 44';
const SERVER_ERROR = { fault: 'server_error' } as const;

const PAIRS: [Wire, Wire][] = [
  ['openai', 'claude'],
  ['claude', 'ollama'],
  ['ollama', 'openrouter'],
  ['groq', 'openai'],
  ['openrouter', 'claude'],
];

describe.each<[Wire, Wire]>(sized(PAIRS.slice(0, 2), PAIRS))(
  'rounds of calls on the wire of %s, with %s to fall back to',
  (primary, spare) => {
    let wires: Awaited<ReturnType<typeof startWires>>;
    let server: TestServer;
    let user: TestUser;
    beforeAll(async () => {
      wires = await startWires([primary, spare]);
      server = await startTestServer({
        ...wires.environment,
        ...{ DEFAULT_PROVIDER: primary, LLM_FALLBACKS: `${spare}${WIRES[spare].model}` },
      });
      user = await server.user();
    });
    afterAll(async () => {
      await server?.close();
      await wires?.close();
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

    it.each([1, 3])(
      'has two parallel calls in each of %i rounds, each with a result of its own',
      async (rounds) => {
        const { status, body, messages, threadId } = await told(`Count. ${IN_WORDS} [[rounds=${rounds}]]`);
        expect([status, body.message?.content]).toEqual([201, ANSWER]);
        const ofRounds = Array.from({ length: rounds }, () => ['assistant', 'tool', 'tool']);
        expect(messages.map(({ role }) => role)).toEqual(['user', ...ofRounds.flat(), 'assistant']);
        expect(problemsOf(messages)).toEqual([]);
        expect(new Set(messages.flatMap(({ toolCalls }) => toolCalls.map(({ id }) => id))).size).toBe(
          2 * rounds,
        );
        const next = await told('And now? [[tokens=1]]', threadId);
        expect(next.status).toBe(201);
      },
    );

    it('goes on with another provider after two rounds, and with the first one after the third', async () => {
      const calling = { calls: CALLS, tools: CALLS.length, tokens: 0, rounds: 3 };
      for (const behaviour of [calling, calling, SERVER_ERROR]) wires.of(primary).script(behaviour);
      const { status, body, messages, threadId } = await told(`Count on. ${IN_WORDS} [[rounds=3]]`);
      expect([status, body.message?.content]).toEqual([201, ANSWER]);
      expect(providersOf(messages)).toEqual([primary, primary, spare, primary]);
      expect(problemsOf(messages)).toEqual([]);
      wires.of(primary).script(SERVER_ERROR);
      const next = await told('And now? [[tokens=1]]', threadId);
      expect([next.status, providersOf(next.messages).at(-1)]).toEqual([201, spare]);
    });

    it('answers without tools when a sixth round is wanted of five', async () => {
      const { status, messages } = await told(`Count for ever. ${IN_WORDS} [[rounds=6]]`);
      expect([status, providersOf(messages)]).toEqual([201, Array.from({ length: 6 }, () => primary)]);
      expect(problemsOf(messages)).toEqual([]);
      expect(messages.filter(({ role }) => role === 'tool')).toHaveLength(10);
      expect(messages.at(-1)!.toolCalls).toEqual([]);
      expect(JSON.stringify(wires.of(primary).requests.at(-1)!.body)).toContain(
        'No more tools can be called',
      );
    });
  },
);

interface StoredMessage {
  readonly role: string;
  readonly status: string;
  readonly content: string;
  readonly provider: string | null;
  readonly toolCalls: readonly { readonly id: string; readonly name: string }[];
  readonly toolCallId?: string;
}
