import createClient from 'openapi-fetch';
import type { paths } from './api.js';
import { converseOtherwise, type OtherWires } from './other-wires.mjs';
import { useMcpServers } from './mcp-servers.mjs';
import { defineAWorkflow, lookAtWebhooks, sayOfMyself } from './own-things.mjs';
import { dataOf, given, type Client, type ErrorBody } from './reading.mjs';

/** What a program of somebody else's gets out of the API, in the types that the document promises. */
export interface Everything extends OtherWires {
  readonly title: string | null;
  readonly renamed: string | null;
  readonly said: string;
  readonly tokens: number | undefined;
  readonly streamed: string;
  readonly replayed: string;
  readonly tested: number;
  readonly ofMcp: readonly string[];
  readonly ofMyself: readonly string[];
  readonly hooks: number;
  readonly defined: readonly string[];
  readonly partLength: number;
  readonly followed: string | null;
  readonly cancelled: 'queued' | 'running' | 'waiting' | 'completed' | 'cancelled' | 'interrupted' | 'failed';
  readonly marker: string | undefined;
  readonly passage: string | undefined;
  readonly fileTitle: string;
  readonly steps: readonly string[];
  readonly runStatus: 'waiting' | 'completed' | undefined;
  readonly database: 'up' | 'down';
  readonly provider: string;
  readonly providerState: 'up' | 'degraded' | 'down' | 'unknown' | undefined;
  readonly model: string | undefined;
  readonly spentOn: readonly ('chat' | 'embeddings' | undefined)[];
  readonly metrics: string;
  readonly left: number;
  readonly branches: readonly number[];
  readonly exported: string;
  readonly inputs: readonly string[];
  /** The tool that may be called from now on. */
  readonly agreedTo: string;
  readonly refusals: readonly ErrorBody['code'][];
}

type Frame = paths['/chat/threads/{id}/stream']['get']['responses'][200]['content']['text/event-stream'];

type Tested = paths['/chat/stream/selftest']['get']['responses'][200]['content']['text/event-stream'];

type OfUser = paths['/chat/events']['get']['responses'][200]['content']['text/event-stream'];

/** Calls every operation of the document, as a program does that was written against the document alone. */
export async function useEverything(
  baseUrl: string,
  fetch: typeof globalThis.fetch,
  mcpUrl: string,
): Promise<Everything> {
  const visitor = createClient<paths>({ baseUrl, fetch });
  const { token, expiresAt } = given(
    await visitor.POST('/auth/dev-token', {
      body: { sub: 'typed', org: 'clients', roles: ['user', 'admin'], clearance: 'restricted' },
    }),
  );
  if (Number.isNaN(Date.parse(expiresAt))) throw new Error('expiresAt is no time');
  const client = createClient<paths>({ baseUrl, fetch, headers: { authorization: `Bearer ${token}` } });

  const documents = await useDocuments(client);
  const conversation = await converse(client);
  const partLength = await readPart(client);
  const followed = await followOwnThreads(client);
  const workflows = await useWorkflows(client, conversation.threadId);
  const branched = await branch(client, conversation.threadId);
  const inputs = await answerInputs(client);
  const agreedTo = await agreeToCalls(client);
  const stopped = await stopATurn(client, conversation.threadId);
  const providers = await useProviders(client);
  const ofMcp = await useMcpServers(client, mcpUrl);
  const ofMyself = await sayOfMyself(client);
  const hooks = await lookAtWebhooks(client);
  const defined = await defineAWorkflow(client);
  const otherWires = await converseOtherwise(client, { baseUrl, fetch, token });
  const spentOn = await lookAtUsage(client, conversation.threadId);
  const metrics = given(await visitor.GET('/metrics', { parseAs: 'text' }));
  const health = given(await visitor.GET('/health'));
  const live: 'ok' = given(await visitor.GET('/health/live')).status;
  const ready: 'ok' = given(await visitor.GET('/health/ready')).status;
  if (live !== ready) throw new Error('neither live nor ready');

  const refusals = await beRefused(client);
  given(
    await client.DELETE('/rag/documents/{id}', { params: { path: { id: documents.id } } }),
    'nothing to read',
  );
  given(
    await client.DELETE('/chat/threads/{id}', { params: { path: { id: conversation.threadId } } }),
    'nothing to read',
  );
  const { threads, nextCursor } = given(
    await client.GET('/chat/threads', { params: { query: { limit: 10, q: 'typed' } } }),
  );
  const end: string | null = nextCursor;
  given(await client.DELETE('/users/{user}', { params: { path: { user: 'nobody' } } }), 'nothing to read');
  given(await client.DELETE('/me'), 'nothing to read');
  return {
    ...documents,
    ...conversation,
    ...workflows,
    ...branched,
    ...providers,
    ...otherWires,
    spentOn,
    metrics,
    ofMcp,
    ofMyself,
    hooks,
    defined,
    partLength,
    followed,
    cancelled: stopped,
    inputs,
    agreedTo,
    database: health.database,
    left: threads.length + (end === null ? 0 : 1),
    refusals,
  };
}

