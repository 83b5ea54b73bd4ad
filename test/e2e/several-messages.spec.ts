import type { Message } from '../../src/kernel/index.js';
import { startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import {
  startScriptedProvider,
  type ScriptedAnswer,
  type ScriptedProvider,
} from '../doubles/scripted-provider.js';
import { framesUntil } from '../support/sse-client.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import type { TestUser } from '../support/test-user.js';

let scripted: ScriptedProvider;
let standIn: OpenAiStandIn;
let server: TestServer;
let alice: TestUser;
beforeAll(async () => {
  scripted = await startScriptedProvider();
  standIn = await startOpenAiStandIn();
  server = await startTestServer({
    OPENAI_URL: scripted.url,
    OPENAI_API_KEY: 'scripted',
    GROQ_URL: standIn.url,
    GROQ_API_KEY: 'stand-in',
    DEFAULT_PROVIDER: 'openai',
    LLM_FALLBACKS: 'groq',
  });
  alice = await server.user();
});
afterAll(async () => {
  await server?.close();
  await standIn?.close();
  await scripted?.close();
});

const chunk = (delta: object, finish: string | null = null) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const stream = (...steps: readonly string[]): ScriptedAnswer => ({ contentType: 'text/event-stream', steps });
const whole = (text: string) => stream(chunk({ content: text }), chunk({}, 'stop'), 'data: [DONE]\n\n');

interface Sent {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
}

describe('a turn of several model calls', () => {
  it('is a message for each, in order, and tells the next question of all of them', async () => {
    scripted.answer(whole('The draft.'), whole('The critique.'), whole('The answer.'));
    const threadId = await alice.newThread({ workflow: 'drafted-answer' });
    const frames = await framesUntil(await alice.stream(threadId, 'What is it?'), 'done');
    const pieces = frames.filter(({ type }) => type === 'ai_response');
    const ids = [...new Set(pieces.map(({ data }) => data['messageId'] as string))];
    expect(ids).toHaveLength(3);
    const ends = pieces.filter(({ data }) => data['isComplete'] === true);
    expect(ends.map(({ data }) => [data['messageId'], data['accumulated']])).toEqual([
      [ids[0], 'The draft.'],
      [ids[1], 'The critique.'],
      [ids[2], 'The answer.'],
    ]);
    const { body } = await alice.ask('GET', `/chat/threads/${threadId}/messages`);
    expect(
      body.messages.map(({ role, content, step }: Record<string, string>) => [role, content, step]),
    ).toEqual([
      ['user', 'What is it?', null],
      ['assistant', 'The draft.', 'draft'],
      ['assistant', 'The critique.', 'critique'],
      ['assistant', 'The answer.', 'revise'],
    ]);
    expect(body.messages.slice(1).map(({ id }: { id: string }) => id)).toEqual(ids);
    const complete = frames.find(({ type }) => type === 'workflow_complete')!.data;
    expect(complete['message']).toMatchObject({ id: ids[2], content: 'The answer.', status: 'complete' });
    const turnId = body.messages[0].turnId as string;
    const { body: found } = await alice.ask('GET', `/chat/threads/${threadId}/turns/${turnId}`);
    expect(found.turn.assistantMessageId).toBe(ids[2]);
    const { body: thread } = await alice.ask('GET', `/chat/threads/${threadId}`);
    expect(thread.thread.messageCount).toBe(4);

    scripted.answer(whole('Another draft.'), whole('Fine.'), whole('Another answer.'));
    const second = await alice.ask('POST', `/chat/threads/${threadId}/messages`, { content: 'And then?' });
    expect(second).toMatchObject({ status: 201, body: { response: 'Another answer.' } });
    const [draft] = scripted.asked.slice(-3) as unknown as readonly Sent[];
    const said = draft!.messages.filter(({ role }) => role !== 'system');
    expect(said.at(-1)).toMatchObject({ role: 'user', content: 'And then?' });
    for (const text of ['The draft.', 'The critique.', 'The answer.'])
      expect(said.map(({ content }) => content).join('\n')).toContain(text);
    said.forEach(({ role }, index) => expect(role).toBe(index % 2 === 0 ? 'user' : 'assistant'));
    // Pages cut through a turn's messages.
    let listed: string[] = [];
    for (let cursor = ''; ;) {
      const page = await alice.ask('GET', `/chat/threads/${threadId}/messages?limit=3${cursor}`);
      listed = [...listed, ...page.body.messages.map(({ content }: { content: string }) => content)];
      if (page.body.nextCursor === null) break;
      cursor = `&cursor=${page.body.nextCursor}`;
    }
    expect(listed).toEqual([
      ...['What is it?', 'The draft.', 'The critique.', 'The answer.'],
      ...['And then?', 'Another draft.', 'Fine.', 'Another answer.'],
    ]);
  }, 120_000);

  it('takes back what the third one said where its provider dies, and nothing of the first two', async () => {
    const cut = stream(chunk({ content: 'Half of the ans' }));
    scripted.answer(whole('The draft.'), whole('The critique.'), cut);
    const threadId = await alice.newThread({ workflow: 'drafted-answer' });
    const frames = await framesUntil(await alice.stream(threadId, 'Well? [[tokens=5]]'), 'done');
    const resets = frames.filter(({ type }) => type === 'ai_reset');
    const { body } = await alice.ask('GET', `/chat/threads/${threadId}/messages`);
    const [, draft, critique, answer] = body.messages as readonly Record<string, string>[];
    expect(new Set(resets.map(({ data }) => data['messageId']))).toEqual(new Set([answer!['id']]));
    expect(draft).toMatchObject({ content: 'The draft.', provider: 'openai', status: 'complete' });
    expect(critique).toMatchObject({ content: 'The critique.', provider: 'openai', status: 'complete' });
    expect(answer).toMatchObject({ provider: 'groq', status: 'complete' });
    expect(answer!['content']).not.toContain('Half');
    const asked = standIn.requests.at(-1)!.body as unknown as Sent;
    const said = asked.messages.filter(({ role }) => role !== 'system');
    said.forEach(({ role, content }, index) => {
      expect(role).toBe(index % 2 === 0 ? 'user' : 'assistant');
      expect(content).not.toBe('');
    });
  }, 120_000);

  it('is one text on wires that know of one answer only', async () => {
    scripted.answer(whole('The draft.'), whole('The critique.'), whole('The answer.'));
    const threadId = await alice.newThread({ workflow: 'drafted-answer' });
    const { body } = await alice.ask('POST', '/api/messages', { content: 'Hm?', conversation_id: threadId });
    const response = await fetch(`${server.url}/api/chat/stream/${body.message_id}`, {
      headers: { authorization: `Bearer ${alice.token}` },
    });
    const events = (await response.text())
      .split('\n')
      .filter((line) => line.startsWith('data: '))
      .map((line) => JSON.parse(line.slice(6)) as { type: string; content?: string });
    expect(events.map(({ content }) => content ?? '').join('')).toBe(
      'The draft.\n\nThe critique.\n\nThe answer.',
    );
    expect(events.filter(({ type }) => type === 'done')).toHaveLength(1);
    expect(events.at(-1)).toEqual({ type: 'done' });

    scripted.answer(whole('A draft.'), whole('A critique.'), whole('An answer.'));
    const atOnce = await alice.ask('POST', '/chat', { message: 'Hm?', threadId });
    expect(atOnce).toMatchObject({
      status: 200,
      body: { response: 'A draft.\n\nA critique.\n\nAn answer.', provider: 'openai', threadId },
    });
    const { messages } = (await alice.ask('GET', `/chat/threads/${threadId}/messages`)).body;
    const total = messages.slice(-3).reduce((sum: number, { usage }: Message) => sum + usage!.totalTokens, 0);
    expect(atOnce.body.usage.totalTokens).toBe(total);
  }, 120_000);
});
