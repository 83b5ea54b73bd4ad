import { McpStandIn } from '../doubles/mcp-stand-in.js';
import * as openapiFetch from 'openapi-fetch';
import {
  expectedReasoning,
  expectedText,
  startOpenAiStandIn,
  type OpenAiStandIn,
} from '../doubles/openai-stand-in.js';
import { startSearchStandIn, type SearchStandIn } from '../doubles/search-stand-in.js';
import {
  nameOf,
  operationsOf,
  resolved,
  servedDocument,
  type Operation,
  type ServedDocument,
} from '../support/served-document.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import {
  breaches,
  operationOf,
  recordingFetch,
  StreamedText,
  type RecordedAnswer,
} from '../support/typed-client/answers.js';
import { mistakesIn, programText, runProgram, typesOf } from '../support/typed-client/check-types.js';
import { answerOf, openAiErrorOf } from '../support/typed-client/described-answers.js';
import { HEAD, SPELLINGS } from '../support/typed-client/spellings.js';
import {
  TURN_EVENTS,
  NAMES,
  TEXTS,
  PAGES,
  ELSEWHERE,
  DOCUMENTS,
  CONTENTS,
  EXPORTS,
  EITHER,
} from '../support/typed-client/named-things.js';

interface Program {
  readonly useEverything: (
    baseUrl: string,
    fetch: typeof globalThis.fetch,
    mcpUrl: string,
  ) => Promise<Record<string, unknown>>;
}

const PROGRAM = 'everything.mts';
const PROGRAMS = [PROGRAM, 'mcp-servers.mts', 'other-wires.mts', 'own-things.mts', 'reading.mts'];