async function useDocuments(client: Client) {
  const { document } = given(
    await client.POST('/rag/documents', {
      body: {
        title: 'The lighthouse',
        content: 'The lighthouse keeper is called Ottilie. She has kept the lamp for thirty years.',
        securityLevel: 'restricted',
        metadata: { shelf: 4, tags: ['coast'] },
      },
    }),
  );
  const file = given(
    await client.POST('/rag/documents', {
      // A file is not JSON: the document says so, and the client has to build the form.
      body: { file: '# Tides\n\nThe spring tide comes twice a month.', visibility: 'private' },
      bodySerializer: (body) => {
        const form = new FormData();
        const { file: text, ...fields } = body as { file: string } & Record<string, string>;
        form.append('file', new Blob([text], { type: 'text/markdown' }), 'tides.md');
        for (const [name, value] of Object.entries(fields)) form.append(name, value);
        return form;
      },
    }),
  );
  const level: 'public' | 'internal' | 'confidential' | 'restricted' = document.securityLevel;
  const source: string | null = document.source;
  const { documents } = given(await client.GET('/rag/documents', { params: { query: { limit: 1 } } }));
  const listed: number = documents.length;
  const one = given(await client.GET('/rag/documents/{id}', { params: { path: { id: document.id } } }));
  const { results } = given(
    await client.POST('/rag/search', {
      body: { query: 'Who keeps the lamp?', filter: { documentIds: [document.id] } },
    }),
  );
  const score: number | undefined = results[0]?.score;
  const start: number | undefined = results[0]?.offsets.start;
  if (level !== 'restricted' || source !== null || listed !== 1 || score === undefined || start !== 0)
    throw new Error('the document is not as it was put in');
  return { id: one.document.id, passage: results[0]?.content, fileTitle: file.document.title };
}

async function converse(client: Client) {
  const { thread } = given(
    await client.POST('/chat/threads', { body: { title: 'A typed thread', metadata: { of: ['types', 1] } } }),
  );
  const path = { id: thread.id };
  const patched = given(
    await client.PATCH('/chat/threads/{id}', {
      params: { path },
      body: { title: 'A typed thread, renamed' },
    }),
  );
  const title: string | null = given(await client.GET('/chat/threads/{id}', { params: { path } })).thread
    .title;
  const answer = given(
    await client.POST('/chat/threads/{id}/messages', {
      params: { path, header: { 'Idempotency-Key': 'typed-1' } },
      body: {
        content: 'Who keeps the lamp? [[tokens=6 reasoning=2]]',
        options: { temperature: 0, rag: true },
      },
    }),
  );
  if (!('response' in answer)) throw new Error('nobody was to be asked');
  const stream = given(
    await client.POST('/chat/threads/{id}/messages/stream', {
      params: { path },
      body: { content: 'And since when? [[tokens=80]]', options: { maxTokens: 8 } },
      parseAs: 'stream',
    }),
  );
  const streamed = await readUntilDone(stream);
  const { ticket } = given(await client.POST('/auth/stream-ticket', { body: { threadId: thread.id } }));
  const again = given(
    await client.GET('/chat/threads/{id}/stream', {
      params: { path, query: { after: 0, ticket } },
      parseAs: 'stream',
    }),
  );
  const replayed = await readUntilDone(again);
  const selftest = given(await client.GET('/chat/stream/selftest', { parseAs: 'stream' }));
  let tested = 0;
  for await (const data of dataOf(selftest))
    tested += (JSON.parse(data) as Tested).type === 'selftest' ? 1 : 0;
  const page = given(
    await client.GET('/chat/threads/{id}/messages', { params: { path, query: { limit: 1, order: 'desc' } } }),
  );
  const rest = given(
    await client.GET('/chat/threads/{id}/messages', {
      params: {
        path,
        query: { order: 'desc', ...(page.nextCursor === null ? {} : { cursor: page.nextCursor }) },
      },
    }),
  );
  const turn = given(
    await client.GET('/chat/threads/{id}/turns/{turnId}', {
      params: { path: { id: thread.id, turnId: answer.turn.id } },
    }),
  ).turn;
  const endedAt: string | null = turn.endedAt;
  const role: 'user' | 'assistant' | 'tool' | 'system' | undefined = page.messages[0]?.role;
  const ofProvider: string | null | undefined = page.messages[0]?.provider;
  if (endedAt === null || role !== 'assistant' || ofProvider !== 'openai' || rest.messages.length !== 3)
    throw new Error('the thread is not as it was said');
  return {
    threadId: thread.id,
    title: thread.title,
    renamed: title === patched.thread.title ? title : null,
    said: answer.response,
    tokens: answer.usage?.outputTokens,
    marker: answer.citations[0]?.marker,
    streamed,
    replayed,
    tested,
  };
}

