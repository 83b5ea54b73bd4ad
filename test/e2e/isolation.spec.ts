import { SignJWT } from 'jose';
import { newId } from '../../src/kernel/index.js';
import { loadConfig } from '../../src/platform/config/index.js';
import { startServer, type Server } from '../../src/server.js';
import { startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import {
  isPublic,
  nameOf,
  operationsOf,
  pathOf,
  resolved,
  servedDocument,
  type JsonSchema,
  type Operation,
  type ServedDocument,
} from '../support/served-document.js';
import { putIn } from '../support/put-in.js';
import { TEST_SECRET } from '../support/secret.js';
import { framesUntil } from '../support/sse-client.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import type { TestUser } from '../support/test-user.js';
import { readWire } from '../support/wire-client.js';

/** Whether it answers with nothing but a stream. Without an id in its address it is nobody's. */
const isStream = ({ responses }: Operation) =>
  Object.keys(responses['200']?.content ?? {}).join() === 'text/event-stream';

/** Ids of one owner's things, one of each kind. */
interface Things {
  readonly thread: string;
  readonly turn: string;
  /** The user's, which the turn answers. */
  readonly message: string;
  readonly run: string;
  readonly document: string;
  /** What a turn waits for. */
  readonly input: string;
}

/** What an id in a path is the id of. A route with an id that is missing here fails the suite: add it. */
const IDS_IN_PATHS: Readonly<Record<string, keyof Things>> = {
  '/chat/threads/{id}': 'thread',
  '/chat/threads/{id}/turns/{turnId}': 'turn',
  '/inputs/{id}': 'input',
  '/workflows/runs/{id}': 'run',
  '/rag/documents/{id}': 'document',
  '/api/chat/stream/{message_id}': 'message',
};

/** Ids in bodies that a client gives to parts of that very body; a message or call of ours is never found by them. */
const IDS_OF_CLIENTS: Readonly<Record<string, readonly string[]>> = {
  'POST /api/stream': ['messages[].id'],
  'POST /v1/chat/completions': ['messages[].tool_calls[].id', 'messages[].tool_call_id'],
};

/** Parameters of paths that name something which belongs to everybody. */
const NAMES_IN_PATHS: Readonly<Record<string, string>> = {
  '/workflows/{name}': 'chat',
  // Within the admin's own organisation, whoever it is; what that leaves alone is in erasure.spec.ts.
  '/users/{user}': 'nobody',
  // The one that is the current one anyway.
  '/providers/{name}': 'openai',
  '/v1/models/{path}': 'openai/gpt-4o-mini',
};

const WORDS = 'I was here [[tokens=1]]';

const waysToPost = ({ turn }: Things): readonly unknown[] => [
  { content: WORDS },
  { content: WORDS, after: null },
  { content: WORDS, after: turn },
  { regenerate: turn },
];

const APPROVED = { action: 'accept', content: { approved: true } };

/** Bodies that the route takes, for every route with an id in its path or its body: one for each way it may go. */
const BODIES: Readonly<Record<string, (things: Things) => readonly unknown[]>> = {
  'POST /auth/stream-ticket': ({ thread }) => [{ threadId: thread }],
  'POST /rag/search': ({ document }) => [{ query: 'heirloom', filter: { documentIds: [document] } }],
  'PATCH /chat/threads/{id}': () => [{ title: 'Mine now', metadata: { taken: true } }],
  'POST /chat/threads/{id}/head': ({ turn }) => [{ turnId: turn }],
  'POST /chat/threads/{id}/messages': waysToPost,
  'POST /chat/threads/{id}/messages/stream': waysToPost,
  'POST /chat/threads/{id}/turns': waysToPost,
  'POST /chat/threads/{id}/turns/{turnId}/input': ({ input }) => [{ inputId: input, ...APPROVED }],
  'POST /inputs/{id}': () => [APPROVED],
  'POST /chat': ({ thread }) => [
    { message: WORDS, threadId: thread },
    { message: WORDS, threadId: thread.toUpperCase(), stream: true },
  ],
  'POST /api/messages': ({ thread }) => [{ content: WORDS, conversation_id: thread }],
  'POST /api/stream': ({ thread, message }) => [
    { messages: [{ role: 'user', content: WORDS }], model: 'gpt-4o-mini', chatId: thread },
    { messages: [{ id: message, role: 'user', content: WORDS }], model: 'gpt-4o-mini', chatId: thread },
  ],
};

/** Queries that name something of somebody's: one for each way the route may go. */
const QUERIES: Readonly<Record<string, (things: Things) => readonly string[]>> = {
  'GET /chat/threads/{id}/messages': ({ turn }) => ['', `?branch=${turn}`],
};

/** Answers that do not say 404 to an id of somebody else's: they hold nothing of it, as for an id of nobody's. */
const EMPTY_ANSWERS: Readonly<Record<string, unknown>> = { 'POST /rag/search': { results: [] } };

const PUBLIC = [
  'GET /health',
  'GET /health/live',
  'GET /health/ready',
  'GET /metrics',
  'POST /auth/dev-token',
];

/** Stands in everything of alice's that nobody else may see. */
const SECRET = 'heirloom';

/** Words of alice's documents that tell which of them somebody got to see. */
const PLACES = { private: 'in the attic', org: 'in the hall', restricted: 'in the vault' };

describe('what belongs to somebody', () => {
  let standIn: OpenAiStandIn;
  let server: TestServer;
  let document: ServedDocument;
  let operations: Operation[];
  let alice: TestUser;
  let bob: TestUser;
  let waiting: Pick<Things, 'thread' | 'turn' | 'input'>;
  let quiet: Things;
  let busy: Things;
  let orgDocument: string;
  let restrictedDocument: string;
  let strangers: { readonly name: string; readonly user: TestUser; readonly forbidden: readonly Things[] }[];

  beforeAll(async () => {
    standIn = await startOpenAiStandIn();
    server = await startTestServer({ OPENAI_URL: standIn.url });
    document = await servedDocument(server.url);
    operations = operationsOf(document);
    alice = await server.user({ clearance: 'restricted' });
    bob = await server.user({ sub: 'bob' });

    const privateDocument = await addDocument('private', { visibility: 'private' });
    orgDocument = await addDocument('org', { visibility: 'org' });
    restrictedDocument = await addDocument('restricted', { visibility: 'org', securityLevel: 'restricted' });
    waiting = await review();
    quiet = await talk(privateDocument, `A quiet ${SECRET} [[tokens=5]]`, 'done');
    busy = await talk(privateDocument, `A busy ${SECRET} [[tokens=100000 delay=20]]`, 'ai_response');

    const own = [quiet, busy, { ...quiet, ...waiting }];
    const everyDocument = [orgDocument, restrictedDocument].map((id) => ({ ...quiet, document: id }));
    const root = await server.user({ sub: 'root', roles: ['user', 'admin'], clearance: 'restricted' });
    const eve = await server.user({ sub: 'eve', org: 'globex', clearance: 'restricted' });
    const namesake = await server.user({ org: 'globex', roles: ['admin'], clearance: 'restricted' });
    strangers = [
      {
        name: 'another user of the org',
        user: bob,
        forbidden: [...own, { ...quiet, document: restrictedDocument }],
      },
      { name: 'an admin of the org', user: root, forbidden: own },
      { name: 'a user of another org', user: eve, forbidden: [...own, ...everyDocument] },
      {
        name: 'an admin of the same name in another org',
        user: namesake,
        forbidden: [...own, ...everyDocument],
      },
    ];
  });

  afterAll(async () => {
    await server?.close();
    await standIn?.close();
  });

  const addDocument = async (kind: keyof typeof PLACES, more: Record<string, unknown>): Promise<string> => {
    const content = `The ${SECRET} is behind the clock ${PLACES[kind]}.`;
    return putIn(alice, { title: `The ${SECRET}`, content, ...more });
  };

  const talk = async (documentId: string, content: string, until: string): Promise<Things> => {
    const thread = await alice.newThread({ title: `On the ${SECRET}`, metadata: { about: SECRET } });
    const frames = await framesUntil(await alice.stream(thread, content), until);
    const { run } = (await alice.ask('GET', `/chat/threads/${thread}/workflow`)).body;
    const turn: string = frames[0]!.data['turnId'];
    const { userMessageId } = (await alice.ask('GET', `/chat/threads/${thread}/turns/${turn}`)).body.turn;
    return { thread, turn, message: userMessageId, run: run.id, document: documentId, input: waiting.input };
  };

  /** A thread of alice's whose turn waits for a reviewer. */
  const review = async () => {
    const thread = await alice.newThread({ workflow: 'guided-intake', title: `On the ${SECRET}` });
    for (const content of ['One', 'Two'])
      await alice.ask('POST', `/chat/threads/${thread}/messages`, { content });
    const { body } = await alice.ask('POST', `/chat/threads/${thread}/messages`, { content: 'Three' });
    return { thread, turn: body.turn.id as string, input: body.inputs[0].id as string };
  };

  /** `way` says which of the route's bodies is sent. */
  const call = async (
    operation: Operation,
    things: Things,
    authorization: string | undefined,
    { way = 0, method = operation.method } = {},
  ) => {
    const body = method === 'HEAD' ? undefined : BODIES[nameOf(operation)]?.(things)[way];
    const query = QUERIES[nameOf(operation)]?.(things)[way] ?? '';
    const response = await fetch(server.url + addressOf(operation, things) + query, {
      method,
      headers: {
        ...(authorization === undefined ? {} : { authorization }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
    if (isStream) await response.body?.cancel();
    return { status: response.status, text: isStream ? 'a stream' : await response.text(), response };
  };

  const untilAnswered = async (threadId: string): Promise<void> => {
    const { thread } = (await alice.ask('GET', `/chat/threads/${threadId}`)).body;
    if (typeof thread?.activeTurnId !== 'string') return;
    await new Promise((resolve) => setTimeout(resolve, 5));
    return untilAnswered(threadId);
  };

  /** Everything of alice's as she sees it; of an answer that is still being said, that it is. */
  const estate = async () => {
    const see = async (path: string) => (await alice.ask('GET', path)).body;
    const ofThread = async ({ thread, turn, run }: Things) => ({
      thread: await see(`/chat/threads/${thread}`),
      messages: (await see(`/chat/threads/${thread}/messages`)).messages.map(
        (message: Record<string, unknown>) =>
          message['status'] === 'streaming' ? { ...message, content: '…' } : message,
      ),
      turn: await see(`/chat/threads/${thread}/turns/${turn}`),
      workflow: await see(`/chat/threads/${thread}/workflow`),
      run: await see(`/workflows/runs/${run}`),
    });
    return {
      quiet: await ofThread(quiet),
      busy: await ofThread(busy),
      inputs: await see('/inputs'),
      threads: await see('/chat/threads'),
      documents: await see('/rag/documents'),
      found: (await alice.ask('POST', '/rag/search', { query: SECRET })).body,
    };
  };

  it('is known to this suite wherever a route takes an id', () => {
    expect(operations.length).toBeGreaterThan(20);
    for (const operation of operations) expect(() => addressOf(operation, quiet)).not.toThrow();
    expect(withIds(document, operations).map(nameOf)).toEqual(
      expect.arrayContaining([
        'POST /auth/stream-ticket',
        'POST /rag/search',
        'DELETE /rag/documents/{id}',
        'GET /workflows/runs/{id}',
        'GET /chat/threads/{id}/stream',
        'POST /chat/threads/{id}/turns/{turnId}/cancel',
        'POST /chat',
        'POST /api/messages',
        'GET /api/chat/stream/{message_id}',
        'POST /api/stream',
      ]),
    );
    for (const [name, ids] of Object.entries(IDS_OF_CLIENTS)) {
      const operation = operations.find((each) => nameOf(each) === name);
      expect([name, operation && allIdsInBody(document, operation)]).toEqual([
        name,
        expect.arrayContaining([...ids]),
      ]);
    }
    for (const operation of withIds(document, operations)) {
      const takesBody = operation.requestBody !== undefined;
      expect([nameOf(operation), nameOf(operation) in BODIES]).toEqual([nameOf(operation), takesBody]);
    }
  });

  it('is behind no route that the document does not name', async () => {
    const documented = operations.map(nameOf);
    const inside = await startServer(
      loadConfig({
        DATABASE_URL: server.connectionString,
        PORT: '0',
        JWT_SECRET: TEST_SECRET,
        LOG_LEVEL: 'silent',
      }),
    );
    const routes = routesOf(inside);
    await inside.stop(0);
    const served = routes.filter((route) => !/ \/(docs|openapi\.json)(\/|$)/.test(route));
    expect(served.toSorted()).toEqual(documented.toSorted());
  });

  it('is not there for anybody else, whatever the route, and stays as it is', async () => {
    const asked = standIn.requests.length;
    const before = await estate();
    const answers: Record<string, string[]> = {};
    for (const { name, user, forbidden } of strangers) {
      const strangersThread = await user.newThread();
      for (const operation of withIds(document, operations)) {
        const targets = isNested(operation)
          ? [...forbidden, ...forbidden.map((things) => ({ ...things, thread: strangersThread }))]
          : forbidden;
        for (const { things, way } of waysOf(operation, targets)) {
          const { status, text } = await call(operation, things, `Bearer ${user.token}`, { way });
          const nobodys = await call(operation, NOBODYS, `Bearer ${user.token}`, { way });
          const empty = EMPTY_ANSWERS[nameOf(operation)];
          const isAsExpected =
            empty === undefined
              ? status === 404 && codeOf(operation, text) === 'NOT_FOUND'
              : status === 200 && JSON.stringify(JSON.parse(text)) === JSON.stringify(empty);
          const isAsNobodys = status === nobodys.status && text === nobodys.text;
          if (!isAsExpected || !isAsNobodys)
            (answers[name] ??= []).push(`${nameOf(operation)} ${status} ${text}`);
          if (operation.method !== 'GET') continue;
          const { status: head } = await call(operation, things, `Bearer ${user.token}`, { method: 'HEAD' });
          if (head !== 404) (answers[name] ??= []).push(`HEAD ${operation.template} ${head}`);
        }
      }
    }

    expect(answers).toEqual({});
    expect(standIn.requests.length).toBe(asked);
    expect(await estate()).toEqual(before);
    expect(before.busy.turn.turn.status).toBe('running');
  }, 120_000);

  it('is in no list and no search of anybody else', async () => {
    const ids = [quiet, busy].flatMap(({ thread, turn, message, run, input }) => [
      thread,
      turn,
      message,
      run,
      input,
    ]);
    ids.push(waiting.thread, waiting.turn);
    for (const { user, forbidden } of strangers) {
      const hidden = [...ids, ...forbidden.map((things) => things.document)];
      const lists = operations.filter(
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
          expect([nameOf(operation), status]).toEqual([nameOf(operation), 200]);
          for (const id of hidden) expect(JSON.stringify(body)).not.toContain(id);
        }
      }
      const { body } = await user.ask('POST', '/rag/search', { query: `${SECRET} clock`, limit: 100 });
      for (const id of hidden) expect(JSON.stringify(body)).not.toContain(id);
    }
  });

  it('is in no report of usage of anybody else, but for the threads in that of the organisation', async () => {
    const [ofBob, ofRoot, ofEve, ofNamesake] = await inTurn(strangers, ({ user }) =>
      user.ask('GET', '/usage?limit=200&scope=org&groupBy=thread,user'),
    );
    for (const refused of [ofBob!, ofEve!])
      expect([refused.status, refused.body.code]).toEqual([403, 'FORBIDDEN']);
    expect([ofRoot!.status, ofNamesake!.status]).toEqual([200, 200]);
    expect(JSON.stringify(ofRoot!.body)).toContain(quiet.thread);
    for (const id of [quiet.turn, quiet.message, quiet.run, SECRET])
      expect(JSON.stringify(ofRoot!.body)).not.toContain(id);
    for (const id of [quiet.thread, 'acme']) expect(JSON.stringify(ofNamesake!.body)).not.toContain(id);
  });

  it('is not reached through the search of a thread or document of one’s own', async () => {
    for (const { user } of strangers) {
      await user.newThread({ title: 'My own' });
      const { threads } = (await user.ask('GET', `/chat/threads?q=${SECRET}`)).body;
      expect(threads).toEqual([]);
    }
  });

  it('is read by the others of the org where a document is the org’s, and is not theirs to delete', async () => {
    const seen = await bob.ask('GET', `/rag/documents/${orgDocument}`);
    expect([seen.status, seen.body.document.id]).toEqual([200, orgDocument]);
    const found = await bob.ask('POST', '/rag/search', { query: SECRET });
    expect(found.body.results.map((result: { documentId: string }) => result.documentId)).toEqual([
      orgDocument,
    ]);
    const deleted = await bob.ask('DELETE', `/rag/documents/${orgDocument}`);
    expect([deleted.status, deleted.body.code]).toEqual([403, 'FORBIDDEN']);
    expect((await alice.ask('GET', `/rag/documents/${orgDocument}`)).status).toBe(200);
  });

  it('is not opened by a ticket for a thread of one’s own', async () => {
    const threadId = await bob.newThread();
    const { ticket } = (await bob.ask('POST', '/auth/stream-ticket', { threadId })).body;
    const stolen = await fetch(`${server.url}/chat/threads/${quiet.thread}/stream?ticket=${ticket}`);
    expect([stolen.status, JSON.parse(await stolen.text()).code]).toEqual([401, 'UNAUTHENTICATED']);
  });

  it('is not reached with its owner’s idempotency key', async () => {
    const key = { 'idempotency-key': 'the same key for everybody' };
    const content = 'Whose is it? [[tokens=3]]';
    const first = await alice.ask(
      'POST',
      `/chat/threads/${await alice.newThread()}/messages`,
      { content },
      key,
    );
    for (const { user } of strangers) {
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
      const asked = standIn.requests.length;
      const { status } = await readWire(server.url, user, '/api/stream', body);
      const [thread, ...more] = (await user.ask('GET', '/chat/threads')).body.threads.filter(
        ({ metadata }: { metadata: { chatId?: string } }) => metadata.chatId === body.chatId,
      );
      return { status, asked: standIn.requests.length - asked, id: thread?.id, more };
    };
    const everybody = [alice, ...strangers.map(({ user }) => user)];
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
      const asked = standIn.requests.length;
      for (const [path, body] of wires) {
        const { status } = await readWire(server.url, user, path(await user.newThread()), body);
        expect([200, 201]).toContain(status);
      }
      const prompts = standIn.requests.slice(asked).map((request) => JSON.stringify(request.body.messages));
      expect(prompts).toHaveLength(wires.length);
      return prompts.map((prompt) =>
        Object.entries(PLACES)
          .filter(([, words]) => prompt.includes(words))
          .map(([kind]) => kind),
      );
    };
    const all = Object.keys(PLACES);
    expect(await seenBy(alice)).toEqual([all, all, all, all, []]);
    const [ofBob, ofRoot, ofEve, ofNamesake] = await inTurn(strangers, ({ user }) => seenBy(user));
    expect(ofBob).toEqual([['org'], ['org'], ['org'], ['org'], []]);
    expect(ofRoot).toEqual([...Array(4).fill(['org', 'restricted']), []]);
    expect([ofEve, ofNamesake]).toEqual([Array(5).fill([]), Array(5).fill([])]);
  });

  it('needs a token that is good, on every route that is not public', async () => {
    expect(operations.filter(isPublic).map(nameOf).sort()).toEqual(PUBLIC);
    const before = await estate();
    const bad = {
      none: undefined,
      'no JWT': 'Bearer not-a-token',
      'another scheme': `Basic ${btoa('alice:secret')}`,
      'signed with another key': `Bearer ${await signedWith('another secret of at least thirty-two bytes')}`,
      'not signed': `Bearer ${unsigned()}`,
      expired: `Bearer ${await signedWith(TEST_SECRET, '1 hour ago')}`,
    };
    const wrong: string[] = [];
    for (const [kind, authorization] of Object.entries(bad)) {
      for (const operation of operations.filter((each) => !isPublic(each))) {
        for (const things of [quiet, busy]) {
          const { status, text, response } = await call(operation, things, authorization);
          const isRefused = status === 401 && codeOf(operation, text) === 'UNAUTHENTICATED';
          const saysHow = response.headers.get('www-authenticate') === 'Bearer';
          if (!isRefused || !saysHow) wrong.push(`${kind}: ${nameOf(operation)} ${status} ${text}`);
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(await estate()).toEqual(before);
  });

  it('is all there for its owner, on the very same requests', async () => {
    const answers: string[] = [];
    const destructive = (operation: Operation) => Number(operation.method === 'DELETE');
    const inOrder = withIds(document, operations).toSorted(
      (left, right) => destructive(left) - destructive(right),
    );
    for (const operation of inOrder) {
      for (const { things, way } of waysOf(operation, [quiet, busy])) {
        // The document is the same in both.
        if (operation.method === 'DELETE' && operation.template.startsWith('/rag') && things === busy)
          continue;
        if (things === quiet) await untilAnswered(quiet.thread);
        // An input is answered once.
        const asked = answersInput(operation) ? { ...things, ...(await review()) } : things;
        const { status, text } = await call(operation, asked, `Bearer ${alice.token}`, { way });
        const isBusy = things === busy && status === 409 && JSON.parse(text).code === 'THREAD_BUSY';
        const isEmpty = nameOf(operation) in EMPTY_ANSWERS && !text.includes(SECRET);
        if ((status >= 300 && !isBusy) || isEmpty) answers.push(`${nameOf(operation)} ${status} ${text}`);
      }
    }
    expect(answers).toEqual([]);
  }, 120_000);
});

const answersInput = (operation: Operation) =>
  /inputs?(\/\{id\})?$/.test(operation.template) && operation.method === 'POST';

const NOBODYS: Things = {
  thread: newId(),
  turn: newId(),
  message: newId(),
  run: newId(),
  document: newId(),
  input: newId(),
};

/** Each of the things with each of the bodies that the route is tried with. */
function waysOf(operation: Operation, targets: readonly Things[]) {
  const ways = BODIES[nameOf(operation)] ?? QUERIES[nameOf(operation)];
  return targets.flatMap((things) => (ways?.(things) ?? [undefined]).map((_, way) => ({ things, way })));
}

/** What comes of each, one after the other. */
async function inTurn<One, Result>(
  all: readonly One[],
  act: (one: One) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const one of all) results.push(await act(one));
  return results;
}

/** The code of an error in the words of the route: below `/v1` they are OpenAI's. */
function codeOf({ template }: Operation, text: string): unknown {
  const body = JSON.parse(text);
  return template.startsWith('/v1/') ? body.error.code : body.code;
}

/** The path with its ids filled in; throws for a parameter that the tables above do not know. */
function addressOf(operation: Operation, things: Things): string {
  return pathOf(operation, (name) => {
    const upToHere = operation.template.slice(0, operation.template.indexOf(`{${name}}`) + name.length + 2);
    const kind = IDS_IN_PATHS[upToHere];
    const value = kind === undefined ? NAMES_IN_PATHS[upToHere] : things[kind];
    if (value === undefined) throw new Error(`Say in this spec what ${upToHere} names.`);
    return value;
  });
}

/** Every route that the server answers, in the document's words. HEAD comes with GET. */
function routesOf({ app }: Server): string[] {
  const fastify = app.getHttpAdapter().getInstance() as {
    printRoutes(options: { commonPrefix: boolean }): string;
    hasRoute(route: { method: string; url: string }): boolean;
  };
  const parents: string[] = [];
  return fastify
    .printRoutes({ commonPrefix: false })
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => {
      const [, indent = '', path = '', methods = ''] = /^(.*?── )(\S+) \((.+)\)$/.exec(line) ?? [];
      if (path === '') throw new Error(`This is no route: ${line}`);
      const depth = indent.length / 4;
      // What is printed lacks the slash before a wildcard.
      const whole = (parents[depth - 1] ?? '') + (path === '*' ? '/*' : path);
      parents[depth] = whole;
      const template = whole.replace(/:(\w+)/g, '{$1}').replace(/\*$/, '{path}');
      return methods
        .split(', ')
        .filter((method) => method !== 'HEAD')
        .map((method) => {
          if (!fastify.hasRoute({ method, url: whole })) throw new Error(`${whole} was misread`);
          return `${method} ${template}`;
        });
    });
}

/** The operations that take an id of a thing that has an owner. Throws for an id where none is expected. */
function withIds(document: ServedDocument, operations: readonly Operation[]): Operation[] {
  return operations.filter((operation) => {
    for (const { in: place, name, schema } of operation.parameters ?? []) {
      const isKnown = QUERIES[nameOf(operation)]?.(NOBODYS).some((query) => query.startsWith(`?${name}=`));
      if (place !== 'path' && isId(name, schema ?? {}) && isKnown !== true) {
        throw new Error(`Say in this spec what ${name} of ${nameOf(operation)} names.`);
      }
    }
    const inPath = Object.keys(IDS_IN_PATHS).some((path) => operation.template.startsWith(path));
    return inPath || idsInBody(document, operation).length > 0;
  });
}

function isNested({ template }: Operation): boolean {
  return (template.match(/\{/g) ?? []).length > 1;
}

/** The ids in a body that may be those of somebody's things, such as `filter.documentIds`. */
function idsInBody(document: ServedDocument, operation: Operation): string[] {
  const ofClients = IDS_OF_CLIENTS[nameOf(operation)] ?? [];
  return allIdsInBody(document, operation).filter((id) => !ofClients.includes(id));
}

function allIdsInBody(document: ServedDocument, { requestBody }: Operation): string[] {
  return Object.values(requestBody?.content ?? {}).flatMap(({ schema = {} }) =>
    idsIn(resolved(document, schema)),
  );
}

function idsIn(schema: JsonSchema, path = ''): string[] {
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, JsonSchema>);
  const below = (name: string) => (path === '' ? name : `${path}.${name}`);
  const own = properties.filter(([name, inner]) => isId(name, inner)).map(([name]) => below(name));
  const parts: (readonly [part: unknown, path: string])[] = [
    ...properties.map(([name, inner]) => [inner, below(name)] as const),
    ...[schema['items'], ...listOf(schema, 'prefixItems')].map((part) => [part, `${path}[]`] as const),
    [schema['additionalProperties'], below('*')],
    ...['anyOf', 'oneOf', 'allOf'].flatMap((key) => listOf(schema, key).map((part) => [part, path] as const)),
  ];
  return [...own, ...parts.flatMap(([part, at]) => (isSchema(part) ? idsIn(part, at) : []))];
}

function listOf(schema: JsonSchema, key: string): readonly unknown[] {
  return (schema[key] as readonly unknown[] | undefined) ?? [];
}

function isSchema(part: unknown): part is JsonSchema {
  return typeof part === 'object' && part !== null && !Array.isArray(part);
}

/** Going by its name or its format; `Last-Event-ID` counts events and is of nobody's thing by itself. */
function isId(name: string, schema: JsonSchema): boolean {
  return schema['format'] === 'uuid' || /^(id|ids|[a-z]\w*(Id|Ids|_id|_ids))$/.test(name);
}

function signedWith(secret: string, expires = '1h'): Promise<string> {
  return new SignJWT({ sub: 'alice', org: 'acme' })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime(expires)
    .sign(new TextEncoder().encode(secret));
}

function unsigned(): string {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { sub: 'alice', org: 'acme', exp: Math.floor(Date.now() / 1_000) + 3_600 };
  return `${encode({ alg: 'none', typ: 'JWT' })}.${encode(claims)}.`;
}
