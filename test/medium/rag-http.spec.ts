import { setTimeout as sleep } from 'node:timers/promises';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { Test } from '@nestjs/testing';
import { newId, type Caller } from '../../src/kernel/index.js';
import { DevTokens, OWNED_THREAD_SQL } from '../../src/platform/auth/index.js';
import { ConfigModule, loadConfig } from '../../src/platform/config/index.js';
import { DatabaseModule } from '../../src/platform/database/index.js';
import { configureHttp, createAdapter, EdgeModule } from '../../src/platform/http/index.js';
import { TelemetryModule } from '../../src/platform/telemetry/index.js';
import { RagModule, RETRIEVER, type Retriever } from '../../src/rag/index.js';
import * as threadSql from '../../src/thread/adapters/thread-sql.js';
import { testDatabase } from '../setup/test-database.js';

const MAX_DOCUMENT_BYTES = 20_000;

let app: NestFastifyApplication;

beforeAll(async () => {
  const { connectionString } = await testDatabase();
  const config = loadConfig({ MAX_DOCUMENT_BYTES: String(MAX_DOCUMENT_BYTES), RATE_LIMIT: 'off' });
  const ownedThread = { provide: OWNED_THREAD_SQL, useValue: threadSql.ownedThread };
  const testing = await Test.createTestingModule({
    imports: [
      ConfigModule.with(config),
      DatabaseModule.connect(connectionString),
      TelemetryModule,
      { module: class Threads {}, global: true, providers: [ownedThread], exports: [ownedThread] },
      EdgeModule,
      RagModule,
    ],
  }).compile();
  app = testing.createNestApplication<NestFastifyApplication>(createAdapter(config), { logger: false });
  await configureHttp(app, config);
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
});

afterAll(async () => {
  await app.close();
});

function newCaller(given: Partial<Caller> = {}): Caller {
  const everyone = { roles: ['user'], clearance: 'internal', name: undefined, email: undefined } as const;
  return { id: newId(), org: newId(), ...everyone, ...given };
}

async function call(caller: Caller, method: 'GET' | 'POST' | 'DELETE', url: string, body?: unknown) {
  const headers = await headersOf(caller);
  const answer =
    body instanceof FormData
      ? await inject(method, url, headers, new Response(body))
      : await app.inject({
          method,
          url,
          headers,
          ...(body === undefined ? {} : { payload: body as object }),
        });
  return { status: answer.statusCode, body: (answer.body === '' ? undefined : answer.json()) as never };
}

async function headersOf({ id, ...claims }: Caller): Promise<Record<string, string>> {
  const { token } = await app.get(DevTokens, { strict: false }).issue({ sub: id, ...claims });
  return { authorization: `Bearer ${token}` };
}

async function inject(
  method: 'GET' | 'POST' | 'DELETE',
  url: string,
  headers: Record<string, string>,
  form: Response,
) {
  const type = { 'content-type': form.headers.get('content-type')! };
  return app.inject({
    method,
    url,
    headers: { ...headers, ...type },
    payload: Buffer.from(await form.arrayBuffer()),
  });
}

async function put(caller: Caller, body: unknown): Promise<Document> {
  const { status, body: answer } = await call(caller, 'POST', '/rag/documents', body);
  expect(status).toBe(202);
  return untilReady(caller, (answer as { document: Document }).document.id);
}

interface Document {
  readonly id: string;
  readonly title: string;
  readonly status: string;
}

async function untilReady(caller: Caller, id: string): Promise<Document> {
  for (;;) {
    const { document } = (await call(caller, 'GET', `/rag/documents/${id}`)).body as { document: Document };
    if (document.status === 'ready') return document;
    expect(['queued', 'processing']).toContain(document.status);
    await sleep(10);
  }
}

function formOf(
  file: { content: string | Uint8Array<ArrayBuffer>; type?: string; name: string },
  fields: Record<string, string> = {},
): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append('file', new Blob([file.content], { type: file.type ?? '' }), file.name);
  return form;
}

describe('the routes of the rag module', () => {
  it.each([
    ['POST', '/rag/documents'],
    ['GET', '/rag/documents'],
    ['GET', '/rag/documents/x'],
    ['DELETE', '/rag/documents/x'],
    ['POST', '/rag/search'],
  ] as const)('let nobody call %s %s without a token', async (method, url) => {
    expect((await app.inject({ method, url })).statusCode).toBe(401);
  });
});