/** How long a text is that a tool has said, and that its message refers to. */
async function readPart(client: Client): Promise<number> {
  const { thread } = given(await client.POST('/chat/threads', { body: {} }));
  const path = { id: thread.id };
  const code = "console.log('x'.repeat(65000)); 'y'.repeat(65000)";
  const content = `Calculate. {{call execute_javascript ${JSON.stringify({ code })}}}`;
  const body = { content, options: { tools: true } };
  given(await client.POST('/chat/threads/{id}/messages', { params: { path }, body }));
  const { messages } = given(await client.GET('/chat/threads/{id}/messages', { params: { path } }));
  const [part] = messages.find(({ role }) => role === 'tool')?.parts ?? [];
  const url = part !== undefined && 'url' in part ? part.url : undefined;
  const partId = url?.split('/').at(-1);
  if (partId === undefined) throw new Error('no part is referred to');
  const params = { path: { ...path, partId } };
  const text = given(await client.GET('/chat/threads/{id}/parts/{partId}', { params, parseAs: 'text' }));
  return text.length;
}

/** A thread that is made while its user follows: what is told of it. */
async function followOwnThreads(client: Client): Promise<string | null> {
  const stream = given(await client.GET('/chat/events', { parseAs: 'stream' }));
  for await (const data of dataOf(stream)) {
    const event = JSON.parse(data) as OfUser;
    if (event.type === 'connected')
      given(await client.POST('/chat/threads', { body: { title: 'Followed' } }));
    if (event.type === 'turn_ended') throw new Error(`nothing was asked in ${event.data.threadId}`);
    if (event.type === 'thread_created') return event.data.thread.title;
  }
  throw new Error('the stream ended');
}

async function useWorkflows(client: Client, threadId: string) {
  const { workflows } = given(await client.GET('/workflows'));
  const { workflow } = given(
    await client.GET('/workflows/{name}', {
      params: { path: { name: workflows[1]?.name ?? 'guided-intake' }, query: { version: 1 } },
    }),
  );
  const of = given(await client.GET('/chat/threads/{id}/workflow', { params: { path: { id: threadId } } }));
  const id: string | undefined = of.run?.id;
  if (id === undefined) throw new Error('the thread has no run');
  const { run } = given(await client.GET('/workflows/runs/{id}', { params: { path: { id } } }));
  return { steps: workflow.steps.map((step) => step.id), runStatus: run.status };
}

async function useProviders(client: Client) {
  const { providers, current, count } = given(await client.GET('/providers'));
  const path = { name: current };
  const { models } = given(await client.GET('/providers/{name}/models', { params: { path } }));
  const selected = given(await client.POST('/providers/{name}/select', { params: { path } }));
  const success: true = selected.success;
  const health = given(await client.GET('/providers/health')).providers.find(
    ({ provider }) => provider === current,
  );
  const latency: number | null | undefined = health?.latencyMs;
  const window: number | null | undefined = models[0]?.contextWindow;
  const isDefault: boolean | undefined = providers.find(({ name }) => name === current)?.isDefault;
  if (!success || count !== providers.length || isDefault !== true || latency === null || window === 0)
    throw new Error('the providers are not as they are said to be');
  return { provider: selected.provider, providerState: health?.state, model: models[0]?.id };
}

