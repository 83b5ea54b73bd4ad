import { SignJWT } from 'jose';
import { newId } from '../../src/kernel/index.js';
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
import { TEST_SECRET } from '../support/secret.js';
import { framesUntil } from '../support/sse-client.js';
import { startTestServer, type TestServer, type TestUser } from '../support/test-server.js';

/** Ids of one owner's things, one of each kind. */
interface Things {
  readonly thread: string;
  readonly turn: string;
  readonly run: string;
  readonly document: string;
}

/** What an id in a path is the id of. A route with an id that is missing here fails the suite: add it. */
const IDS_IN_PATHS: Readonly<Record<string, keyof Things>> = {
  '/chat/threads/{id}': 'thread',
  '/chat/threads/{id}/turns/{turnId}': 'turn',
  '/workflows/runs/{id}': 'run',
  '/rag/documents/{id}': 'document',
};

/** Parameters of paths that name something which belongs to everybody. */
const NAMES_IN_PATHS: Readonly<Record<string, string>> = { '/workflows/{name}': 'chat' };

/** A body that the route takes, for every route with an id in its path or its body. */
const BODIES: Readonly<Record<string, (things: Things) => unknown>> = {
  'POST /auth/stream-ticket': ({ thread }) => ({ threadId: thread }),
  'POST /rag/search': ({ document }) => ({ query: 'heirloom', filter: { documentIds: [document] } }),
  'PATCH /chat/threads/{id}': () => ({ title: 'Mine now', metadata: { taken: true } }),
  'POST /chat/threads/{id}/messages': () => ({ content: 'I was here [[tokens=1]]' }),
  'POST /chat/threads/{id}/messages/stream': () => ({ content: 'I was here [[tokens=1]]' }),
};

/** Answers that do not say 404 to an id of somebody else's: they hold nothing of it, as for an id of nobody's. */
const EMPTY_ANSWERS: Readonly<Record<string, unknown>> = { 'POST /rag/search': { results: [] } };

const PUBLIC = ['GET /health', 'GET /health/live', 'GET /health/ready', 'POST /auth/dev-token'];

/** Stands in everything of alice's that nobody else may see. */
const SECRET = 'heirloom';

