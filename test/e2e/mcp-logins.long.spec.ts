import { LoginWorld, begin, call, open, wayBack } from '../support/logins.js';
import { startServerProcess, type ServerProcess } from '../support/server-process.js';

describe('a login for an MCP server', () => {
  let world: LoginWorld;
  let environment: Record<string, string>;
  let other: ServerProcess;
  beforeAll(async () => {
    world = await LoginWorld.start();
    environment = { ...world.environment, LOG_LEVEL: 'debug' };
    other = await startServerProcess(environment);
  }, 60_000);
  afterAll(async () => {
    await other?.end('SIGKILL');
    await world?.close();
  });

  it('goes on in another process when the one in which it began is killed, under the public address', async () => {
    const PUBLIC_URL = 'https://chat.example/threads';
    const dying = await startServerProcess({ ...environment, PUBLIC_URL });
    world.first.faults.metadata = { client_id_metadata_document_supported: true };
    const sub = 'ada';
    const url = new URL(await begin(await dying.user({ sub })));
    const clientId = `${PUBLIC_URL}/client-metadata.json`;
    expect(url.searchParams.get('client_id')).toBe(clientId);
    const document = await fetch(`${dying.url}/client-metadata.json`);
    expect([document.status, await document.json()]).toEqual([
      200,
      expect.objectContaining({
        ...{ client_id: clientId, client_name: 'Threadline', token_endpoint_auth_method: 'none' },
        redirect_uris: [`${PUBLIC_URL}/mcp/oauth/callback`],
      }),
    ]);
    expect((await fetch(`${other.url}/client-metadata.json`)).status).toBe(404);
    const back = await wayBack(url.href);
    await dying.end('SIGKILL');
    // What is in front of the server takes its path away.
    expect((await open(back.replace(PUBLIC_URL, other.url))).status).toBe(200);
    expect(await call(await other.user({ sub }), 'look')).toBe('The tool says: It is a note.');
    for (const { output } of [dying, other]) expect(output()).not.toMatch(/access-|refresh-|code_verifier/);
  }, 60_000);
});