async function lookAtUsage(client: Client, threadId: string) {
  const { usage, total, nextCursor } = given(
    await client.GET('/usage', { params: { query: { groupBy: 'operation', scope: 'org', limit: 10 } } }),
  );
  const every = given(
    await client.GET('/usage', {
      params: { query: { groupBy: 'day,hour,user,thread,provider,model,operation,outcome', limit: 200 } },
    }),
  );
  const cost: number = total.cost;
  const ofThread = every.usage.filter(({ thread, attempts }) => thread === threadId && attempts > 0);
  if (nextCursor !== null || cost < 0 || ofThread.length === 0 || every.total.attempts !== total.attempts)
    throw new Error('the usage is not what was used');
  return usage.map(({ operation }) => operation);
}

async function branch(client: Client, id: string) {
  const params = { path: { id } };
  const { turn, message } = given(
    await client.POST('/chat/threads/{id}/turns', {
      params,
      body: { content: 'Begin anew [[tokens=2]]', after: null },
    }),
  );
  const parent: string | null = message.parentTurnId;
  if (parent !== null || turn.parentTurnId !== null) throw new Error('it follows a turn');
  const isBusy = async () =>
    given(await client.GET('/chat/threads/{id}', { params })).thread.activeTurnId !== null;
  while (await isBusy()) await new Promise((resolve) => setTimeout(resolve, 20));
  const shown = given(
    await client.GET('/chat/threads/{id}/messages', { params: { ...params, query: { branch: turn.id } } }),
  );
  const [first] = message.siblings.turnIds;
  if (first === undefined) throw new Error('it has no sibling');
  const { thread } = given(await client.POST('/chat/threads/{id}/head', { params, body: { turnId: first } }));
  const whole = given(await client.GET('/chat/threads/{id}/export', { params }));
  if (typeof whole === 'string') throw new Error('it is text');
  if (thread.headTurnId !== first || whole.messages[0]?.turnId !== first)
    throw new Error('another branch is shown');
  const exported = given(
    await client.GET('/chat/threads/{id}/export', {
      params: { ...params, query: { format: 'markdown' } },
      parseAs: 'text',
    }),
  );
  if (typeof exported !== 'string') throw new Error('it is no text');
  return { branches: [shown.messages.length, message.siblings.index], exported };
}