describe('a client made from the served document', () => {
  let standIn: OpenAiStandIn;
  let search: SearchStandIn;
  let mcp: McpStandIn;
  let server: TestServer;
  let document: ServedDocument;
  let operations: Operation[];
  beforeAll(async () => {
    standIn = await startOpenAiStandIn();
    search = await startSearchStandIn();
    mcp = await McpStandIn.start({
      era: 'modern',
      tools: {},
      resources: [{ uri: 'a://1', name: 'One', text: 'A word.' }],
      prompts: [{ name: 'Two' }],
    });
    server = await startTestServer({
      ...{ OPENAI_URL: standIn.url, AUTH_DEV: 'true', LLM_MAX_RETRIES: '0' },
      ...{ SEARCH_KIND: 'searxng', SEARCH_URL: search.url, TOOL_APPROVAL: 'search_web=ask' },
      EGRESS_ALLOW: `127.0.0.1:${mcp.port}`,
    });
    document = await servedDocument(server.url);
    operations = operationsOf(document);
  });
  afterAll(async () => {
    await server?.close();
    await standIn?.close();
    await search?.close();
    await mcp?.close();
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
      // An answer, or what its turn waits for.
      expect([name, statuses]).toEqual([
        name,
        name === 'POST /chat/threads/{id}/messages' ? ['201', '202'] : [expect.any(String)],
      ]);
      expect([name, answerOf(document, operation, statuses[0]!)]).toEqual([
        name,
        TEXTS.includes(name)
          ? 'a text'
          : PAGES.includes(name)
            ? 'text/html'
            : DOCUMENTS.includes(name)
              ? 'an empty schema'
              : EITHER.includes(name)
                ? 'a schema and a stream'
                : EXPORTS.includes(name)
                  ? 'a schema and a text'
                  : CONTENTS.includes(name)
                    ? 'anything'
                    : expect.stringMatching(/^(a schema|nothing|a stream)$/),
      ]);
      const { content } = operation.responses['default'] ?? {};
      expect([name, Object.keys(content ?? {})]).toEqual([name, ['application/json']]);
      const error = content!['application/json']!.schema!;
      if (operation.template.startsWith('/v1/'))
        expect([name, resolved(document, error)]).toEqual([name, openAiErrorOf(document)]);
      else expect([name, error]).toEqual([name, { $ref: '#/components/schemas/Error' }]);
    }
  });

  it('has a name for everything that is answered in more than one place, and for each event', () => {
    const { schemas } = document.components;
    expect(Object.keys(schemas)).toEqual(expect.arrayContaining(NAMES));
    const named = (name: string) => ({ $ref: `#/components/schemas/${name}` });
    expect(schemas['TurnEvent']?.['oneOf']).toEqual(TURN_EVENTS.map(named));
    expect(schemas['StreamEvent']?.['oneOf']).toEqual(
      ['ConnectedEvent', ...TURN_EVENTS, 'SuspendedEvent', 'SnapshotEvent'].map(named),
    );
    for (const [name, inside] of Object.entries(schemas)) {
      expect([name, inside]).not.toEqual([name, expect.objectContaining({ $ref: expect.anything() })]);
      expect(() => resolved(document, inside)).not.toThrow();
    }
  });

  it('compiles, as strict as can be, and does not when a single name is wrong', async () => {
    const api = await typesOf(document);
    const programs = Object.fromEntries(PROGRAMS.map((name) => [name, programText(name)]));
    SPELLINGS.forEach(([, text, right, wrong], index) => {
      programs[`right-${index}.mts`] = HEAD + text.replace('…', right);
      programs[`wrong-${index}.mts`] = HEAD + text.replace('…', wrong);
    });
    const mistakes = mistakesIn(api, programs);

    for (const name of ['api.d.ts', ...PROGRAMS]) expect([name, mistakes[name]]).toEqual([name, []]);
    SPELLINGS.forEach(([what], index) => {
      expect([what, mistakes[`right-${index}.mts`]]).toEqual([what, []]);
      expect([what, mistakes[`wrong-${index}.mts`]?.length]).not.toEqual([what, 0]);
    });
  }, 180_000);

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

  it('would notice the same of every frame of a stream', () => {
    const answer = { method: 'POST', path: '/chat', status: 200, contentType: 'text/event-stream' };
    const issues = (...frames: readonly string[]) => {
      const body = new StreamedText();
      body.text = frames.map((frame) => `data: ${frame}\n\n`).join('');
      return breaches(document, operations, { ...answer, body }).length;
    };
    const good = ['{"content":"Hi"}', '{"finishReason":"stop"}', '[DONE]'];

    expect(issues(...good)).toBe(0);
    expect(issues()).toBe(1);
    for (const frame of ['{"content":"Hi","more":1}', '{}', '{"finishReason":"end"}', '"Hi"', 'DONE', 'null'])
      expect([frame, issues(...good, frame)]).toEqual([frame, 1]);
  });

  it('would notice an error in the wrong system’s words', () => {
    const ours = { error: 'Not Found', message: 'No.', code: 'NOT_FOUND', retryable: false, details: {} };
    const { error: _, ...rest } = ours;
    const theirs = { error: { ...rest, type: 'not_found_error', param: null } };
    const issues = (path: string, body: unknown) =>
      breaches(document, operations, {
        method: 'GET',
        path,
        status: 404,
        contentType: 'application/json',
        body,
      }).length;

    expect([issues('/providers/nobody/models', ours), issues('/v1/models/nothing', theirs)]).toEqual([0, 0]);
    for (const [path, body] of [
      ['/providers/nobody/models', theirs],
      ['/v1/models/nothing', ours],
      ['/v1/models/nothing', { error: { ...theirs.error, code: 'GONE' } }],
    ] as const)
      expect([path, body, issues(path, body)]).not.toEqual([path, body, 0]);
  });

  it('calls every operation, and every answer is what the document says, no more and no less', async () => {
    const answers: RecordedAnswer[] = [];
    const { useEverything } = runProgram<Program>(PROGRAM, () => openapiFetch);
    const result = await useEverything(server.url, recordingFetch(answers), mcp.url);

    expect(answers.flatMap((answer) => breaches(document, operations, answer))).toEqual([]);
    const succeeded = answers.filter(({ status }) => status < 300);
    const covered = new Set(succeeded.map((answer) => nameOf(operationOf(operations, answer)!)));
    const called = operations.map(nameOf).filter((name) => !ELSEWHERE.includes(name));
    expect([...covered].toSorted()).toEqual(called.toSorted());
    expect(result).toMatchObject({
      title: 'A typed thread',
      renamed: 'A typed thread, renamed',
      said: expectedText(6),
      // Two of them thought and not said.
      tokens: 8,
      streamed: expectedText(8),
      replayed: expectedText(6),
      tested: 10,
      ofMcp: ['One', 'Two'],
      ofMyself: ['Ada', 'Short.', 'Likes tides.'],
      hooks: 0,
      defined: ['true', 'typed', expect.stringMatching(/^(flowchart|stateDiagram)/)],
      partLength: 65_000,
      followed: 'Followed',
      cancelled: 'cancelled',
      marker: '[1]',
      passage: expect.stringContaining('Ottilie'),
      fileTitle: 'tides.md',
      steps: ['ask', 'clarify', 'summarise'],
      runStatus: 'waiting',
      database: 'up',
      provider: 'openai',
      providerState: 'up',
      model: expect.stringContaining('gpt-4o'),
      spentOn: ['chat', 'embeddings'],
      metrics: expect.stringMatching(/^# HELP /),
      branches: [2, 1],
      inputs: ['declined', 'accepted'],
      agreedTo: 'search_web',
      exported: expect.stringMatching(/^# A typed thread, renamed\n/),
      left: 0,
      refusals: [
        'NOT_FOUND',
        'INVALID_CURSOR',
        'UNKNOWN_WORKFLOW',
        'UNAUTHENTICATED',
        'VALIDATION_FAILED',
        'UNKNOWN_PROVIDER',
        'NOT_FOUND',
        'NOT_FOUND',
        'NOT_FOUND',
        'VALIDATION_FAILED',
        'VALIDATION_FAILED',
      ],
      chat: { said: expectedText(4), inThread: expectedText(5), streamed: expectedText(7) },
      messages: { said: expectedText(6), again: expectedText(6) },
      conversation: { pieces: expectedText(8), whole: expectedText(8) },
      agent: ['The tool says: 42', 'The tool says: 42', 'success', 'success'],
      openAi: {
        said: expectedText(5),
        streamed: expectedText(9),
        tokens: 9,
        tools: ['tool_0', 'tool_0'],
        reasoned: [expectedReasoning(3), expectedReasoning(3)],
        model: 'openai/gpt-4o-mini',
        vectors: [8, 8],
      },
      broken: ['PROVIDER_ERROR', 'PROVIDER_ERROR', 'PROVIDER_ERROR', 'PROVIDER_ERROR'],
      openAiRefusals: [
        'NOT_FOUND',
        'UNAUTHENTICATED',
        'VALIDATION_FAILED',
        'PROVIDER_NOT_CONFIGURED',
        'VALIDATION_FAILED',
      ],
    });
  });
});
