import { startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { addressOf, BODIES, QUERIES, SECRET, type Things } from './owned-things.js';
import { putIn } from './put-in.js';
import {
  nameOf,
  operationsOf,
  servedDocument,
  type Operation,
  type ServedDocument,
} from './served-document.js';
import { framesUntil } from './sse-client.js';
import { startTestServer, type TestServer } from './test-server.js';
import type { TestUser } from './test-user.js';

/** Words of alice's documents that tell which of them somebody got to see. */
export const PLACES = { private: 'in the attic', org: 'in the hall', restricted: 'in the vault' };

/** Everything that alice has, on a server with others who are to see none of it, for the specs of the surrounding `describe`. */
export function aliceAmongStrangers() {
  let standIn: OpenAiStandIn;
  let server: TestServer;
  let document: ServedDocument;
  let operations: Operation[];
  let alice: TestUser;
  let bob: TestUser;
  let waiting: Pick<Things, 'thread' | 'turn' | 'input'>;
  let approval: string;
  let memory: string;
  let quiet: Things;
  let busy: Things;
  let orgDocument: string;
  let restrictedDocument: string;
  let strangers: { readonly name: string; readonly user: TestUser; readonly forbidden: readonly Things[] }[];

  beforeAll(async () => {
    standIn = await startOpenAiStandIn();
    server = await startTestServer({
      OPENAI_URL: standIn.url,
      TOOL_APPROVAL: 'execute_javascript=ask',
    });
    document = await servedDocument(server.url);
    operations = operationsOf(document);
    alice = await server.user({ clearance: 'restricted' });
    bob = await server.user({ sub: 'bob' });

    const privateDocument = await addDocument('private', { visibility: 'private' });
    orgDocument = await addDocument('org', { visibility: 'org' });
    restrictedDocument = await addDocument('restricted', { visibility: 'org', securityLevel: 'restricted' });
    waiting = await review();
    approval = await agree();
    await alice.ask('PUT', '/me/profile', { name: 'Alice', about: `I keep the ${SECRET}.` });
    memory = (await alice.ask('POST', '/me/memories', { content: `The ${SECRET} is mine.` })).body.memory.id;
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
    const part = await partIn(thread);
    const frames = await framesUntil(await alice.stream(thread, content), until);
    const { run } = (await alice.ask('GET', `/chat/threads/${thread}/workflow`)).body;
    const turn: string = frames[0]!.data['turnId'];
    const { userMessageId } = (await alice.ask('GET', `/chat/threads/${thread}/turns/${turn}`)).body.turn;
    const { input } = waiting;
    return {
      thread,
      turn,
      message: userMessageId,
      run: run.id,
      document: documentId,
      input,
      approval,
      memory,
      part,
    };
  };

  /** A long result of a call, whose text is served apart. */
  const partIn = async (thread: string): Promise<string> => {
    const code = `console.log('${SECRET}'.padEnd(65000)); 'y'.repeat(65000)`;
    const content = `Calculate. {{call execute_javascript ${JSON.stringify({ code })}}}`;
    await alice.ask('POST', `/chat/threads/${thread}/messages`, { content, options: { tools: true } });
    const { messages } = (await alice.ask('GET', `/chat/threads/${thread}/messages`)).body;
    const told = messages.find(({ role }: { readonly role: string }) => role === 'tool');
    return told.parts[0].url.split('/').at(-1);
  };

  /** A thread of alice's whose turn waits for a reviewer. */
  const review = async () => {
    const thread = await alice.newThread({ workflow: 'guided-intake', title: `On the ${SECRET}` });
    for (const content of ['One', 'Two'])
      await alice.ask('POST', `/chat/threads/${thread}/messages`, { content });
    const { body } = await alice.ask('POST', `/chat/threads/${thread}/messages`, { content: 'Three' });
    return { thread, turn: body.turn.id as string, input: body.inputs[0].id as string };
  };

  /** Lets a tool be called from now on, in a thread that is no more. */
  const agree = async (): Promise<string> => {
    const thread = await alice.newThread();
    const content = 'Calculate. {{call execute_javascript {"code":"1"}}}';
    const path = `/chat/threads/${thread}/messages`;
    const { body } = await alice.ask('POST', path, { content, options: { tools: true } });
    await alice.ask('POST', `/inputs/${body.inputs[0].id}`, { action: 'accept', remember: true });
    await untilAnswered(thread);
    await alice.ask('DELETE', `/chat/threads/${thread}`);
    return (await alice.ask('GET', '/me/approvals')).body.approvals[0].id;
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
      approvals: await see('/me/approvals'),
      profile: await see('/me/profile'),
      memories: await see('/me/memories'),
      threads: await see('/chat/threads'),
      documents: await see('/rag/documents'),
      found: (await alice.ask('POST', '/rag/search', { query: SECRET })).body,
    };
  };

  return {
    get standIn() {
      return standIn;
    },
    get server() {
      return server;
    },
    get document() {
      return document;
    },
    get operations() {
      return operations;
    },
    get alice() {
      return alice;
    },
    get bob() {
      return bob;
    },
    get waiting() {
      return waiting;
    },
    get quiet() {
      return quiet;
    },
    get busy() {
      return busy;
    },
    get orgDocument() {
      return orgDocument;
    },
    get strangers() {
      return strangers;
    },
    call,
    untilAnswered,
    estate,
    review,
  };
}