async function answerInputs(client: Client): Promise<string[]> {
  const { thread } = given(await client.POST('/chat/threads', { body: { workflow: 'guided-intake' } }));
  const params = { path: { id: thread.id } };
  const statuses: string[] = [];
  while (statuses.length < 2) {
    const outcome = given(
      await client.POST('/chat/threads/{id}/messages', {
        params,
        body: { content: 'So it is [[tokens=1]]' },
      }),
    );
    if (!('inputs' in outcome)) continue;
    const { inputs } = given(await client.GET('/inputs', { params: { query: { status: 'open' } } }));
    const open = inputs.find(({ turnId }) => turnId === outcome.turn.id);
    if (open === undefined) throw new Error('the input is in no list');
    const path = { id: open.id };
    const { input } = given(await client.GET('/inputs/{id}', { params: { path } }));
    const schema: Record<string, unknown> | null = input.schema;
    if (schema === null) throw new Error('there is no form');
    const answered = given(
      statuses.length === 0
        ? await client.POST('/inputs/{id}', { params: { path }, body: { action: 'decline' } })
        : await client.POST('/chat/threads/{id}/turns/{turnId}/input', {
            params: { path: { id: thread.id, turnId: input.turnId } },
            body: { inputId: input.id, action: 'accept', content: { approved: true } },
          }),
    );
    statuses.push(answered.input.status);
    const isBusy = async () =>
      given(await client.GET('/chat/threads/{id}', { params })).thread.activeTurnId !== null;
    while (await isBusy()) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  given(await client.DELETE('/chat/threads/{id}', { params }), 'nothing to read');
  return statuses;
}

async function agreeToCalls(client: Client): Promise<string> {
  const { tools } = given(await client.GET('/tools'));
  const tool = tools.find(({ approval }) => approval === 'ask');
  if (tool === undefined) throw new Error('nobody is asked');
  const { thread } = given(await client.POST('/chat/threads', { body: {} }));
  const params = { path: { id: thread.id } };
  const content = `Look. {{call ${tool.name} {"query":"lamps"}}}`;
  const outcome = given(
    await client.POST('/chat/threads/{id}/messages', {
      params,
      body: { content, options: { tools: [tool.name] } },
    }),
  );
  const input = 'inputs' in outcome ? outcome.inputs[0] : undefined;
  if (input === undefined) throw new Error('the call does not wait');
  const path = { id: input.id };
  given(await client.POST('/inputs/{id}', { params: { path }, body: { action: 'accept', remember: true } }));
  const isBusy = async () =>
    given(await client.GET('/chat/threads/{id}', { params })).thread.activeTurnId !== null;
  while (await isBusy()) await new Promise((resolve) => setTimeout(resolve, 20));
  const { approvals } = given(await client.GET('/me/approvals'));
  const approval = approvals[0];
  if (approval === undefined) throw new Error('the agreement is not remembered');
  given(
    await client.DELETE('/me/approvals/{id}', { params: { path: { id: approval.id } } }),
    'nothing to read',
  );
  given(await client.DELETE('/chat/threads/{id}', { params }), 'nothing to read');
  return approval.tool;
}

async function stopATurn(client: Client, id: string) {
  const stream = given(
    await client.POST('/chat/threads/{id}/messages/stream', {
      params: { path: { id } },
      body: { content: 'Go on and on [[tokens=10000 delay=5]]' },
      parseAs: 'stream',
    }),
  );
  const { thread } = given(await client.GET('/chat/threads/{id}', { params: { path: { id } } }));
  const turnId: string | null = thread.activeTurnId;
  if (turnId === null) throw new Error('the thread is not being answered');
  given(await client.POST('/chat/threads/{id}/turns/{turnId}/cancel', { params: { path: { id, turnId } } }));
  await readUntilDone(stream);
  const { turn } = given(
    await client.GET('/chat/threads/{id}/turns/{turnId}', { params: { path: { id, turnId } } }),
  );
  return turn.status;
}

async function beRefused(client: Client): Promise<ErrorBody['code'][]> {
  const nobodys = '01890a5d-ac96-774b-bcce-b302099a8057';
  const answers = [
    await client.GET('/chat/threads/{id}', { params: { path: { id: nobodys } } }),
    await client.GET('/chat/threads', { params: { query: { cursor: 'not-ours' } } }),
    await client.POST('/chat/threads', { body: { workflow: 'nobodys-workflow' } }),
    await client.GET('/rag/documents', { headers: { authorization: 'Bearer wrong' } }),
    await client.POST('/rag/search', { body: { query: 'lamp', mode: 'semantic' } }),
    await client.GET('/providers/{name}/models', { params: { path: { name: 'nobody' } } }),
    await client.POST('/chat', { body: { message: 'Hello', threadId: nobodys } }),
    await client.POST('/api/messages', { body: { content: 'Hello', conversation_id: nobodys } }),
    await client.GET('/api/chat/stream/{message_id}', { params: { path: { message_id: nobodys } } }),
    await client.POST('/api/stream', { body: { messages: [], model: 'gpt-4o-mini' } }),
    await client.GET('/usage', { params: { query: { from: '2026-01-02', to: '2026-01-01' } } }),
  ];
  return answers.map(({ error }) => {
    if (error === undefined) throw new Error('this should have been refused');
    const sentence: string = error.message;
    const again: boolean = error.retryable;
    if (again || sentence === '') throw new Error('an error should say what to do');
    return error.code;
  });
}

/** The answer's text out of the frames, up to the first `done`. */
async function readUntilDone(stream: ReadableStream<Uint8Array> | null): Promise<string> {
  let text = '';
  for await (const data of dataOf(stream)) {
    const event = JSON.parse(data) as Frame;
    if (event.type === 'ai_response') text += event.data.content;
    if (event.type === 'done') break;
  }
  return text;
}
