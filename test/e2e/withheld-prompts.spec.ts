import pg from 'pg';
import { startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { framesUntil, textOf, type ReceivedFrame } from '../support/sse-client.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import type { TestUser } from '../support/test-user.js';
import { until } from '../support/until.js';
import { readWire } from '../support/wire-client.js';
import {
  addDocument,
  messagesOf,
  peopleOf,
  QUESTION,
  replay,
  SECRET,
  TITLE,
  WITHHELD,
} from '../support/withheld.js';

describe('what a model is shown of answers that were drawn from documents', () => {
  let standIn: OpenAiStandIn;
  let server: TestServer;
  let cleared: TestUser;
  let demoted: TestUser;
  beforeAll(async () => {
    standIn = await startOpenAiStandIn({ behaviour: { tokens: 4 } });
    server = await startTestServer({
      ...{ OPENAI_URL: standIn.url, EVENT_RETENTION: '0', TURN_LEASE: '5s' },
      TOOL_APPROVAL: 'execute_javascript=ask',
    });
    ({ cleared, demoted } = await peopleOf(server));
    await addDocument(cleared, TITLE, SECRET, 'restricted');
  });
  afterAll(async () => {
    await server?.close();
    await standIn?.close();
  });

  const ask = async (user: TestUser, threadId: string, content: string, options: object = {}) => {
    const { body } = await user.ask('POST', `/chat/threads/${threadId}/messages`, { content, options });
    return body;
  };
  const lastPrompt = () =>
    standIn.requests.at(-1)!.body.messages.map(({ role, content }) => `${role}: ${content as string}`);

  it('is nothing of what its asker may not read any more', async () => {
    const threadId = await cleared.newThread();
    const { response } = await ask(cleared, threadId, QUESTION);
    await ask(demoted, threadId, 'Say that again.');

    expect(lastPrompt().join('\n')).not.toContain(response);
    expect(lastPrompt()).toContain(`assistant: ${WITHHELD}`);
    const [, first, , second] = await messagesOf(demoted, threadId);
    expect([first.content, second.withheld]).toEqual([WITHHELD, undefined]);
  });

  it('is withheld in what a person is asked before a tool is called, and in what tells of it', async () => {
    const threadId = await cleared.newThread();
    const call = '{{call execute_javascript {"code":"\\"cormorant\\""}}}';
    const { inputs } = await ask(cleared, threadId, `${QUESTION} ${call}`, { tools: true });
    const [{ id, prompt }] = inputs;
    expect(prompt).toContain('cormorant');

    const asked = [
      (await demoted.ask('GET', '/inputs?status=open')).body.inputs[0],
      (await demoted.ask('GET', `/inputs/${id}`)).body.input,
    ];
    for (const input of asked)
      expect(input).toMatchObject({ id, prompt: WITHHELD, schema: null, withheld: true });
    const accepted = await demoted.ask('POST', `/inputs/${id}`, { action: 'accept' });
    expect([accepted.status, accepted.body.code]).toEqual([403, 'FORBIDDEN']);
    const declined = await demoted.ask('POST', `/inputs/${id}`, { action: 'decline' });
    expect([declined.status, declined.body.input.prompt]).toEqual([202, WITHHELD]);
    const frames = await replay(demoted, threadId);
    expect(frames.find(({ type }) => type === 'input_required')!.data).toMatchObject({
      ...{ inputId: id, prompt: WITHHELD, schema: null },
    });
    const told = frames.filter(({ type }) => type !== 'message_saved');
    expect(JSON.stringify([told, declined.body])).not.toContain('cormorant');
    const whole = await replay(cleared, threadId);
    expect(whole.find(({ type }) => type === 'input_required')!.data).toMatchObject({ prompt });
  });

  it('makes the answers that follow as high as those before, whether they cite anything or not', async () => {
    const threadId = await cleared.newThread();
    await ask(cleared, threadId, QUESTION);
    const { message } = await ask(cleared, threadId, 'Say that again.', { rag: false });
    expect(message.citations).toEqual([]);
    await ask(cleared, threadId, 'And again.', { rag: false });

    const seen = await messagesOf(demoted, threadId);
    expect(seen.map(({ withheld }: { withheld?: true }) => withheld)).toEqual([
      undefined,
      true,
      undefined,
      true,
      undefined,
      true,
    ]);
  });

  it('makes them so too where the client says what was said', async () => {
    const body = (messages: object[]) => ({ messages, model: 'm', provider: 'openai', chatId: 'told' });
    const question = { role: 'user', content: QUESTION };
    await readWire(server.url, cleared, '/api/stream', body([question]));
    const told = [
      question,
      { role: 'assistant', content: SECRET },
      { role: 'user', content: 'Say it again.' },
    ];
    const { events } = await readWire(server.url, cleared, '/api/stream', body(told));
    const said = events.at(-1)!.data.fullContent;

    const { threads } = (await cleared.ask('GET', '/chat/threads?limit=1')).body;
    const seen = await messagesOf(demoted, threads[0].id);
    expect(seen).toHaveLength(4);
    expect(JSON.stringify(seen)).not.toContain(said);
    expect(seen[3]).toMatchObject({ content: WITHHELD, withheld: true });
  });

  it('makes them so when a former release has said them, once their thread is in the index', async () => {
    const threadId = await cleared.newThread();
    await ask(cleared, threadId, QUESTION);
    await ask(cleared, threadId, 'Say that again.', { rag: false });
    const client = new pg.Client({ connectionString: server.connectionString });
    await client.connect();
    const isPending = async () =>
      (await client.query('SELECT 1 FROM search_pending WHERE thread_id = $1', [threadId])).rows.length > 0;
    await until(async () => !(await isPending()));
    await client.query('UPDATE messages SET level = NULL, documents = NULL WHERE thread_id = $1', [threadId]);
    await client.query('DELETE FROM search_blocks WHERE thread_id = $1', [threadId]);
    await client.query('INSERT INTO search_pending (thread_id) VALUES ($1)', [threadId]);
    await until(async () => !(await isPending()));
    await client.end();

    const [question, first, , second] = await messagesOf(demoted, threadId);
    expect(question.content).toBe(QUESTION);
    expect([first.content, second.content]).toEqual([WITHHELD, WITHHELD]);
  });

  it('is withheld while it is said, and of an answer that was cancelled in the middle', async () => {
    const threadId = await cleared.newThread();
    const own = await cleared.stream(threadId, `${QUESTION} [[tokens=400 delay=20]]`);
    const watched = await demoted.watch(threadId, 0);
    const frames: ReceivedFrame[] = [];
    for await (const frame of own.frames) {
      frames.push(frame);
      if (textOf(frames).length > 60) break;
    }
    const [, running] = await messagesOf(demoted, threadId);
    expect(running).toMatchObject({ status: 'streaming', content: WITHHELD, withheld: true });
    expect((await messagesOf(cleared, threadId))[1].content).toContain(textOf(frames));

    const { turnId } = running;
    await cleared.ask('POST', `/chat/threads/${threadId}/turns/${turnId}/cancel`);
    const seen = await framesUntil(watched, 'done');
    watched.close();
    own.close();
    expect(textOf(seen)).toBe(WITHHELD);
    expect(seen.at(-1)!.data).toMatchObject({ status: 'cancelled' });
    const [, stopped] = await messagesOf(demoted, threadId);
    expect(stopped).toMatchObject({ status: 'cancelled', content: WITHHELD, withheld: true });
    expect((await messagesOf(cleared, threadId))[1].content).toContain(textOf(frames));
  });

  it('is withheld in what stands for events that are not kept any more', async () => {
    const threadId = await cleared.newThread();
    const key = { 'idempotency-key': threadId };
    const question = `${QUESTION} [[tokens=60 delay=4]]`;
    const live = await framesUntil(await cleared.stream(threadId, question, {}, key), 'done');
    const middle = live.filter(({ type }) => type === 'ai_response')[2]!.id!;
    const client = new pg.Client({ connectionString: server.connectionString });
    await client.connect();
    const isCompacted = 'SELECT 1 FROM turns WHERE thread_id = $1 AND compacted_at IS NOT NULL';
    await until(async () => (await client.query(isCompacted, [threadId])).rows.length > 0);
    await client.end();

    for (const [user, isShown] of [
      [demoted, false],
      [cleared, true],
    ] as const) {
      const frames = await replay(user, threadId, middle);
      const snapshot = frames.find(({ type }) => type === 'snapshot')!.data;
      expect(snapshot['content'] === textOf(live)).toBe(isShown);
      expect(snapshot['withheld']).toBe(isShown ? undefined : true);
      if (!isShown) expect([snapshot['content'], textOf(frames)]).toEqual([WITHHELD, '']);
    }
  });
});
