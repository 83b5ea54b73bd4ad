import { startTestServer, type TestServer } from '../support/test-server.js';
import type { TestUser } from '../support/test-user.js';

const ISSUER = 'https://login.example.com';
interface Called {
  readonly result: { readonly isError?: boolean; readonly content: readonly { readonly type: string }[] };
}

const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
};
const ACCEPT = { accept: 'application/json, text/event-stream' };
const MODERN = { ...ACCEPT, 'mcp-protocol-version': '2026-07-28' };

describe('the edge of the MCP server', () => {
  let server: TestServer;
  let user: TestUser;
  beforeAll(async () => {
    server = await startTestServer({ JWT_ISSUER: ISSUER, CORS_ORIGINS: 'https://app.example.com' });
    user = await server.user({ iss: ISSUER });
  });
  afterAll(() => server.close());

  const post = (body: unknown, headers: Record<string, string> = MODERN) =>
    fetch(`${server.url}/mcp`, {
      method: 'POST',
      headers: { authorization: `Bearer ${user.token}`, 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const call = (name: string, args: object, id: unknown = 1) =>
    post(
      { jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: args, _meta: META } },
      { ...MODERN, 'mcp-method': 'tools/call', 'mcp-name': name },
    );

  it('tells a client without a token where to get one', async () => {
    const refused = await post({}, { authorization: '' });
    expect(refused.status).toBe(401);
    const metadata = `${server.url}/.well-known/oauth-protected-resource/mcp`;
    expect(refused.headers.get('www-authenticate')).toBe(`Bearer resource_metadata="${metadata}"`);
    expect(await refused.json()).toMatchObject({
      ...{ jsonrpc: '2.0', id: null, error: { code: -32_000, data: { code: 'UNAUTHENTICATED' } } },
    });
    const document = await fetch(metadata);
    expect(await document.json()).toEqual({
      resource: `${server.url}/mcp`,
      resource_name: 'Threadline',
      authorization_servers: [ISSUER],
      bearer_methods_supported: ['header'],
    });
  });

  it.each([
    ['https://evil.example.com', 403],
    ['null', 403],
    ['https://app.example.com', 200],
  ])('answers a page of %s with %d', async (origin, status) => {
    const asked = { jsonrpc: '2.0', id: 1, method: 'server/discover', params: { _meta: META } };
    const answer = await post(asked, { ...MODERN, 'mcp-method': 'server/discover', origin });
    expect(answer.status).toBe(status);
    const body = (await answer.json()) as { readonly result?: unknown };
    if (status === 403)
      expect(body).toMatchObject({ jsonrpc: '2.0', error: { data: { code: 'FORBIDDEN' } } });
    else expect(body.result).toMatchObject({ cacheScope: 'private', supportedVersions: ['2026-07-28'] });
  });

  it.each([
    ['no JSON', '{"jsonrpc":', 400],
    ['no text', '"\\ud800"', 400],
    ['deep', `${'['.repeat(20_000)}${']'.repeat(20_000)}`, 400],
    ['nothing of the protocol', '{"hello":1}', 400],
    ['an empty batch', '[]', 400],
  ])('refuses a body that is %s as the protocol does', async (_, body, status) => {
    const answer = await post(body, ACCEPT);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ jsonrpc: '2.0', error: { code: expect.any(Number) } });
  });

  it('refuses a body of ten megabytes', async () => {
    const answer = await post(
      { jsonrpc: '2.0', id: 1, method: 'x', params: { x: 'y'.repeat(10_000_000) } },
      ACCEPT,
    );
    expect(answer.status).toBe(413);
    expect(await answer.json()).toMatchObject({ error: { data: { code: 'PAYLOAD_TOO_LARGE' } } });
  });

  it('says what is wrong with arguments in words that a model can act on', async () => {
    for (const [name, args] of [
      ['ask', {}],
      ['ask', { question: ' ' }],
      ['ask', { question: 'x', threadId: 'nonsense' }],
      ['ask', { question: 'x', workflow: 'nonsense' }],
      ['search_documents', { query: 'x', limit: 1_000 }],
      ['read_thread', { threadId: 'x' }],
      ['list_threads', { cursor: 'nonsense' }],
    ] as const) {
      const { result } = (await (await call(name, args)).json()) as Called;
      expect([name, result.isError, result.content[0]!.type]).toEqual([name, true, 'text']);
    }
    expect((await user.ask('GET', '/chat/threads')).body.threads).toEqual([]);
  });

  it('knows no sessions, and nothing but requests', async () => {
    for (const method of ['GET', 'DELETE']) {
      const { status } = await fetch(`${server.url}/mcp`, {
        method,
        headers: { authorization: `Bearer ${user.token}` },
      });
      expect([method, status]).toEqual([method, 405]);
    }
  });

  it('counts what is open at once as streams of the caller', async () => {
    const few = await startTestServer({ MAX_STREAMS_PER_USER: '1' });
    try {
      const { token } = await few.user();
      const listen = () =>
        fetch(`${few.url}/mcp`, {
          method: 'POST',
          headers: {
            ...{ authorization: `Bearer ${token}`, 'content-type': 'application/json', ...MODERN },
            'mcp-method': 'subscriptions/listen',
          },
          body: JSON.stringify({
            ...{ jsonrpc: '2.0', id: 1, method: 'subscriptions/listen' },
            params: { notifications: { resourcesListChanged: true }, _meta: META },
          }),
        });
      const first = await listen();
      expect(first.status).toBe(200);
      const second = await listen();
      expect(second.status).toBe(429);
      expect(await second.json()).toMatchObject({ error: { data: { code: 'RATE_LIMITED' } } });
      await first.body!.cancel();
    } finally {
      await few.close();
    }
  });
});
