import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { McpStandIn, saying, type StandInTool } from '../doubles/mcp-stand-in.js';
import { startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { framesUntil } from '../support/sse-client.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import type { TestUser } from '../support/test-user.js';
import { until } from '../support/until.js';

const call = (name: string, args: unknown) => `{{call ${name} ${JSON.stringify(args)}}}`;

const whose: StandInTool = {
  description: 'Says whose credential it was called with.',
  annotations: { readOnlyHint: true },
  call: ({ headers }) => saying(`It is ${String(headers.authorization)}.`),
};
const endless: StandInTool = {
  call: async ({ cancelled, progress }) => {
    progress(1, 10, 'begun');
    await cancelled;
    return saying('too late');
  },
};

describe('a server with MCP servers', () => {
  let openAi: OpenAiStandIn;
  let configured: McpStandIn;
  let added: McpStandIn;
  let server: TestServer;
  let ada: TestUser;
  let admin: TestUser;
  let folder: string;
  beforeAll(async () => {
    [openAi, configured, added] = await Promise.all([
      startOpenAiStandIn(),
      McpStandIn.start({
        era: 'modern',
        tools: { whose, endless },
        prompts: [{ name: 'greet', says: 'Say """hello""" to ' }],
        resources: [{ uri: 'a://1', name: 'One', text: 'The word is """swordfish""".' }],
      }),
      McpStandIn.start({ era: 'legacy', tools: { whose } }),
    ]);
    folder = mkdtempSync(join(tmpdir(), 'mcp-tools-'));
    const file = join(folder, 'servers.json');
    const program = 'process.stdin.resume()';
    writeFileSync(
      file,
      JSON.stringify({
        mcpServers: {
          own: { url: configured.url, headers: { Authorization: 'Bearer shared' } },
          off: { command: process.execPath, args: ['-e', program], disabled: true },
        },
      }),
    );
    server = await startTestServer({
      ...{ OPENAI_URL: openAi.url, MCP_SERVERS_FILE: file, EGRESS_ALLOW: `127.0.0.1:${added.port}` },
      TOOL_APPROVAL: 'own__*=never, added__*=never',
    });
    ada = await server.user({ sub: 'ada' });
    admin = await server.user({ sub: 'admin', roles: ['admin'] });
  });
  afterAll(async () => {
    await server?.close();
    await Promise.all([openAi?.close(), configured?.close(), added?.close()]);
    rmSync(folder, { recursive: true });
  });

  const say = async (user: TestUser, content: string, tools: unknown = true) => {
    const threadId = await user.newThread();
    const path = `/chat/threads/${threadId}/messages`;
    const { status, body } = await user.ask('POST', path, { content, options: { tools } });
    return { threadId, status, said: body.message?.content as string | undefined };
  };

  it('lists them with how they do, and has those that it reaches in its health', async () => {
    const { body } = await ada.ask('GET', '/mcp/servers');
    expect(body.servers).toEqual([
      {
        ...{ name: 'off', transport: 'stdio', status: 'disabled', protocolVersion: null },
        ...{ tools: 0, resources: 0, prompts: 0 },
      },
      {
        ...{ name: 'own', transport: 'http', status: 'connected', protocolVersion: '2026-07-28' },
        ...{ tools: 2, resources: 1, prompts: 1 },
      },
    ]);
    expect((await ada.ask('GET', '/health')).body.connected_servers).toEqual(['own']);
    expect((await ada.ask('GET', '/mcp/servers/own/resources')).body).toEqual({
      resources: [{ uri: 'a://1', name: 'One' }],
    });
    expect((await ada.ask('GET', '/mcp/servers/own/prompts')).body).toEqual({
      prompts: [{ name: 'greet', arguments: [] }],
    });
    expect((await ada.ask('GET', '/mcp/servers/none/prompts')).status).toBe(404);
  });

  it('lists their tools among the others, and whose they are', async () => {
    const { body } = await ada.ask('GET', '/tools');
    const found = body.tools.find(({ name }: { name: string }) => name === 'own__whose');
    expect(found).toMatchObject({
      source: 'mcp',
      server: 'own',
      approval: 'never',
      annotations: { readOnly: true },
    });
    const own = body.tools.find(({ name }: { name: string }) => name === 'execute_javascript');
    expect(own).toMatchObject({ source: 'builtin' });
    expect(own).not.toHaveProperty('server');
  });

  it('are named one by one or all of one server; other names are refused', async () => {
    for (const tools of [['own__whose'], ['own__*', 'execute_javascript']])
      expect((await say(ada, `Whose? ${call('own__whose', {})}`, tools)).status).toBe(201);
    // One that is switched off, one that was never there, and a tool that the server does not have.
    for (const unknown of ['off__*', 'none__*', 'own__nothing', 'own__']) {
      const path = `/chat/threads/${await ada.newThread()}/messages`;
      const body = { content: 'Whose?', options: { tools: ['own__whose', unknown] } };
      const refused = (await ada.ask('POST', path, body)).body;
      expect(refused).toMatchObject({ code: 'UNKNOWN_TOOL', details: { tool: unknown } });
    }
  });

  it('has a model call them, and never shows them the token of the caller', async () => {
    const { threadId, status, said } = await say(ada, `Whose? ${call('own__whose', {})}`);
    expect([status, said]).toEqual([201, 'The tool says: It is Bearer shared.']);
    const events = await framesUntil(await ada.watch(threadId, 0), 'done');
    const told = events.filter(({ type }) => type === 'tool_call').map(({ data }) => data);
    expect(told[0]).toMatchObject({ server: 'own', name: 'own__whose', status: 'requested' });
    for (const { headers } of configured.received) expect(JSON.stringify(headers)).not.toContain(ada.token);
  });

  it('uses the credential of each user for that user alone', async () => {
    const eve = await server.user({ sub: 'eve' });
    expect((await ada.ask('PUT', '/mcp/servers/own/credentials', { bearer: 'of-ada' })).status).toBe(204);
    expect((await say(ada, call('own__whose', {}))).said).toBe('The tool says: It is Bearer of-ada.');
    expect((await say(eve, call('own__whose', {}))).said).toBe('The tool says: It is Bearer shared.');
    for (const path of ['/mcp/servers', '/tools', '/health'])
      expect(JSON.stringify((await ada.ask('GET', path)).body)).not.toContain('of-ada');
    expect((await eve.ask('DELETE', '/mcp/servers/own/credentials')).status).toBe(404);
    expect((await ada.ask('DELETE', '/mcp/servers/own/credentials')).status).toBe(204);
    expect((await say(ada, call('own__whose', {}))).said).toBe('The tool says: It is Bearer shared.');
  });

  it('refuses credentials that are none', async () => {
    for (const body of [
      {},
      { bearer: '' },
      { bearer: 'a b' },
      { headers: { Host: 'a' } },
      { headers: { A: 'b\nc' } },
      { token: 'a' },
    ])
      expect((await ada.ask('PUT', '/mcp/servers/own/credentials', body)).status).toBe(400);
    expect((await ada.ask('PUT', '/mcp/servers/none/credentials', { bearer: 'a' })).status).toBe(404);
    expect((await ada.ask('PUT', '/mcp/servers/off/credentials', { bearer: 'a' })).status).toBe(404);
  });

  it('lets administrators add servers for their organisation, and nobody else', async () => {
    const body = { name: 'added', url: added.url, headers: { Authorization: 'Bearer of-acme' } };
    expect((await ada.ask('POST', '/mcp/servers', body)).status).toBe(403);
    const made = await admin.ask('POST', '/mcp/servers', body);
    expect([made.status, made.body.server]).toEqual([
      201,
      expect.objectContaining({
        name: 'added',
        status: 'connected',
        protocolVersion: '2025-11-25',
        tools: 1,
      }),
    ]);
    expect((await admin.ask('POST', '/mcp/servers', body)).status).toBe(409);
    expect((await admin.ask('POST', '/mcp/servers', { ...body, name: 'own' })).status).toBe(409);
    expect((await say(ada, call('added__whose', {}))).said).toBe('The tool says: It is Bearer of-acme.');
    const stranger = await server.user({ sub: 'ada', org: 'umbrella', roles: ['admin'] });
    expect((await stranger.ask('DELETE', '/mcp/servers/added')).status).toBe(404);
    expect((await say(stranger, call('added__whose', {}))).said).toContain('no tool');
    expect((await ada.ask('DELETE', '/mcp/servers/added')).status).toBe(403);
    expect((await admin.ask('DELETE', '/mcp/servers/added')).status).toBe(204);
    expect((await admin.ask('DELETE', '/mcp/servers/own')).status).toBe(404);
    expect((await say(ada, call('added__whose', {}))).said).toContain('no tool');
  });

  it('adds no programs, no names that are none, and reaches nothing inside the network', async () => {
    for (const body of [
      { name: 'x', command: 'rm' },
      { name: 'x', url: 'https://a.example', sampling: 'yes' },
      { name: 'x', transport: 'stdio', url: 'https://a.example' },
      { name: 'a__b', url: 'https://a.example' },
      { name: 'x', url: 'file:///etc/passwd' },
      { name: 'x', url: 'https://me:secret@a.example' },
    ])
      expect((await admin.ask('POST', '/mcp/servers', body)).status).toBe(400);
    const inside = await admin.ask('POST', '/mcp/servers', { name: 'inside', url: configured.url });
    expect(inside.body.server).toMatchObject({ status: 'failed', error: 'The address is not public.' });
    // Whether it has such a tool is not known then.
    expect((await say(admin, 'Hi [[tokens=1]]', ['inside__read'])).status).toBe(201);
    await admin.ask('DELETE', '/mcp/servers/inside');
  });

  it('tells how far a call is, and tells the server when its turn is cancelled', async () => {
    const threadId = await ada.newThread();
    const path = `/chat/threads/${threadId}/turns`;
    const body = { content: call('own__endless', {}), options: { tools: ['own__*'] } };
    const { turn } = (await ada.ask('POST', path, body)).body;
    const watched = await ada.watch(threadId, 0);
    const progress = await framesUntil(watched, 'tool_progress');
    expect(progress.at(-1)!.data).toMatchObject({ progress: 1, total: 10, message: 'begun' });
    expect((await ada.ask('POST', `${path}/${turn.id}/cancel`)).status).toBe(202);
    const events = await framesUntil(await ada.watch(threadId, 0), 'done');
    expect(events.at(-1)!.data).toMatchObject({ status: 'cancelled' });
  });

  it('shows the model what a message has attached, as a quotation, read with the credential of its user', async () => {
    const path = `/chat/threads/${await ada.newThread()}/messages`;
    await ada.ask('PUT', '/mcp/servers/own/credentials', { bearer: 'of-ada' });
    const resources = [
      { server: 'own', uri: 'a://1' },
      { server: 'own', uri: 'a://2' },
      { server: 'none', uri: 'a://1' },
    ];
    const { status } = await ada.ask('POST', path, { content: 'What is in it? [[tokens=1]]', resources });
    expect(status).toBe(201);
    expect(configured.of('resources/read')[0]!.headers.authorization).toBe('Bearer of-ada');
    await ada.ask('DELETE', '/mcp/servers/own/credentials');
    const sent = openAi.requests.at(-1)!.body.messages as readonly { role: string; content: string }[];
    const { role, content } = sent.at(-1)!;
    expect(role).toBe('user');
    expect(content).toContain('own: a://1\n""""\nThe word is """swordfish""".\n""""');
    expect(content).toMatch(/own: a:\/\/2 \(could not be read\)\n"+\n.*Resource not found/);
    expect(content).toMatch(/none: a:\/\/1 \(could not be read\)\n"+\nThere is no MCP server/);
    expect(content).toMatch(/Message:\n\nWhat is in it\?/);
    const wrong = await ada.ask('POST', path, { content: 'Hi', resources: [{ server: 'own' }] });
    expect(wrong.status).toBe(400);
  });

  it('shows the model the prompts that a message has chosen, fetched with the credential of its user', async () => {
    const path = `/chat/threads/${await ada.newThread()}/messages`;
    await ada.ask('PUT', '/mcp/servers/own/credentials', { bearer: 'of-ada' });
    const prompts = [
      { server: 'own', name: 'greet', arguments: { name: 'Eve' } },
      { server: 'own', name: 'none' },
    ];
    const { status } = await ada.ask('POST', path, { content: 'Go on. [[tokens=1]]', prompts });
    expect(status).toBe(201);
    expect(configured.of('prompts/get')[0]!.headers.authorization).toBe('Bearer of-ada');
    await ada.ask('DELETE', '/mcp/servers/own/credentials');
    const sent = openAi.requests.at(-1)!.body.messages as readonly { role: string; content: string }[];
    expect(sent[0]!.content).toContain('prompts that the user has chosen');
    const { content } = sent.at(-1)!;
    expect(content).toContain('own: greet\n""""\nUser:\nSay """hello""" to Eve\n""""');
    expect(content).toMatch(/own: none \(could not be read\)\n"+\n.*Prompt not found/);
    for (const wrong of [[{ server: 'own' }], [{ server: 'own', name: 'greet', arguments: { name: 1 } }]])
      expect((await ada.ask('POST', path, { content: 'Hi', prompts: wrong })).status).toBe(400);
  });

  it('asks before it calls a tool that the operator says nothing of', async () => {
    const asking = await startTestServer({
      OPENAI_URL: openAi.url,
      MCP_SERVERS_FILE: join(folder, 'servers.json'),
    });
    const user = await asking.user();
    const { threadId } = await say(user, call('own__whose', {}));
    const { inputs } = (await user.ask('GET', '/inputs')).body;
    expect(inputs).toEqual([expect.objectContaining({ threadId, kind: 'tool_approval', server: 'own' })]);
    await user.ask('POST', `/inputs/${inputs[0].id}`, { action: 'accept', remember: true });
    await framesUntil(await user.watch(threadId, 0), 'done');
    expect((await say(user, call('own__whose', {}))).said).toContain('Bearer shared');
    // What it says of itself is another thing now.
    configured.options.tools = {
      ...configured.options.tools,
      whose: { ...whose, description: 'Deletes all.' },
    };
    configured.toolsChanged();
    await until(async () => (await say(user, call('own__whose', {}))).status === 202);
    configured.options.tools = { ...configured.options.tools, whose };
    await asking.close();
  });
});
