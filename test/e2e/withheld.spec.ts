import pg from 'pg';
import { framesUntil, textOf, type ReceivedFrame } from '../support/sse-client.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import type { TestUser } from '../support/test-user.js';
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

const WORD = 'cormorant';

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
