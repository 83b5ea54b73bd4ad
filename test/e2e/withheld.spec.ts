import pg from 'pg';
import { startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { framesUntil, textOf, type ReceivedFrame } from '../support/sse-client.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import type { TestUser } from '../support/test-user.js';
import { until } from '../support/until.js';
import { readWire } from '../support/wire-client.js';

const TITLE = 'Override procedure';
const SECRET = 'The override phrase of the pumping station is cormorant at midnight.';
const QUESTION = 'What is the override phrase of the pumping station?';
const WORD = 'cormorant';
const WITHHELD = '[withheld]';

/** The same user, cleared for it and not cleared any more. */
interface People {
  readonly cleared: TestUser;
  readonly demoted: TestUser;
}

async function peopleOf(server: TestServer): Promise<People> {
  return {
    cleared: await server.user({ sub: 'carol', roles: ['user', 'admin'], clearance: 'restricted' }),
    demoted: await server.user({ sub: 'carol', clearance: 'internal' }),
  };
}

async function addDocument(user: TestUser, title: string, content: string, securityLevel: string) {
  const { status, body } = await user.ask('POST', '/rag/documents', { title, content, securityLevel });
  expect(status).toBe(202);
  const { id } = body.document;
  await until(async () => (await user.ask('GET', `/rag/documents/${id}`)).body.document.status === 'ready');
  return id as string;
}

async function messagesOf(user: TestUser, threadId: string, query = '') {
  return (await user.ask('GET', `/chat/threads/${threadId}/messages${query}`)).body.messages;
}

async function replay(user: TestUser, threadId: string, after = 0, turns = 1): Promise<ReceivedFrame[]> {
  const stream = await user.watch(threadId, after);
  const frames: ReceivedFrame[] = [];
  for await (const frame of stream.frames) {
    frames.push(frame);
    if (frame.type === 'done' && (turns -= 1) === 0) break;
  }
  stream.close();
  return frames;
}

/** What a reader puts together, and what the reader is told that it was. */
function heardIn(frames: readonly ReceivedFrame[]) {
  const whole = frames.find(({ type, data }) => type === 'ai_response' && data['isComplete']);
  const complete = frames.find(({ type }) => type === 'workflow_complete');
  return [textOf(frames), whole?.data['accumulated'], complete?.data['message'].content];
}

describe('an answer above the reader’s clearance', () => {
  let server: TestServer;
  let cleared: TestUser;
  let demoted: TestUser;
  beforeAll(async () => {
    // No provider: answers are quotations of the documents.
    server = await startTestServer();
    ({ cleared, demoted } = await peopleOf(server));
    await addDocument(cleared, TITLE, SECRET, 'restricted');
    await addDocument(cleared, 'Opening hours', 'The library opens at nine in the morning.', 'internal');
  });
  afterAll(() => server?.close());

  const asked = async (content = QUESTION, user = cleared) => {
    const threadId = await user.newThread({ title: 'Pumps' });
    const headers = { 'idempotency-key': threadId };
    const frames = await framesUntil(await user.stream(threadId, content, {}, headers), 'done');
    return { threadId, headers, frames };
  };

  it('is withheld in messages, whichever way they are listed, and there again for who may read it again', async () => {
    const { threadId } = await asked();

    for (const query of ['', '?order=desc', '?limit=1&order=desc']) {
      const messages = await messagesOf(demoted, threadId, query);
      expect(JSON.stringify(messages)).not.toContain(WORD);
      const answer = messages.find(({ role }: { role: string }) => role === 'assistant');
      expect(answer).toMatchObject({ content: WITHHELD, withheld: true, withheldReason: 'clearance' });
      expect(answer.citations).toEqual([]);
    }
    const [question, answer] = await messagesOf(cleared, threadId);
    expect([question.content, answer.content]).toEqual([QUESTION, expect.stringContaining(WORD)]);
    expect([question, answer].map((message) => 'withheld' in message)).toEqual([false, false]);
  });

  it('leaves what was asked and what may be read as it is', async () => {
    const { threadId } = await asked('When does the library open in the morning?');
    const [question, answer] = await messagesOf(demoted, threadId);

    expect(question.content).toContain('library');
    expect(answer.content).toContain('nine in the morning');
    expect(answer).not.toHaveProperty('withheld');
    const publicReader = await server.user({ sub: 'carol', clearance: 'public' });
    expect((await messagesOf(publicReader, threadId))[1]).toMatchObject({
      content: WITHHELD,
      withheld: true,
    });
  });

  it('is withheld from a request that is repeated, at once or as a stream', async () => {
    const { threadId, headers, frames } = await asked();
    const path = `/chat/threads/${threadId}/messages`;
    const { status, body } = await demoted.ask('POST', path, { content: QUESTION }, headers);

    expect([status, body.response, body.message.content, body.message.withheld]).toEqual([
      201,
      WITHHELD,
      WITHHELD,
      true,
    ]);
    expect(JSON.stringify(body)).not.toContain(WORD);
    const again = await framesUntil(await demoted.stream(threadId, QUESTION, {}, headers), 'done');
    expect(JSON.stringify(again)).not.toContain(WORD);
    expect(heardIn(again)).toEqual([WITHHELD, WITHHELD, WITHHELD]);
    expect(heardIn(frames)[0]).toContain(WORD);
    expect((await cleared.ask('POST', path, { content: QUESTION }, headers)).body.response).toContain(WORD);
  });

  it('is withheld from a stream wherever it is resumed, with every id and nothing of what it said', async () => {
    const { threadId } = await asked();
    const whole = await replay(cleared, threadId);
    const shown = await replay(demoted, threadId);

    expect(shown.map(({ id, type }) => [id, type])).toEqual(whole.map(({ id, type }) => [id, type]));
    expect(JSON.stringify(shown)).not.toContain(WORD);
    expect(heardIn(shown)).toEqual([WITHHELD, WITHHELD, WITHHELD]);
    expect(shown.find(({ type }) => type === 'workflow_complete')!.data['message']).toMatchObject({
      withheld: true,
      withheldReason: 'clearance',
      citations: [],
    });
    const ids = shown.flatMap(({ id }) => (id === undefined ? [] : [id]));
    for (const cut of ids.slice(0, -1)) {
      const before = shown.filter(({ id }) => id !== undefined && id <= cut);
      const after = await replay(demoted, threadId, cut);
      expect(JSON.stringify(after)).not.toContain(WORD);
      expect(textOf([...before, ...after])).toBe(WITHHELD);
    }
  });

  it('is not found by its words, and found again by who may read it', async () => {
    const { threadId } = await asked();
    const found = async (user: TestUser, q: string) =>
      (await user.ask('GET', `/chat/threads?limit=200&q=${encodeURIComponent(q)}`)).body.threads.map(
        ({ id }: { id: string }) => id,
      );

    expect(await found(cleared, 'cormorant at')).toContain(threadId);
    expect(await found(demoted, 'cormorant at')).toEqual([]);
    expect(await found(demoted, 'override phrase of')).toContain(threadId);
    expect(await found(demoted, 'withheld')).toEqual([]);
  });

  it('is withheld in the wires of other systems', async () => {
    const { url } = server;
    const started = await cleared.ask('POST', '/api/messages', { content: QUESTION });
    const path = `/api/chat/stream/${started.body.message_id}`;
    const deltas = async (user: TestUser) => {
      const { events } = await readWire(url, user, path);
      return events.flatMap(({ data }) => (data.type === 'assistant_delta' ? [data.content] : [])).join('');
    };
    expect(await deltas(cleared)).toContain(WORD);
    expect(await deltas(demoted)).toBe(WITHHELD);

    const body = {
      messages: [{ role: 'user', content: QUESTION, id: 'm1' }],
      model: 'quotes',
      chatId: 'pumps',
    };
    const first = await readWire(url, cleared, '/api/stream', { ...body, provider: 'local' });
    expect(first.text).toContain(WORD);
    const second = await readWire(url, demoted, '/api/stream', { ...body, provider: 'local' });
    expect(second.text).not.toContain(WORD);
    expect(second.events.at(-1)!.data).toMatchObject({ fullContent: WITHHELD });
  });

  it('is what a document’s level was when a former release has said it', async () => {
    const { threadId } = await asked();
    const client = new pg.Client({ connectionString: server.connectionString });
    await client.connect();
    await client.query('UPDATE messages SET level = NULL, documents = NULL WHERE thread_id = $1', [threadId]);
    await client.query('UPDATE turn_events SET level = NULL WHERE thread_id = $1', [threadId]);
    await client.end();

    const messages = await messagesOf(demoted, threadId);
    expect(messages[1]).toMatchObject({ content: WITHHELD, withheld: true });
    expect(heardIn(await replay(demoted, threadId))).toEqual([WITHHELD, WITHHELD, WITHHELD]);
    expect((await messagesOf(cleared, threadId))[1].content).toContain(WORD);
    expect(heardIn(await replay(cleared, threadId))[0]).toContain(WORD);
  });
});

describe('what a model is shown of answers that were drawn from documents', () => {
  let standIn: OpenAiStandIn;
  let server: TestServer;
  let cleared: TestUser;
  let demoted: TestUser;
  beforeAll(async () => {
    standIn = await startOpenAiStandIn({ behaviour: { tokens: 4 } });
    server = await startTestServer({ OPENAI_URL: standIn.url, EVENT_RETENTION: '0', TURN_LEASE: '5s' });
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

describe.each([
  ['stay', 'false'],
  ['are withheld', 'true'],
])('answers from a document that is deleted, where they %s', (_, MASK_ANSWERS_OF_DELETED_DOCUMENTS) => {
  const isMasked = MASK_ANSWERS_OF_DELETED_DOCUMENTS === 'true';
  let server: TestServer;
  let cleared: TestUser;
  beforeAll(async () => {
    server = await startTestServer({ MASK_ANSWERS_OF_DELETED_DOCUMENTS });
    ({ cleared } = await peopleOf(server));
  });
  afterAll(() => server?.close());

  it('cite it nowhere any more', async () => {
    const id = await addDocument(cleared, TITLE, SECRET, 'internal');
    await addDocument(cleared, 'Opening hours', 'The library opens at nine in the morning.', 'internal');
    const threadId = await cleared.newThread();
    const post = `/chat/threads/${threadId}/messages`;
    const key = { 'idempotency-key': 'once' };
    expect((await cleared.ask('POST', post, { content: QUESTION }, key)).body.response).toContain(WORD);
    const other = await cleared.newThread();
    await cleared.ask('POST', `/chat/threads/${other}/messages`, { content: 'When does the library open?' });
    expect((await cleared.ask('DELETE', `/rag/documents/${id}`)).status).toBe(204);

    const [, answer] = await messagesOf(cleared, threadId);
    const frames = await replay(cleared, threadId);
    const repeated = (await cleared.ask('POST', post, { content: QUESTION }, key)).body;
    const found = (await cleared.ask('GET', '/chat/threads?q=cormorant')).body.threads;
    for (const seen of [answer, frames, repeated]) {
      expect(JSON.stringify(seen)).not.toContain(TITLE);
      expect(JSON.stringify(seen)).not.toContain(id);
      expect(JSON.stringify(seen).includes(WORD)).toBe(!isMasked);
    }
    expect(found).toHaveLength(isMasked ? 0 : 1);
    expect(answer.withheldReason).toBe(isMasked ? 'document_deleted' : undefined);
    if (isMasked) expect(heardIn(frames)).toEqual([WITHHELD, WITHHELD, WITHHELD]);
    expect((await messagesOf(cleared, other))[1].content).toContain('nine in the morning');
    expect(heardIn(await replay(cleared, other))[0]).toContain('nine in the morning');
  });
});
