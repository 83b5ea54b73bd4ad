import { LoginWorld, begin, call, logIn, NOTES, open, stateOf, wayBack } from '../support/logins.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import type { TestUser } from '../support/test-user.js';

describe('logins for an MCP server', () => {
  let world: LoginWorld;
  let servers: readonly TestServer[] = [];
  beforeAll(async () => {
    world = await LoginWorld.start();
    servers = await Promise.all([startTestServer(world.environment), startTestServer(world.environment)]);
  });
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.close()));
    await world?.close();
  });
  beforeEach(() => world.reset());

  let count = 0;
  /** Somebody who is new, at each of the servers. */
  const newcomer = async (): Promise<[TestUser, TestUser]> => {
    const sub = `user-${(count += 1)}`;
    return [await servers[0]!.user({ sub }), await servers[1]!.user({ sub })];
  };
  const statusOfCredentials = async (user: TestUser) =>
    (await user.ask('DELETE', `${NOTES}/credentials`)).status;

  it('end with a page in words, and let the tools be called with what came of them, at every server', async () => {
    const [ada, elsewhere] = await newcomer();
    expect(await stateOf(ada)).toMatchObject({ status: 'needs_authorization', tools: 0 });
    const url = new URL(await begin(ada));
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      ...{
        response_type: 'code',
        code_challenge_method: 'S256',
        scope: 'notes:read',
        resource: world.notes.url,
      },
      redirect_uri: `${servers[0]!.url}/mcp/oauth/callback`,
    });
    const { status, headers, page } = await open(await wayBack(url.href));
    expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(page).toContain('may now use the MCP server <b>notes</b>');
    expect(page).not.toMatch(/<script|access-|refresh-/);
    for (const user of [ada, elsewhere]) {
      expect(await stateOf(user)).toMatchObject({ status: 'connected', tools: 2 });
      expect(await call(user, 'look')).toBe('The tool says: It is a note.');
    }
    const told = JSON.stringify((await ada.ask('GET', '/mcp/servers')).body);
    expect(told).not.toMatch(/access-|refresh-/);
  });

  it('are each finished once, and only for whom they were begun', async () => {
    const [ada] = await newcomer();
    const [eve] = await newcomer();
    const back = await wayBack(await begin(ada));
    const forged = new URL(back);
    forged.searchParams.set('state', 'x'.repeat(43));
    expect((await open(forged.href)).status).toBe(404);
    expect((await fetch(back, { method: 'HEAD' })).status).toBe(200);
    // Whoever brings it, it is ada's.
    const brought = await fetch(back, { headers: { authorization: `Bearer ${eve.token}` } });
    expect(await brought.text()).toContain('user-');
    const again = await open(back);
    expect([again.status, again.page]).toEqual([404, expect.stringContaining('You are not logged in')]);
    expect((await stateOf(ada)).status).toBe('connected');
    expect((await stateOf(eve)).status).toBe('needs_authorization');
    expect((await eve.ask('POST', '/mcp/servers/none/authorize')).status).toBe(404);
  });

  it('are refused when the answer is from another authorization server, or says no, and nothing is sent on', async () => {
    const [ada] = await newcomer();
    const asked = world.first.asked.length;
    world.first.faults.iss = world.second.issuer;
    const mixed = await logIn(ada);
    expect([mixed.status, mixed.page]).toEqual([
      502,
      expect.stringContaining('not from the authorization server'),
    ]);
    delete world.first.faults.iss;
    world.first.faults.error = 'access_denied';
    expect((await logIn(ada)).page).toContain('it was refused there');
    delete world.first.faults.error;
    world.first.faults.metadata = { code_challenge_methods_supported: undefined };
    const { status, body } = await ada.ask('POST', `${NOTES}/authorize`);
    expect([status, body.message]).toEqual([502, expect.stringContaining('PKCE')]);
    expect(world.first.asked).toHaveLength(asked);
    expect((await stateOf(ada)).status).toBe('needs_authorization');
  });

  it('are renewed once when a token ends, however many processes need it', async () => {
    const [ada, elsewhere] = await newcomer();
    await logIn(ada);
    for (const user of [ada, elsewhere]) await call(user, 'look');
    const asked = world.first.asked.length;
    world.first.endAccess();
    const said = await Promise.all([ada, elsewhere, ada].map((user) => call(user, 'look')));
    expect(said).toEqual(Array(3).fill('The tool says: It is a note.'));
    const renewals = world.first.asked.slice(asked);
    expect(renewals.map((form) => [form['grant_type'], form['resource']])).toEqual([
      ['refresh_token', world.notes.url],
    ]);
    world.first.endAll();
    expect(await call(ada, 'look')).toContain('the user has to allow it');
    expect((await stateOf(ada)).status).toBe('needs_authorization');
  });

  it('are made again for more, together with what was given before, and not for ever', async () => {
    const [ada] = await newcomer();
    await logIn(ada);
    expect(await call(ada, 'write')).toContain('more than you have let this server do');
    expect((await stateOf(ada)).status).toBe('needs_authorization');
    const registered = world.first.registered.length;
    const url = new URL(await begin(ada));
    expect(url.searchParams.get('scope')).toBe('notes:read notes:write');
    expect(world.first.registered).toHaveLength(registered);
    await open(await wayBack(url.href));
    expect(await call(ada, 'write')).toBe('The tool says: It is written.');
    expect(await call(ada, 'look')).toBe('The tool says: It is a note.');
  });

  it('count for nothing once the server trusts another authorization server, and nothing of them goes there', async () => {
    const [ada] = await newcomer();
    await logIn(ada);
    expect(await call(ada, 'look')).toBe('The tool says: It is a note.');
    world.trusts.now = world.second;
    const asked = world.first.asked.length;
    expect(await call(ada, 'look')).toContain('the user has to allow it');
    expect((await stateOf(ada)).status).toBe('needs_authorization');
    expect([world.first.asked.length, world.second.asked.length]).toEqual([asked, 0]);
    const { status } = await logIn(ada);
    expect(status).toBe(200);
    expect(await call(ada, 'look')).toBe('The tool says: It is a note.');
    expect(world.second.registered).toHaveLength(1);
    expect(JSON.stringify(world.second.asked)).not.toContain('refresh-');
  });

  it('are taken back where they were made', async () => {
    const [ada, elsewhere] = await newcomer();
    await logIn(ada);
    const revoked = world.first.revoked.length;
    expect(await statusOfCredentials(ada)).toBe(204);
    expect(world.first.revoked.slice(revoked)).toEqual([expect.stringMatching(/^refresh-/)]);
    expect(await statusOfCredentials(ada)).toBe(404);
    for (const user of [ada, elsewhere]) expect((await stateOf(user)).status).toBe('needs_authorization');
  });

  it('are made with a client that was registered by an administrator, at its own authorization server alone', async () => {
    const admin = await servers[0]!.user({ sub: 'admin', roles: ['admin'] });
    const [ada] = await newcomer();
    const registered = world.first.registered.length;
    const add = async (name: string, issuer: string) => {
      const oauth = { issuer, clientId: 'known-as', clientSecret: 'a-secret' };
      const { status } = await admin.ask('POST', '/mcp/servers', { name, url: world.notes.url, oauth });
      expect(status).toBe(201);
      return ada.ask('POST', `/mcp/servers/${name}/authorize`);
    };
    const { body } = await add('own', world.first.issuer);
    expect(new URL(body.url as string).searchParams.get('client_id')).toBe('known-as');
    const { status, body: refused } = await add('wrong', world.second.issuer);
    expect([status, refused.message]).toEqual([409, expect.stringContaining('another authorization server')]);
    expect(JSON.stringify((await admin.ask('GET', '/mcp/servers')).body)).not.toMatch(/a-secret|known-as/);
    expect(world.first.registered).toHaveLength(registered);
    for (const name of ['own', 'wrong']) await admin.ask('DELETE', `/mcp/servers/${name}`);
  });
});
