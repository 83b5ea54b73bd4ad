import { startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { untilTakenIn } from '../support/put-in.js';
import { addDocument, type Citation, citationsIn } from '../support/retrieval.js';
import { framesUntil } from '../support/sse-client.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import type { TestUser } from '../support/test-user.js';

const SECRET_TITLE = 'Override procedure';
const SECRET = 'The override phrase of the pumping station is cormorant at midnight.';
const OPEN_TITLE = 'Pumping station handbook';
const OPEN = 'The pumping station runs at night. Its override is explained to new staff on their second day.';
const QUESTION = 'What is the override phrase of the pumping station?';

/** Words that a caller of less clearance must meet nowhere. */
const LEAKS = ['cormorant', SECRET_TITLE];

describe('documents in the answers', () => {
  let standIn: OpenAiStandIn;
  let server: TestServer;
  let cleared: TestUser;
  let internal: TestUser;
  let secretId: string;
  let openId: string;
  beforeAll(async () => {
    standIn = await startOpenAiStandIn({ behaviour: { tokens: 4 } });
    server = await startTestServer({ OPENAI_URL: standIn.url });
    cleared = await server.user({ sub: 'carol', roles: ['user', 'admin'], clearance: 'restricted' });
    internal = await server.user({ sub: 'ian', clearance: 'internal' });
    secretId = await addDocument(cleared, SECRET_TITLE, SECRET, { securityLevel: 'restricted' });
    openId = await addDocument(cleared, OPEN_TITLE, OPEN, { securityLevel: 'internal' });
  });
  afterAll(async () => {
    await server?.close();
    await standIn?.close();
  });

  /** A question on a thread of its own: what was streamed, asked of the provider and stored for it. */
  const ask = async (user: TestUser, content = QUESTION, options: Record<string, unknown> = {}) => {
    const threadId = await user.newThread();
    return askIn(user, threadId, content, options);
  };

  const askIn = async (
    user: TestUser,
    threadId: string,
    content = QUESTION,
    options: Record<string, unknown> = {},
  ) => {
    const before = standIn.requests.length;
    const frames = await framesUntil(await user.stream(threadId, content, { options }), 'done');
    const { messages } = (await user.ask('GET', `/chat/threads/${threadId}/messages?order=desc&limit=1`))
      .body;
    const prompts = standIn.requests.slice(before).map(({ body }) => body.messages);
    expect(prompts).toHaveLength(1);
    return {
      threadId,
      frames,
      prompt: prompts[0]!,
      system: prompts[0]!.find(({ role }) => role === 'system')?.content ?? '',
      asked: prompts[0]!.at(-1)!,
      streamed: citationsIn(frames),
      stored: messages[0].citations as readonly Citation[],
    };
  };

  it('reach a caller who is cleared for them, with markers, from the prompt to the stored message', async () => {
    const { threadId, frames, system, asked, streamed, stored } = await ask(cleared);

    expect(streamed.map(({ marker }) => marker)).toEqual(['[1]', '[2]']);
    expect(streamed.map(({ documentId }) => documentId).toSorted()).toEqual([openId, secretId].toSorted());
    const secret = streamed.find(({ documentId }) => documentId === secretId)!;
    expect(secret).toMatchObject({ title: SECRET_TITLE, offsets: { start: 0, end: SECRET.length } });
    expect(asked.role).toBe('user');
    expect(asked.content).toContain(`${secret.marker}\n"""\n${SECRET_TITLE}\n\n${SECRET}\n"""`);
    expect(JSON.stringify(asked.content).endsWith(`\\n${QUESTION}"`)).toBe(true);
    expect(system).not.toContain(SECRET);
    expect(system).not.toContain(SECRET_TITLE);
    expect(stored).toEqual(streamed);
    const complete = frames.find(({ type }) => type === 'workflow_complete')!.data['message'];
    expect(complete.citations).toEqual(streamed);
    const order = frames.map(({ type }) => type);
    expect(order.indexOf('rag_context')).toBeLessThan(order.indexOf('ai_response'));
    const posted = await cleared.ask('POST', `/chat/threads/${threadId}/messages`, { content: QUESTION });
    expect(posted.body.citations).toEqual(posted.body.message.citations);
    expect(idsOf(posted.body.citations)).toContain(secretId);
  });

  it('are found, listed and read by that caller', async () => {
    expect(await searched(cleared)).toContain(secretId);
    expect(await listed(cleared)).toContain(secretId);
    const { status, body } = await cleared.ask('GET', `/rag/documents/${secretId}`);
    expect([status, body.document]).toEqual([
      200,
      expect.objectContaining({ title: SECRET_TITLE, securityLevel: 'restricted', status: 'ready' }),
    ]);
  });

  it('never reach a caller who is not: in no prompt, no frame, no search, no list, no message', async () => {
    const others = [
      internal,
      await server.user({ sub: 'root', roles: ['user', 'admin'], clearance: 'confidential' }),
      await server.user({ sub: 'carol', clearance: 'internal' }),
      await server.user({ sub: 'carol', org: 'globex', roles: ['admin'], clearance: 'restricted' }),
    ];
    const before = standIn.requests.length;
    for (const user of others) {
      const { threadId, frames, streamed } = await ask(user);
      await askIn(user, threadId, 'Quote every document about an override phrase at midnight.');
      await user.ask('POST', `/chat/threads/${threadId}/messages`, { content: QUESTION });
      const seen = [
        JSON.stringify(frames),
        await allText(user, [
          `/chat/threads/${threadId}/messages`,
          `/chat/threads?q=override`,
          '/rag/documents?limit=200',
          `/rag/documents/${secretId}`,
        ]),
        ...(await Promise.all(
          [{}, { documentIds: [secretId] }, { securityLevel: 'restricted' }].map(async (filter) =>
            JSON.stringify(
              (await user.ask('POST', '/rag/search', { query: 'override phrase cormorant', filter })).body,
            ),
          ),
        )),
      ].join('\n');
      for (const leak of LEAKS) expect(seen).not.toContain(leak);
      expect(idsOf(streamed)).not.toContain(secretId);
      expect(await searched(user)).not.toContain(secretId);
      expect(await listed(user)).not.toContain(secretId);
    }

    const prompts = JSON.stringify(standIn.requests.slice(before).map(({ body }) => body));
    expect(standIn.requests.length - before).toBe(3 * others.length);
    for (const leak of [...LEAKS, secretId]) expect(prompts).not.toContain(leak);
  });

  it('reach the caller of less clearance where they are for them, and only those', async () => {
    const { asked, streamed, stored } = await ask(internal);

    expect(idsOf(streamed)).toEqual([openId]);
    expect(stored).toEqual(streamed);
    expect(asked.content).toContain(`[1]\n"""\n${OPEN_TITLE}\n\n${OPEN}\n"""`);
  });

  it('cannot be put in above one’s own clearance', async () => {
    const { status, body } = await internal.ask('POST', '/rag/documents', {
      title: 'Too high',
      content: 'A word.',
      securityLevel: 'restricted',
    });
    expect([status, body.code]).toEqual([403, 'FORBIDDEN']);
  });

  it('stay out of an answer that is asked for without them', async () => {
    const { frames, prompt, stored } = await ask(cleared, QUESTION, { rag: false });

    expect(frames.map(({ type }) => type)).not.toContain('rag_context');
    expect(stored).toEqual([]);
    expect(prompt).toEqual([{ role: 'user', content: QUESTION }]);
  });

  it('stay out of an answer that they have nothing to do with', async () => {
    const { frames, prompt, stored } = await ask(cleared, 'Zebras?');

    expect(frames.map(({ type }) => type)).not.toContain('rag_context');
    expect([stored, prompt]).toEqual([[], [{ role: 'user', content: 'Zebras?' }]]);
  });

  it('are gone from the next message on when they are deleted', async () => {
    const id = await addDocument(
      cleared,
      'Heron survey',
      'Forty herons nest behind the pumping station.',
      {},
    );
    const question = 'How many herons nest there?';
    const { threadId, streamed } = await ask(internal, question);
    expect(idsOf(streamed)).toContain(id);
    expect((await cleared.ask('DELETE', `/rag/documents/${id}`)).status).toBe(204);

    const next = await askIn(internal, threadId, question);
    expect([idsOf(next.streamed), idsOf(next.stored)]).toEqual([
      expect.not.arrayContaining([id]),
      expect.not.arrayContaining([id]),
    ]);
    expect(JSON.stringify(next.prompt)).not.toContain('Forty herons');
    expect(await searched(internal, 'herons nest')).not.toContain(id);
    expect((await internal.ask('GET', `/rag/documents/${id}`)).status).toBe(404);
  });

  it('are cited no longer by a message of before once its reader is no longer cleared for them', async () => {
    const { threadId, stored } = await ask(cleared);
    expect(idsOf(stored)).toContain(secretId);

    const demoted = await server.user({ sub: 'carol', clearance: 'internal' });
    const { messages } = (await demoted.ask('GET', `/chat/threads/${threadId}/messages`)).body;
    const replayed = await demoted.watch(threadId, 0);
    const frames = await framesUntil(replayed, 'done');
    replayed.close();
    for (const seen of [messages, frames]) {
      expect(JSON.stringify(seen)).not.toContain(SECRET_TITLE);
      expect(JSON.stringify(seen)).not.toContain(secretId);
      expect(JSON.stringify(seen)).toContain(openId);
    }
  });

  it('come in as a file of a form, and are quoted to the letter', async () => {
    const text =
      '# Ferries\n\nThe ferry to Skerry Isle leaves at a quarter past seven.\n\n## Fares\n\nDogs travel free.\n';
    const form = new FormData();
    form.append('file', new Blob([text], { type: 'text/markdown' }), 'ferries.md');
    form.append('securityLevel', 'internal');
    form.append('metadata', JSON.stringify({ season: 'winter' }));
    const response = await fetch(`${server.url}/rag/documents`, {
      method: 'POST',
      headers: { authorization: `Bearer ${cleared.token}` },
      body: form,
    });
    const { document } = (await response.json()) as { document: Record<string, unknown> };

    expect(response.status).toBe(202);
    expect(document).toMatchObject({
      title: 'ferries.md',
      contentType: 'text/markdown',
      bytes: Buffer.byteLength(text),
      metadata: { season: 'winter' },
    });
    await untilTakenIn(cleared, document['id'] as string);
    const { results } = (await internal.ask('POST', '/rag/search', { query: 'ferry Skerry Isle' })).body;
    expect(results[0]).toMatchObject({ documentId: document['id'], title: 'ferries.md' });
    const { start, end } = results[0].offsets;
    expect(text.slice(start, end)).toBe(results[0].content);
    const { asked, streamed } = await ask(internal, 'When does the ferry to Skerry Isle leave?');
    expect(idsOf(streamed)[0]).toBe(document['id']);
    expect(asked.content).toContain('leaves at a quarter past seven');
  });

  const searched = async (user: TestUser, query = QUESTION): Promise<string[]> =>
    idsOf((await user.ask('POST', '/rag/search', { query, limit: 100 })).body.results);

  const listed = async (user: TestUser): Promise<string[]> =>
    (await user.ask('GET', '/rag/documents?limit=200')).body.documents.map(
      (document: { readonly id: string }) => document.id,
    );
});

function idsOf(things: readonly { readonly documentId: string }[]): string[] {
  return things.map(({ documentId }) => documentId);
}

async function allText(user: TestUser, paths: readonly string[]): Promise<string> {
  const answers = await Promise.all(paths.map((path) => user.ask('GET', path)));
  return answers.map(({ body }) => JSON.stringify(body)).join('\n');
}
