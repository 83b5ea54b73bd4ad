import { aliceAmongStrangers, PLACES } from '../support/alice-among-strangers.js';
import { SECRET } from '../support/owned-things.js';
import { isPublic, nameOf, type Operation } from '../support/served-document.js';
import type { TestUser } from '../support/test-user.js';
import { readWire } from '../support/wire-client.js';

/** Whether it answers with nothing but a stream. Without an id in its address it is nobody's. */
const isStream = ({ responses }: Operation) =>
  Object.keys(responses['200']?.content ?? {}).join() === 'text/event-stream';

/** What only administrators of an organisation may list. */
const ADMINS_ALONE = new Set(['GET /webhooks', 'GET /webhooks/deliveries']);

describe('what belongs to somebody', () => {
  const on = aliceAmongStrangers();

  it('is in no list and no search of anybody else', async () => {
    const ids = [on.quiet, on.busy].flatMap(({ thread, turn, message, run, input }) => [
      thread,
      turn,
      message,
      run,
      input,
    ]);
    ids.push(on.waiting.thread, on.waiting.turn);
    for (const { name: who, user, forbidden } of on.strangers) {
      const hidden = [...ids, ...forbidden.map((things) => things.document)];
      const lists = on.operations.filter(
        (operation) =>
          operation.method === 'GET' &&
          !operation.template.includes('{') &&
          !isPublic(operation) &&
          !isStream(operation),
      );
      expect(lists.map(nameOf)).toEqual(
        expect.arrayContaining(['GET /chat/threads', 'GET /rag/documents', 'GET /workflows', 'GET /usage']),
      );
      for (const operation of lists) {
        const names = (operation.parameters ?? []).map((parameter) => parameter.name);
        const limit = names.includes('limit') ? 'limit=200' : '';
        const more = [
          ...(names.includes('q') ? [`q=${SECRET}`] : []),
          ...(names.includes('groupBy') ? ['groupBy=thread,user'] : []),
        ];
        for (const query of [limit, ...more.map((each) => `${limit}&${each}`)]) {
          const { status, body } = await user.ask('GET', `${operation.template}?${query}`);
          const isAllowed = !ADMINS_ALONE.has(nameOf(operation)) || who.includes('admin');
          expect([who, nameOf(operation), status]).toEqual([who, nameOf(operation), isAllowed ? 200 : 403]);
          for (const id of hidden) expect(JSON.stringify(body)).not.toContain(id);
        }
      }
      const { body } = await user.ask('POST', '/rag/search', { query: `${SECRET} clock`, limit: 100 });
      for (const id of hidden) expect(JSON.stringify(body)).not.toContain(id);
    }
  });

  it('is in no report of usage of anybody else, but for the threads in that of the organisation', async () => {
    const [ofBob, ofRoot, ofEve, ofNamesake] = await inTurn(on.strangers, ({ user }) =>
      user.ask('GET', '/usage?limit=200&scope=org&groupBy=thread,user'),
    );
    for (const refused of [ofBob!, ofEve!])
      expect([refused.status, refused.body.code]).toEqual([403, 'FORBIDDEN']);
    expect([ofRoot!.status, ofNamesake!.status]).toEqual([200, 200]);
    expect(JSON.stringify(ofRoot!.body)).toContain(on.quiet.thread);
    for (const id of [on.quiet.turn, on.quiet.message, on.quiet.run, SECRET])
      expect(JSON.stringify(ofRoot!.body)).not.toContain(id);
    for (const id of [on.quiet.thread, 'acme']) expect(JSON.stringify(ofNamesake!.body)).not.toContain(id);
  });

  it('is not reached through the search of a thread or document of one’s own', async () => {
    for (const { user } of on.strangers) {
      await user.newThread({ title: 'My own' });
      const { threads } = (await user.ask('GET', `/chat/threads?q=${SECRET}`)).body;
      expect(threads).toEqual([]);
    }
  });

  it('is read by the others of the org where a document is the org’s, and is not theirs to delete', async () => {
    const seen = await on.bob.ask('GET', `/rag/documents/${on.orgDocument}`);
    expect([seen.status, seen.body.document.id]).toEqual([200, on.orgDocument]);
    const found = await on.bob.ask('POST', '/rag/search', { query: SECRET });
    expect(found.body.results.map((result: { documentId: string }) => result.documentId)).toEqual([
      on.orgDocument,
    ]);
    const deleted = await on.bob.ask('DELETE', `/rag/documents/${on.orgDocument}`);
    expect([deleted.status, deleted.body.code]).toEqual([403, 'FORBIDDEN']);
    expect((await on.alice.ask('GET', `/rag/documents/${on.orgDocument}`)).status).toBe(200);
  });

  it('is not opened by a ticket for a thread of one’s own', async () => {
    const threadId = await on.bob.newThread();
    const { ticket } = (await on.bob.ask('POST', '/auth/stream-ticket', { threadId })).body;
    const stolen = await fetch(`${on.server.url}/chat/threads/${on.quiet.thread}/stream?ticket=${ticket}`);
    expect([stolen.status, JSON.parse(await stolen.text()).code]).toEqual([401, 'UNAUTHENTICATED']);
  });

  it('is not reached with its owner’s idempotency key', async () => {
    const key = { 'idempotency-key': 'the same key for everybody' };
    const content = 'Whose is it? [[tokens=3]]';
    const first = await on.alice.ask(
      'POST',
      `/chat/threads/${await on.alice.newThread()}/messages`,
      { content },
      key,
    );
    for (const { user } of on.strangers) {
      const threadId = await user.newThread();
      const { status, body } = await user.ask('POST', `/chat/threads/${threadId}/messages`, { content }, key);
      expect([status, body.turn.threadId]).toEqual([201, threadId]);
      expect(body.turn.id).not.toBe(first.body.turn.id);
    }
  });

  it('is not reached with its owner’s own names for a chat and a message', async () => {
    const body = {
      messages: [
        { id: 'the same message for everybody', role: 'user', content: 'Whose is it? [[tokens=3]]' },
      ],
      model: 'gpt-4o-mini',
      chatId: 'the same chat for everybody',
    };
    const chat = async (user: TestUser) => {
      const asked = on.standIn.requests.length;
      const { status } = await readWire(on.server.url, user, '/api/stream', body);
      const [thread, ...more] = (await user.ask('GET', '/chat/threads')).body.threads.filter(
        ({ metadata }: { metadata: { chatId?: string } }) => metadata.chatId === body.chatId,
      );
      return { status, asked: on.standIn.requests.length - asked, id: thread?.id, more };
    };
    const everybody = [on.alice, ...on.strangers.map(({ user }) => user)];
    const chats = await inTurn(everybody, chat);
    for (const each of chats) expect(each).toMatchObject({ status: 200, asked: 1, more: [] });
    expect(new Set(chats.map(({ id }) => id)).size).toBe(everybody.length);
    expect(await inTurn(everybody, chat)).toEqual(chats.map((each) => ({ ...each, asked: 0 })));
  });

  it('is in no prompt of anybody else, by whichever wire they ask', async () => {
    const question = `Where is the ${SECRET}, behind the clock? [[tokens=1]]`;
    const messages = [{ role: 'user', content: question }];
    const wires: readonly (readonly [path: (thread: string) => string, body: object])[] = [
      [(thread) => `/chat/threads/${thread}/messages`, { content: question }],
      [() => '/chat', { message: question }],
      [() => '/chat', { message: question, stream: true }],
      [() => '/api/stream', { messages, model: 'gpt-4o-mini' }],
      [() => '/v1/chat/completions', { messages, model: 'gpt-4o-mini' }],
    ];
    const seenBy = async (user: TestUser) => {
      const asked = on.standIn.requests.length;
      for (const [path, body] of wires) {
        const { status } = await readWire(on.server.url, user, path(await user.newThread()), body);
        expect([200, 201]).toContain(status);
      }
      const prompts = on.standIn.requests
        .slice(asked)
        .map((request) => JSON.stringify(request.body.messages));
      expect(prompts).toHaveLength(wires.length);
      return prompts.map((prompt) =>
        Object.entries(PLACES)
          .filter(([, words]) => prompt.includes(words))
          .map(([kind]) => kind),
      );
    };
    const all = Object.keys(PLACES);
    expect(await seenBy(on.alice)).toEqual([all, all, all, all, []]);
    const [ofBob, ofRoot, ofEve, ofNamesake] = await inTurn(on.strangers, ({ user }) => seenBy(user));
    expect(ofBob).toEqual([['org'], ['org'], ['org'], ['org'], []]);
    expect(ofRoot).toEqual([...Array(4).fill(['org', 'restricted']), []]);
    expect([ofEve, ofNamesake]).toEqual([Array(5).fill([]), Array(5).fill([])]);
  });
});

/** What comes of each, one after the other. */
async function inTurn<One, Result>(
  all: readonly One[],
  act: (one: One) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const one of all) results.push(await act(one));
  return results;
}
