import * as openapiFetch from 'openapi-fetch';
import { expectedText, startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import {
  nameOf,
  operationsOf,
  servedDocument,
  type JsonSchema,
  type Operation,
  type ServedDocument,
} from '../support/served-document.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import {
  breaches,
  operationOf,
  recordingFetch,
  type RecordedAnswer,
} from '../support/typed-client/answers.js';
import { mistakesIn, programText, runProgram, typesOf } from '../support/typed-client/check-types.js';

interface Program {
  readonly useEverything: (
    baseUrl: string,
    fetch: typeof globalThis.fetch,
  ) => Promise<Record<string, unknown>>;
}

const PROGRAM = 'everything.mts';

/** A program in two spellings of one place: the first is right, the second wrong. */
const SPELLINGS: readonly (readonly [what: string, text: string, right: string, wrong: string])[] = [
  ['a field of an answer', `(await one()).thread.…;`, 'title', 'titel'],
  ['a field that may be null', `const title: … = (await one()).thread.title;`, 'string | null', 'string'],
  ['a value of a field', `(await one()).thread.status === '…';`, 'running', 'answering'],
  ['a field of a list', `(await list()).messages[0]?.…;`, 'citations', 'sources'],
  [
    'a field of a body',
    `await client.POST('/chat/threads/{id}/messages', { params, body: { …: 'Hi' } });`,
    'content',
    'text',
  ],
  ['a field too many in a body', `const question: Question = { query: 'lamp'… };`, ', limit: 3', ', top: 3'],
  [
    'a field missing in a body',
    `await client.POST('/rag/documents', { body: { title: 'A'… } });`,
    `, content: 'B'`,
    '',
  ],
  [
    'a value in a body',
    `await client.POST('/rag/documents', { body: { title: 'A', content: 'B', visibility: '…' } });`,
    'private',
    'secret',
  ],
  ['a path', `await client.GET('…');`, '/chat/threads', '/chat/thread'],
  ['a method', `await client.…('/chat/threads/{id}', { params });`, 'DELETE', 'PUT'],
  [
    'a parameter of a path',
    `await client.GET('/chat/threads/{id}/turns/{turnId}', { params: { path: { id: ''… } } });`,
    `, turnId: ''`,
    '',
  ],
  [
    'a parameter of a query',
    `await client.GET('/chat/threads/{id}/messages', { params: { ...params, query: { order: '…' } } });`,
    'desc',
    'newest',
  ],
  ['the code of an error', `(await client.GET('/workflows')).error?.code === '…';`, 'NOT_FOUND', 'GONE'],
];

const HEAD = `import createClient from 'openapi-fetch';
import type { paths } from './api.js';
export type Question = paths['/rag/search']['post']['requestBody']['content']['application/json'];
const client = createClient<paths>();
const params = { path: { id: '' } };
const one = async () => (await client.GET('/chat/threads/{id}', { params })).data!;
const list = async () => (await client.GET('/chat/threads/{id}/messages', { params })).data!;
void [one, list, params];
`;

