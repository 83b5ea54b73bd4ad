import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { newId } from '../../src/kernel/index.js';
import { RETRIEVER, type Retriever } from '../../src/rag/index.js';
import { newCaller, ragApp } from '../support/rag-app.js';

const on = ragApp();
const { call, put } = on;

describe('the routes of the rag module', () => {
  it.each([
    ['POST', '/rag/documents'],
    ['GET', '/rag/documents'],
    ['GET', '/rag/documents/x'],
    ['DELETE', '/rag/documents/x'],
    ['POST', '/rag/search'],
  ] as const)('let nobody call %s %s without a token', async (method, url) => {
    expect((await on.app.inject({ method, url })).statusCode).toBe(401);
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
    const passages = await on.app.get<Retriever>(RETRIEVER).retrieve(caller, 'How many days of vacation?', 3);
    expect(passages).toMatchObject([{ marker: '[1]', documentId: id, title: 'Leave' }]);
  });

  it('describes its requests and answers in the OpenAPI document', () => {
    const document = SwaggerModule.createDocument(on.app, new DocumentBuilder().build());
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
