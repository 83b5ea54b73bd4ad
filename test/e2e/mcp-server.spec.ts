import type { Client, ElicitRequest, Progress } from '@modelcontextprotocol/client';
import { randomUUID } from 'node:crypto';
import { startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { connectMcp, structured } from '../support/mcp-client.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import type { TestUser } from '../support/test-user.js';
import { until } from '../support/until.js';

interface Asked {
  readonly status: string;
  readonly answer: string;
  readonly threadId: string;
  readonly turnId: string;
  readonly citations: readonly { readonly marker: string }[];
  readonly inputs: readonly { readonly id: string; readonly kind: string; readonly prompt: string }[];
}

describe('the MCP server', () => {
  let standIn: OpenAiStandIn;
  let server: TestServer;
  let user: TestUser;
  const clients: Client[] = [];
  beforeAll(async () => {
    standIn = await startOpenAiStandIn();
    server = await startTestServer({ OPENAI_URL: standIn.url, TOOL_APPROVAL: 'execute_javascript=always' });
    user = await server.user();
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
  });
  afterAll(async () => {
    await server.close();
    await standIn.close();
  });

  async function connect(options?: Parameters<typeof connectMcp>[2], as: TestUser = user): Promise<Client> {
    const client = await connectMcp(server.url, as.token, options);
    clients.push(client);
    return client;
  }
  const ask = async (client: Client, args: Record<string, unknown>, options?: object) =>
    structured<Asked>(await client.callTool({ name: 'ask', arguments: args }, options));
  const addDocument = async (as: TestUser, title: string, content: string, more: object = {}) => {
    const { body } = await as.ask('POST', '/rag/documents', { title, content, ...more });
    const { id } = body.document as { readonly id: string };
    await until(async () => (await as.ask('GET', `/rag/documents/${id}`)).body.document.status === 'ready');
    return id;
  };

  it.each([{ legacy: false }, { legacy: true }])(
    'lists its tools, to clients of both eras: %p',
    async (era) => {
      const client = await connect(era);
      const { tools } = await client.listTools();
      expect(tools.map(({ name }) => name)).toEqual([
        'ask',
        'search_documents',
        'list_threads',
        'read_thread',
      ]);
      expect(
        (await client.listResourceTemplates()).resourceTemplates.map((each) => each.uriTemplate),
      ).toEqual(['threadline://threads/{id}', 'threadline://documents/{id}']);
    },
  );

  it.each([{ legacy: false }, { legacy: true }])(
    'answers a question in a thread, and goes on in it: %p',
    async (era) => {
      const client = await connect(era);
      const first = await ask(client, { question: 'Say it. [[tokens=3]]' });
      expect(first).toMatchObject({ status: 'completed', inputs: [], citations: [] });
      const second = await ask(client, { question: 'Again. [[tokens=2]]', threadId: first.threadId });
      expect(second.threadId).toBe(first.threadId);
      const { body } = await user.ask('GET', `/chat/threads/${first.threadId}/messages`);
      expect(body.messages.map(({ content }: { content: string }) => content)).toEqual([
        'Say it. [[tokens=3]]',
        first.answer,
        'Again. [[tokens=2]]',
        second.answer,
      ]);
    },
  );

  it('tells of its progress to a client that wants to know', async () => {
    const told: Progress[] = [];
    const client = await connect();
    await ask(
      client,
      { question: 'Hi [[tokens=2]]' },
      { onprogress: (progress: Progress) => told.push(progress) },
    );
    expect(told.map(({ progress }) => progress)).toEqual(told.map((_, index) => index + 1));
    expect(told.map(({ message }) => message)).toContain('Reply: step started');
  });

  it('cites the documents an answer draws on', async () => {
    const as = await server.user({ org: `org-${randomUUID()}` });
    const documentId = await addDocument(
      as,
      'Storks',
      'The storks of Altreu return to their nests in the month of March.',
    );
    const client = await connect({}, as);
    const { citations } = await ask(client, { question: 'When do the storks of Altreu return?' });
    expect(citations).toMatchObject([{ marker: '[1]', documentId }]);
    const found = structured<{ results: readonly { readonly documentId: string }[] }>(
      await client.callTool({ name: 'search_documents', arguments: { query: 'storks Altreu' } }),
    );
    expect(found.results).toMatchObject([{ documentId }]);
    const { contents } = await client.readResource({ uri: `threadline://documents/${documentId}` });
    expect(contents).toMatchObject([
      { mimeType: 'text/plain', text: expect.stringContaining('storks of Altreu') },
    ]);
  });

  it('asks its client before a call that needs consent, and goes on with the answer', async () => {
    const requests: ElicitRequest['params'][] = [];
    const client = await connect({
      fillIn: (request) => (requests.push(request), { action: 'accept', content: {} }),
    });
    const question = 'What is 6 times 7? {{call execute_javascript {"code":"6 * 7"}}}';
    const asked = await ask(client, { question, workflow: 'agent' });
    expect(requests).toHaveLength(1);
    expect(requests[0]!.message).toContain('6 * 7');
    expect(asked).toMatchObject({ status: 'completed', answer: 'The tool says: 42' });
    const { body } = await user.ask('GET', `/chat/threads/${asked.threadId}/messages`);
    expect(body.messages.filter(({ role }: { role: string }) => role === 'user')).toHaveLength(1);
  });

  it('tells the model that its client has declined', async () => {
    const client = await connect({ fillIn: () => ({ action: 'decline' }) });
    const question = 'What is 6 times 7? {{call execute_javascript {"code":"6 * 7"}}}';
    const { status, answer } = await ask(client, { question, workflow: 'agent' });
    expect(status).toBe('completed');
    expect(answer).not.toContain('42');
  });

  it('hands the form of a workflow to its client', async () => {
    const forms: unknown[] = [];
    const client = await connect({
      fillIn: (request) => {
        forms.push(request);
        return { action: 'accept', content: { approved: true } };
      },
    });
    const { threadId } = await ask(client, {
      question: 'A new bicycle [[tokens=2]]',
      workflow: 'guided-intake',
    });
    await ask(client, { question: 'Red [[tokens=2]]', threadId });
    expect(forms).toEqual([]);
    expect(await ask(client, { question: 'Soon [[tokens=2]]', threadId })).toMatchObject({
      status: 'completed',
    });
    expect(forms).toMatchObject([
      {
        message: expect.stringContaining('Is the summary right?'),
        requestedSchema: { required: ['approved'] },
      },
    ]);
  });

  it.each([
    ['cannot fill in forms', {}],
    ['is of the era before', { legacy: true }],
  ])(
    'says to a client that %s what is waited for, and joins the turn when asked again',
    async (_, options) => {
      const client = await connect(options);
      const question = 'What is 6 times 7? {{call execute_javascript {"code":"6 * 7"}}}';
      const asking = { question, workflow: 'agent', key: randomUUID() };
      const waiting = await ask(client, asking);
      expect(waiting).toMatchObject({ status: 'waiting', inputs: [{ kind: 'tool_approval' }] });
      await user.ask('POST', `/inputs/${waiting.inputs[0]!.id}`, { action: 'accept' });
      const joined = await ask(client, asking);
      expect(joined).toMatchObject({
        status: 'completed',
        turnId: waiting.turnId,
        answer: 'The tool says: 42',
      });
    },
  );

  it('goes on without a client that has left, which then joins by its key', async () => {
    const client = await connect();
    const asking = { question: 'Slowly. [[tokens=20 delay=50]]', key: randomUUID() };
    const controller = new AbortController();
    const before = standIn.requests.length;
    const left = client.callTool({ name: 'ask', arguments: asking }, { signal: controller.signal });
    await until(() => standIn.requests.length > before);
    controller.abort();
    await expect(left).rejects.toThrow();
    const again = await connect();
    expect(await ask(again, asking)).toMatchObject({ status: 'completed' });
    expect(standIn.requests).toHaveLength(before + 1);
  });

  it('reads threads page by page, of their owner alone', async () => {
    const client = await connect();
    const { threadId } = await ask(client, { question: 'First [[tokens=1]]' });
    await ask(client, { question: 'Second [[tokens=1]]', threadId });
    const read = async (as: Client, cursor?: string) =>
      as.callTool({ name: 'read_thread', arguments: { threadId, limit: 2, ...(cursor && { cursor }) } });
    type Page = {
      readonly messages: readonly { readonly content: string }[];
      readonly nextCursor: string | null;
    };
    const newest = structured<Page>(await read(client));
    expect(newest.messages[0]).toMatchObject({ role: 'user', content: 'Second [[tokens=1]]' });
    const older = structured<Page>(await read(client, newest.nextCursor!));
    expect(older.messages[0]).toMatchObject({ role: 'user', content: 'First [[tokens=1]]' });
    const { contents } = await client.readResource({ uri: `threadline://threads/${threadId}` });
    expect(JSON.parse((contents[0] as { text: string }).text).messages).toHaveLength(4);

    for (const claims of [{ sub: 'mallory' }, { org: 'other' }]) {
      const stranger = await connect({}, await server.user(claims));
      expect(await read(stranger)).toMatchObject({
        isError: true,
        content: [{ text: expect.stringMatching(/^NOT_FOUND/) }],
      });
      await expect(stranger.readResource({ uri: `threadline://threads/${threadId}` })).rejects.toThrow(
        /not found/i,
      );
      const listed = await stranger.callTool({ name: 'list_threads', arguments: {} });
      expect(JSON.stringify(listed)).not.toContain(threadId);
      expect(await stranger.callTool({ name: 'ask', arguments: { question: 'Hm', threadId } })).toMatchObject(
        { isError: true },
      );
    }
  });

  it('shows no document above the clearance of who asks', async () => {
    const org = `org-${randomUUID()}`;
    const author = await server.user({ org, clearance: 'restricted' });
    const id = await addDocument(author, 'Heron', 'Herons sleep standing.', { securityLevel: 'restricted' });
    const reader = await connect({}, await server.user({ org, sub: 'bob', clearance: 'internal' }));
    const found = await reader.callTool({ name: 'search_documents', arguments: { query: 'herons' } });
    expect(structured<object>(found)).toEqual({ results: [] });
    expect(JSON.stringify(await reader.listResources())).not.toContain(id);
    await expect(reader.readResource({ uri: `threadline://documents/${id}` })).rejects.toThrow(/not found/i);
  });

  it('tells a subscriber of changes to the own threads', async () => {
    const client = await connect();
    const { threadId } = await ask(client, { question: 'First [[tokens=1]]' });
    const changed: string[] = [];
    client.setNotificationHandler(
      'notifications/resources/updated',
      ({ params }) => void changed.push(params.uri),
    );
    const uri = `threadline://threads/${threadId}`;
    const subscription = await client.listen({ resourceSubscriptions: [uri] });
    const stranger = await server.user({ sub: 'mallory' });
    await stranger.ask('POST', `/chat/threads/${await stranger.newThread()}/messages`, {
      content: 'Hi [[tokens=1]]',
    });
    await user.ask('POST', `/chat/threads/${threadId}/messages`, { content: 'Second [[tokens=1]]' });
    await until(() => changed.length > 0);
    expect(new Set(changed)).toEqual(new Set([uri]));
    await subscription.close();
  });
});
