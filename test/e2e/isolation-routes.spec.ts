import { SignJWT } from 'jose';
import { loadConfig } from '../../src/platform/config/index.js';
import { startServer, type Server } from '../../src/server.js';
import { aliceAmongStrangers } from '../support/alice-among-strangers.js';
import {
  addressOf,
  allIdsInBody,
  BODIES,
  EMPTY_ANSWERS,
  IDS_OF_CLIENTS,
  isNested,
  NOBODYS,
  SECRET,
  waysOf,
  withIds,
} from '../support/owned-things.js';
import { TEST_SECRET } from '../support/secret.js';
import { isPublic, nameOf, type Operation } from '../support/served-document.js';
import { sized } from '../support/size.js';

const PUBLIC = [
  'GET /client-metadata.json',
  'GET /health',
  'GET /health/live',
  'GET /health/ready',
  'GET /mcp/oauth/callback',
  'GET /metrics',
  'POST /auth/dev-token',
];

describe('what belongs to somebody', () => {
  const on = aliceAmongStrangers();

  it('is known to this suite wherever a route takes an id', () => {
    expect(on.operations.length).toBeGreaterThan(20);
    for (const operation of on.operations) expect(() => addressOf(operation, on.quiet)).not.toThrow();
    expect(withIds(on.document, on.operations).map(nameOf)).toEqual(
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
      const operation = on.operations.find((each) => nameOf(each) === name);
      expect([name, operation && allIdsInBody(on.document, operation)]).toEqual([
        name,
        expect.arrayContaining([...ids]),
      ]);
    }
    for (const operation of withIds(on.document, on.operations)) {
      const takesBody = operation.requestBody !== undefined;
      expect([nameOf(operation), nameOf(operation) in BODIES]).toEqual([nameOf(operation), takesBody]);
    }
  });

  it('is behind no route that the document does not name', async () => {
    const documented = on.operations.map(nameOf);
    const inside = await startServer(
      loadConfig({
        DATABASE_URL: on.server.connectionString,
        PORT: '0',
        JWT_SECRET: TEST_SECRET,
        LOG_LEVEL: 'silent',
      }),
    );
    const routes = routesOf(inside);
    await inside.stop(0);
    // Those of /mcp are the protocol's own, and mcp-server.spec.ts asks for what is another's there.
    const served = routes.filter((route) => !/ \/((docs|openapi\.json|\.well-known)(\/|$)|mcp$)/.test(route));
    expect(served.toSorted()).toEqual(documented.toSorted());
  });

  it('is not there for anybody else, whatever the route, and stays as it is', async () => {
    const asked = on.standIn.requests.length;
    const before = await on.estate();
    const answers: Record<string, string[]> = {};
    for (const { name, user, forbidden } of on.strangers) {
      const strangersThread = await user.newThread();
      for (const operation of withIds(on.document, on.operations)) {
        const targets = isNested(operation)
          ? [...forbidden, ...forbidden.map((things) => ({ ...things, thread: strangersThread }))]
          : forbidden;
        for (const { things, way } of waysOf(operation, targets)) {
          const { status, text } = await on.call(operation, things, `Bearer ${user.token}`, { way });
          const nobodys = await on.call(operation, NOBODYS, `Bearer ${user.token}`, { way });
          const empty = EMPTY_ANSWERS[nameOf(operation)];
          const isAsExpected =
            empty === undefined
              ? status === 404 && codeOf(operation, text) === 'NOT_FOUND'
              : status === 200 && JSON.stringify(JSON.parse(text)) === JSON.stringify(empty);
          const isAsNobodys = status === nobodys.status && text === nobodys.text;
          if (!isAsExpected || !isAsNobodys)
            (answers[name] ??= []).push(`${nameOf(operation)} ${status} ${text}`);
          if (operation.method !== 'GET') continue;
          const { status: head } = await on.call(operation, things, `Bearer ${user.token}`, {
            method: 'HEAD',
          });
          if (head !== 404) (answers[name] ??= []).push(`HEAD ${operation.template} ${head}`);
        }
      }
    }

    expect(answers).toEqual({});
    expect(on.standIn.requests.length).toBe(asked);
    expect(await on.estate()).toEqual(before);
    expect(before.busy.turn.turn.status).toBe('running');
  }, 120_000);

  it('needs a token that is good, on every route that is not public', async () => {
    expect(on.operations.filter(isPublic).map(nameOf).sort()).toEqual(PUBLIC);
    const before = await on.estate();
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
      for (const operation of on.operations.filter((each) => !isPublic(each))) {
        for (const things of sized([on.quiet], [on.quiet, on.busy])) {
          const { status, text, response } = await on.call(operation, things, authorization);
          const isRefused = status === 401 && codeOf(operation, text) === 'UNAUTHENTICATED';
          const saysHow = response.headers.get('www-authenticate') === 'Bearer';
          if (!isRefused || !saysHow) wrong.push(`${kind}: ${nameOf(operation)} ${status} ${text}`);
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(await on.estate()).toEqual(before);
  });

  it('is all there for its owner, on the very same requests', async () => {
    const answers: string[] = [];
    const destructive = (operation: Operation) => Number(operation.method === 'DELETE');
    const inOrder = withIds(on.document, on.operations).toSorted(
      (left, right) => destructive(left) - destructive(right),
    );
    for (const operation of inOrder) {
      for (const { things, way } of waysOf(operation, [on.quiet, on.busy])) {
        // The document, the approval and the memory are the same in both.
        if (/^DELETE \/(rag|me)\//.test(nameOf(operation)) && things === on.busy) continue;
        if (things === on.quiet) await on.untilAnswered(on.quiet.thread);
        // An input is answered once.
        const asked = answersInput(operation) ? { ...things, ...(await on.review()) } : things;
        const { status, text } = await on.call(operation, asked, `Bearer ${on.alice.token}`, { way });
        const isBusy = things === on.busy && status === 409 && JSON.parse(text).code === 'THREAD_BUSY';
        // None of the owner's runs has failed.
        const isOver =
          nameOf(operation) === 'POST /workflows/runs/{id}/retry' &&
          JSON.parse(text).code === 'STATE_CONFLICT';
        const isEmpty = nameOf(operation) in EMPTY_ANSWERS && !text.includes(SECRET);
        if ((status >= 300 && !isBusy && !isOver) || isEmpty)
          answers.push(`${nameOf(operation)} ${status} ${text}`);
      }
    }
    expect(answers).toEqual([]);
  }, 120_000);
});

const answersInput = (operation: Operation) =>
  /inputs?(\/\{id\})?$/.test(operation.template) && operation.method === 'POST';

/** The code of an error in the words of the route: below `/v1` they are OpenAI's. */
function codeOf({ template }: Operation, text: string): unknown {
  const body = JSON.parse(text);
  return template.startsWith('/v1/') ? body.error.code : body.code;
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