describe('POST /rag/documents', () => {
  it('takes a document as JSON', async () => {
    const caller = newCaller();
    const { status, body } = await call(caller, 'POST', '/rag/documents', {
      title: 'Leave',
      content: 'Thirty days.',
    });
    expect(status).toBe(202);
    const { id } = (body as { document: Document }).document;
    expect({ document: await untilReady(caller, id) }).toEqual({
      document: {
        id: expect.any(String),
        title: 'Leave',
        source: null,
        contentType: 'text/plain',
        securityLevel: 'internal',
        visibility: 'org',
        status: 'ready',
        chunkCount: 1,
        bytes: 12,
        metadata: {},
        error: null,
        createdAt: expect.any(String),
        updatedAt: expect.any(String),
      },
    });
  });

  it('takes a document as a file, with what the form says about it', async () => {
    const fields = {
      title: 'Hand-book',
      securityLevel: 'public',
      visibility: 'private',
      metadata: '{"year":2026}',
    };
    const document = await put(
      newCaller(),
      formOf({ content: '# Ünïcode\n', type: 'text/markdown', name: 'a.md' }, fields),
    );
    expect(document).toMatchObject({
      title: 'Hand-book',
      contentType: 'text/markdown',
      securityLevel: 'public',
      visibility: 'private',
      metadata: { year: 2026 },
      bytes: 12,
    });
  });

  it.each([
    [{ name: 'notes.md' }, 'text/markdown'],
    [{ name: 'notes.MD', type: 'text/plain' }, 'text/markdown'],
    [{ name: 'notes.txt' }, 'text/plain'],
    [{ name: 'notes', type: 'text/plain;charset=utf-8' }, 'text/plain'],
  ])('reads title and type of %j from the file', async (file, contentType) => {
    const document = await put(newCaller(), formOf({ content: 'Words.', ...file }));
    expect(document).toMatchObject({ title: file.name, contentType });
  });

  it('takes an empty field of a form for one that was not filled in', async () => {
    const fields = { title: '', securityLevel: '', metadata: '' };
    const document = await put(newCaller(), formOf({ content: 'Words.', name: 'a.txt' }, fields));
    expect(document).toMatchObject({ title: 'a.txt', securityLevel: 'internal', metadata: {} });
  });

  it('does not count a byte order mark as content', async () => {
    expect(await put(newCaller(), formOf({ content: '\ufeffWords.', name: 'a.txt' }))).toMatchObject({
      bytes: 6,
    });
  });

  it('takes a file of exactly the largest size', async () => {
    const content = 'word '.repeat(MAX_DOCUMENT_BYTES / 5);
    expect(await put(newCaller(), formOf({ content, name: 'a.txt' }))).toMatchObject({
      bytes: MAX_DOCUMENT_BYTES,
    });
  });

  it.each([
    [
      'a type it cannot read',
      { content: '%PDF', type: 'application/pdf', name: 'a.pdf' },
      {},
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    ['a file of an unknown type', { content: 'x', name: 'a.bin' }, {}, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    [
      'a file that is not UTF-8',
      { content: new Uint8Array([0x66, 0xfc]), name: 'a.txt' },
      {},
      400,
      'VALIDATION_FAILED',
    ],
    ['a file with U+0000', { content: 'a\0b', name: 'a.txt' }, {}, 400, 'VALIDATION_FAILED'],
    ['an empty file', { content: '', name: 'a.txt' }, {}, 400, 'VALIDATION_FAILED'],
    ['a file too large', { content: 'x'.repeat(20_001), name: 'a.txt' }, {}, 413, 'PAYLOAD_TOO_LARGE'],
    ['an unknown field', { content: 'x', name: 'a.txt' }, { colour: 'red' }, 400, 'VALIDATION_FAILED'],
    ['a second content', { content: 'x', name: 'a.txt' }, { content: 'y' }, 400, 'VALIDATION_FAILED'],
    [
      'metadata that is not JSON',
      { content: 'x', name: 'a.txt' },
      { metadata: '{' },
      400,
      'VALIDATION_FAILED',
    ],
    [
      'metadata that is no object',
      { content: 'x', name: 'a.txt' },
      { metadata: '[1]' },
      400,
      'VALIDATION_FAILED',
    ],
    [
      'a level above the caller',
      { content: 'x', name: 'a.txt' },
      { securityLevel: 'restricted' },
      403,
      'FORBIDDEN',
    ],
  ])('refuses, in a form, %s', async (_what, file, fields, status, code) => {
    const caller = newCaller();
    const answer = await call(caller, 'POST', '/rag/documents', formOf(file, fields));
    expect([answer.status, (answer.body as { code: string }).code]).toEqual([status, code]);
    expect((await call(caller, 'GET', '/rag/documents')).body).toEqual({ documents: [], nextCursor: null });
  });

  it('refuses a second file and a form without one', async () => {
    const two = formOf({ content: 'x', name: 'a.txt' });
    two.append('file', new Blob(['y']), 'b.txt');
    expect((await call(newCaller(), 'POST', '/rag/documents', two)).status).toBe(413);
    const none = new FormData();
    none.append('title', 'Nothing');
    expect((await call(newCaller(), 'POST', '/rag/documents', none)).status).toBe(400);
  });

  it('refuses a form that breaks off', async () => {
    const answer = await app.inject({
      method: 'POST',
      url: '/rag/documents',
      headers: {
        ...(await headersOf(newCaller())),
        'content-type': 'multipart/form-data; boundary=xyz',
      },
      payload: '--xyz\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nabc',
    });
    expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([400, 'VALIDATION_FAILED']);
  });

  it.each([
    ['no title', { title: undefined }],
    ['a blank title', { title: ' ' }],
    ['a title too long', { title: 'x'.repeat(301) }],
    ['no content', { content: undefined }],
    ['blank content', { content: '\n' }],
    ['U+0000 in the content', { content: 'a\0b' }],
    ['U+0000 in the title', { title: 'a\0b' }],
    ['half a surrogate pair', { content: '\ud83d' }],
    ['a source too long', { source: 'x'.repeat(1_001) }],
    ['an unknown level', { securityLevel: 'secret' }],
    ['an unknown visibility', { visibility: 'world' }],
    ['an unknown field', { colour: 'red' }],
    ['metadata too large', { metadata: { a: 'x'.repeat(8_192) } }],
    ['metadata that is no object', { metadata: 'x' }],
  ])('refuses, as JSON, %s', async (_what, change) => {
    const { status, body } = await call(newCaller(), 'POST', '/rag/documents', {
      title: 'T',
      content: 'C',
      ...change,
    });
    expect([status, (body as { code: string }).code]).toEqual([400, 'VALIDATION_FAILED']);
  });

  it('refuses, as JSON, a type it cannot read, content too large and a level above the caller', async () => {
    const attempt = async (change: object) =>
      (await call(newCaller(), 'POST', '/rag/documents', { title: 'T', content: 'C', ...change })).status;
    expect(await attempt({ contentType: 'application/pdf' })).toBe(415);
    expect(await attempt({ content: 'é'.repeat(MAX_DOCUMENT_BYTES / 2 + 1) })).toBe(413);
    expect(await attempt({ securityLevel: 'confidential' })).toBe(403);
  });
});

describe('GET /rag/documents', () => {
  it('leads through all pages, newest first, each document once', async () => {
    const caller = newCaller();
    const titles = ['one', 'two', 'three', 'four', 'five'];
    for (const title of titles) await put(caller, { title, content: 'Words.' });
    const seen: string[] = [];
    let cursor: string | null = '';
    for (let pages = 1; cursor !== null; pages += 1) {
      const url: string = `/rag/documents?limit=2${cursor && `&cursor=${cursor}`}`;
      const page = (await call(caller, 'GET', url)).body as {
        documents: { title: string }[];
        nextCursor: string | null;
      };
      seen.push(...page.documents.map(({ title }) => title));
      cursor = page.nextCursor;
      if (cursor === null) expect(pages).toBe(3);
    }
    expect(seen).toEqual(titles.reverse());
  });

  it.each([
    ['cursor=nonsense', 'INVALID_CURSOR'],
    ['limit=0', 'VALIDATION_FAILED'],
    ['limit=201', 'VALIDATION_FAILED'],
    ['limit=x', 'VALIDATION_FAILED'],
    ['colour=red', 'VALIDATION_FAILED'],
  ])('refuses %s', async (query, code) => {
    const { status, body } = await call(newCaller(), 'GET', `/rag/documents?${query}`);
    expect([status, (body as { code: string }).code]).toEqual([400, code]);
  });
});

describe('GET and DELETE /rag/documents/:id', () => {
  it('answers 404 for what is not there, is no id or is not the caller’s to read', async () => {
    const { id } = await put(newCaller(), { title: 'T', content: 'C' });
    for (const method of ['GET', 'DELETE'] as const) {
      for (const name of [id, newId(), 'nonsense', "'%00"]) {
        const answer = await call(newCaller(), method, `/rag/documents/${encodeURIComponent(name)}`);
        expect([answer.status, (answer.body as { code: string }).code]).toEqual([404, 'NOT_FOUND']);
      }
    }
  });

  it('lets the owner and an admin of the org delete, and nobody else', async () => {
    const owner = newCaller();
    const colleague = newCaller({ org: owner.org });
    const admin = newCaller({ org: owner.org, roles: ['user', 'admin'] });
    for (const deleter of [owner, admin]) {
      const { id } = await put(owner, { title: 'T', content: 'Words to find.' });
      expect((await call(colleague, 'DELETE', `/rag/documents/${id}`)).status).toBe(403);
      expect((await call(colleague, 'GET', `/rag/documents/${id}`)).status).toBe(200);
      const deleted = await call(deleter, 'DELETE', `/rag/documents/${id}`);
      expect(deleted).toEqual({ status: 204, body: undefined });
      expect((await call(owner, 'GET', `/rag/documents/${id}`)).status).toBe(404);
      expect((await call(owner, 'POST', '/rag/search', { query: 'words' })).body).toEqual({ results: [] });
    }
  });
});

describe('POST /rag/search', () => {
  it('answers with passages, best first', async () => {
    const caller = newCaller();
    const { id } = await put(caller, {
      title: 'Leave',
      content: 'Vacation is thirty days.',
      contentType: 'text/markdown',
    });
    await put(caller, { title: 'Canteen', content: 'Lunch is at noon, on all days.' });
    const { status, body } = await call(caller, 'POST', '/rag/search', {
      query: 'vacation days',
      mode: 'hybrid',
      limit: 1,
    });
    expect(status).toBe(200);
    expect(body).toEqual({
      results: [
        {
          chunkId: expect.any(String),
          documentId: id,
          title: 'Leave',
          content: 'Vacation is thirty days.',
          score: expect.any(Number),
          offsets: { start: 0, end: 24 },
        },
      ],
    });
  });

  it('says that it cannot search by meaning', async () => {
    const { status, body } = await call(newCaller(), 'POST', '/rag/search', { query: 'x', mode: 'semantic' });
    expect(status).toBe(400);
    expect(body).toMatchObject({
      code: 'VALIDATION_FAILED',
      message: expect.stringContaining('lexical') as string,
    });
  });

  it.each([
    {},
    { query: '' },
    { query: '  ' },
    { query: 'x', limit: 0 },
    { query: 'x', mode: 'magic' },
    { query: 'x', filter: { documentIds: ['no'] } },
    { query: 'x', filter: { colour: 'red' } },
    { query: 'x', filter: { source: '\0' } },
  ])('refuses %j', async (question) => {
    const { status, body } = await call(newCaller(), 'POST', '/rag/search', question);
    expect([status, (body as { code: string }).code]).toEqual([400, 'VALIDATION_FAILED']);
  });
});

describe('the rag module', () => {
  it('gives the workflow a retriever that finds what was put in', async () => {
    const caller = newCaller();
    const { id } = await put(caller, { title: 'Leave', content: 'Vacation is thirty days.' });
    const passages = await app.get<Retriever>(RETRIEVER).retrieve(caller, 'How many days of vacation?', 3);
    expect(passages).toMatchObject([{ marker: '[1]', documentId: id, title: 'Leave' }]);
  });

  it('describes its requests and answers in the OpenAPI document', () => {
    const document = SwaggerModule.createDocument(app, new DocumentBuilder().build());
    const operations = document.paths['/rag/documents']!;
    const body = operations.post!.requestBody as {
      content: Record<string, { schema: { properties: object } }>;
    };
    expect(Object.keys(body.content['application/json']!.schema.properties)).toContain('content');
    expect(Object.keys(body.content['multipart/form-data']!.schema.properties)).toContain('file');
    const $ref = '#/components/schemas/Document';
    expect(operations.post!.responses['202']).toMatchObject({
      content: { 'application/json': { schema: { properties: { document: { $ref } } } } },
    });
    expect(document.components?.schemas?.['Document']).toMatchObject({ properties: { id: {} } });
    expect(operations.get!.parameters).toMatchObject([{ name: 'limit' }, { name: 'cursor' }]);
    expect(document.paths['/rag/search']!.post!.requestBody).toMatchObject({
      content: { 'application/json': { schema: { required: ['query'] } } },
    });
    expect(document.paths['/rag/search']!.post!.description).toContain('hybrid');
  });
});