describe('what belongs to somebody', () => {
  let standIn: OpenAiStandIn;
  let server: TestServer;
  let document: ServedDocument;
  let operations: Operation[];
  let alice: TestUser;
  let bob: TestUser;
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

    const privateDocument = await addDocument({ visibility: 'private' });
    orgDocument = await addDocument({ visibility: 'org' });
    restrictedDocument = await addDocument({ visibility: 'org', securityLevel: 'restricted' });
    quiet = await talk(privateDocument, `A quiet ${SECRET} [[tokens=5]]`, 'done');
    busy = await talk(privateDocument, `A busy ${SECRET} [[tokens=100000 delay=20]]`, 'ai_response');

    const own = [quiet, busy];
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

  const addDocument = async (more: Record<string, unknown>): Promise<string> => {
    const content = `The ${SECRET} is behind the clock. ${JSON.stringify(more)}`;
    const { body } = await alice.ask('POST', '/rag/documents', { title: `The ${SECRET}`, content, ...more });
    return body.document.id;
  };

  const talk = async (documentId: string, content: string, until: string): Promise<Things> => {
    const thread = await alice.newThread({ title: `On the ${SECRET}`, metadata: { about: SECRET } });
    const frames = await framesUntil(await alice.stream(thread, content), until);
    const { run } = (await alice.ask('GET', `/chat/threads/${thread}/workflow`)).body;
    return { thread, turn: frames[0]!.data['turnId'], run: run.id, document: documentId };
  };

  const call = async (
    operation: Operation,
    things: Things,
    authorization: string | undefined,
    method = operation.method,
  ) => {
    const body = method === 'HEAD' ? undefined : BODIES[nameOf(operation)]?.(things);
    const response = await fetch(server.url + addressOf(operation, things), {
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
      ]),
    );
    for (const operation of withIds(document, operations)) {
      const takesBody = operation.requestBody !== undefined;
      expect([nameOf(operation), nameOf(operation) in BODIES]).toEqual([nameOf(operation), takesBody]);
    }
  });

  it('is behind no route that the document does not name', () => {
    const documented = operations.map(nameOf);
    const served = routesOf(server).filter((route) => !/ \/(docs|openapi\.json)(\/|$)/.test(route));
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
        for (const things of targets) {
          const { status, text } = await call(operation, things, `Bearer ${user.token}`);
          const nobodys = await call(operation, NOBODYS, `Bearer ${user.token}`);
          const empty = EMPTY_ANSWERS[nameOf(operation)];
          const isAsExpected =
            empty === undefined
              ? status === 404 && JSON.parse(text).code === 'NOT_FOUND'
              : status === 200 && JSON.stringify(JSON.parse(text)) === JSON.stringify(empty);
          const isAsNobodys = status === nobodys.status && text === nobodys.text;
          if (!isAsExpected || !isAsNobodys)
            (answers[name] ??= []).push(`${nameOf(operation)} ${status} ${text}`);
          if (operation.method !== 'GET') continue;
          const { status: head } = await call(operation, things, `Bearer ${user.token}`, 'HEAD');
          if (head !== 404) (answers[name] ??= []).push(`HEAD ${operation.template} ${head}`);
        }
      }
    }

    expect(answers).toEqual({});
    expect(standIn.requests.length).toBe(asked);
    expect(await estate()).toEqual(before);
    expect(before.busy.turn.turn.status).toBe('running');
  });

  it('is in no list and no search of anybody else', async () => {
    const ids = [quiet, busy].flatMap(({ thread, turn, run }) => [thread, turn, run]);
    for (const { user, forbidden } of strangers) {
      const hidden = [...ids, ...forbidden.map((things) => things.document)];
      const lists = operations.filter(
        (operation) =>
          operation.method === 'GET' && !operation.template.includes('{') && !isPublic(operation),
      );
      expect(lists.map(nameOf)).toEqual(
        expect.arrayContaining(['GET /chat/threads', 'GET /rag/documents', 'GET /workflows']),
      );
      for (const operation of lists) {
        const names = (operation.parameters ?? []).map((parameter) => parameter.name);
        const limit = names.includes('limit') ? 'limit=200' : '';
        for (const query of names.includes('q') ? [limit, `${limit}&q=${SECRET}`] : [limit]) {
          const { status, body } = await user.ask('GET', `${operation.template}?${query}`);
          expect([nameOf(operation), status]).toEqual([nameOf(operation), 200]);
          for (const id of hidden) expect(JSON.stringify(body)).not.toContain(id);
        }
      }
      const { body } = await user.ask('POST', '/rag/search', { query: `${SECRET} clock`, limit: 100 });
      for (const id of hidden) expect(JSON.stringify(body)).not.toContain(id);
    }
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
          const isRefused = status === 401 && JSON.parse(text).code === 'UNAUTHENTICATED';
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
      for (const things of [quiet, busy]) {
        // The document is the same in both.
        if (operation.method === 'DELETE' && operation.template.startsWith('/rag') && things === busy)
          continue;
        const { status, text } = await call(operation, things, `Bearer ${alice.token}`);
        const isBusy = status === 409 && JSON.parse(text).code === 'THREAD_BUSY';
        const isEmpty = nameOf(operation) in EMPTY_ANSWERS && !text.includes(SECRET);
        if ((status >= 300 && !isBusy) || isEmpty) answers.push(`${nameOf(operation)} ${status} ${text}`);
      }
    }
    expect(answers).toEqual([]);
  });
});

const NOBODYS: Things = { thread: newId(), turn: newId(), run: newId(), document: newId() };

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
function routesOf({ server }: TestServer): string[] {
  const fastify = server.app.getHttpAdapter().getInstance() as {
    printRoutes(options: { commonPrefix: boolean }): string;
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
      const whole = (parents[depth - 1] ?? '') + path;
      parents[depth] = whole;
      const template = whole.replace(/:(\w+)/g, '{$1}');
      return methods
        .split(', ')
        .filter((method) => method !== 'HEAD')
        .map((method) => `${method} ${template}`);
    });
}

/** The operations that take an id of a thing that has an owner. Throws for an id where none is expected. */
function withIds(document: ServedDocument, operations: readonly Operation[]): Operation[] {
  return operations.filter((operation) => {
    for (const { in: place, name, schema } of operation.parameters ?? []) {
      if (place !== 'path' && isId(name, schema ?? {})) {
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

function idsInBody(document: ServedDocument, { requestBody }: Operation): string[] {
  return Object.values(requestBody?.content ?? {}).flatMap(({ schema = {} }) =>
    idsIn(resolved(document, schema)),
  );
}

function idsIn(schema: JsonSchema): string[] {
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, JsonSchema>);
  const own = properties.filter(([name, inner]) => isId(name, inner)).map(([name]) => name);
  const parts = [...properties.map(([, inner]) => inner), schema['items'], ...alternatives(schema)];
  return [...own, ...parts.flatMap((part) => (isSchema(part) ? idsIn(part) : []))];
}

function alternatives(schema: JsonSchema): unknown[] {
  return ['anyOf', 'oneOf', 'allOf'].flatMap((key) => (schema[key] as unknown[] | undefined) ?? []);
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