describe('a client made from the served document', () => {
  let standIn: OpenAiStandIn;
  let server: TestServer;
  let document: ServedDocument;
  let operations: Operation[];
  beforeAll(async () => {
    standIn = await startOpenAiStandIn();
    server = await startTestServer({ OPENAI_URL: standIn.url, AUTH_DEV: 'true' });
    document = await servedDocument(server.url);
    operations = operationsOf(document);
  });
  afterAll(async () => {
    await server?.close();
    await standIn?.close();
  });

  it('finds a name, a summary, an answer and an error at every operation', () => {
    expect(document.openapi).toMatch(/^3\.1\./);
    const ids = operations.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(operations.length);
    for (const operation of operations) {
      const name = nameOf(operation);
      expect([name, operation.operationId]).toEqual([name, expect.stringMatching(/^[a-z][A-Za-z]+$/)]);
      expect([name, operation.summary]).toEqual([name, expect.stringMatching(/^[A-Z].{5,}/)]);
      const statuses = Object.keys(operation.responses).filter((status) => status.startsWith('2'));
      expect([name, statuses.length]).toEqual([name, 1]);
      expect([name, answerOf(operation, statuses[0]!)]).toEqual([
        name,
        expect.stringMatching(/^(a schema|nothing|a stream)$/),
      ]);
      expect(operation.responses['default']?.content?.['application/json']?.schema).toEqual({
        $ref: '#/components/schemas/Error',
      });
    }
  });

  it('compiles, as strict as can be, and does not when a single name is wrong', async () => {
    const api = await typesOf(document);
    const programs: Record<string, string> = { [PROGRAM]: programText(PROGRAM) };
    SPELLINGS.forEach(([, text, right, wrong], index) => {
      programs[`right-${index}.mts`] = HEAD + text.replace('…', right);
      programs[`wrong-${index}.mts`] = HEAD + text.replace('…', wrong);
    });
    const mistakes = mistakesIn(api, programs);

    expect([mistakes['api.d.ts'], mistakes[PROGRAM]]).toEqual([[], []]);
    SPELLINGS.forEach(([what], index) => {
      expect([what, mistakes[`right-${index}.mts`]]).toEqual([what, []]);
      expect([what, mistakes[`wrong-${index}.mts`]?.length]).not.toEqual([what, 0]);
    });
  }, 60_000);

  it('would notice an answer that has a field too many, one too few, or one of another type', async () => {
    const { status: live } = await fetch(`${server.url}/health/live`);
    const answer = { method: 'GET', path: '/health/live', status: live, contentType: 'application/json' };
    const issues = (body: unknown) => breaches(document, operations, { ...answer, body }).length;

    expect(issues({ status: 'ok' })).toBe(0);
    for (const body of [{ status: 'ok', more: 1 }, {}, { status: 'well' }, { status: null }, null, []])
      expect([body, issues(body)]).toEqual([body, 1]);
    expect(breaches(document, operations, { ...answer, status: 201, body: {} })).toHaveLength(1);
    expect(breaches(document, operations, { ...answer, path: '/nowhere', body: {} })).toHaveLength(1);
  });

  it('calls every operation, and every answer is what the document says, no more and no less', async () => {
    const answers: RecordedAnswer[] = [];
    const { useEverything } = runProgram<Program>(PROGRAM, () => openapiFetch);
    const result = await useEverything(server.url, recordingFetch(answers));

    expect(answers.flatMap((answer) => breaches(document, operations, answer))).toEqual([]);
    const succeeded = answers.filter(({ status }) => status < 300);
    const covered = new Set(succeeded.map((answer) => nameOf(operationOf(operations, answer)!)));
    expect([...covered].toSorted()).toEqual(operations.map(nameOf).toSorted());
    expect(result).toMatchObject({
      title: 'A typed thread',
      renamed: 'A typed thread, renamed',
      said: expectedText(6),
      tokens: 6,
      streamed: expectedText(8),
      replayed: expectedText(6),
      cancelled: 'cancelled',
      marker: '[1]',
      passage: expect.stringContaining('Ottilie'),
      fileTitle: 'tides.md',
      steps: ['ask', 'clarify', 'summarise'],
      runStatus: 'waiting',
      database: 'up',
      left: 0,
      refusals: ['NOT_FOUND', 'INVALID_CURSOR', 'UNKNOWN_WORKFLOW', 'UNAUTHENTICATED', 'VALIDATION_FAILED'],
    });
  });
});

/** What the document promises for a status, in a word. */
function answerOf({ responses }: Operation, status: string): string {
  const content = responses[status]?.content;
  if (content === undefined) return status === '204' ? 'nothing' : 'unsaid';
  if ('text/event-stream' in content) return 'a stream';
  const schema: JsonSchema | undefined = content['application/json']?.schema;
  return Object.keys(schema?.['properties'] ?? {}).length > 0 ? 'a schema' : 'an empty schema';
}
