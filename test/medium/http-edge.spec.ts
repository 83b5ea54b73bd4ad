import { edgeApp } from './http-edge-app.js';

const JSON_TYPE = 'application/json';

const on = edgeApp();
const { call, post, raw } = on;

describe('errors', () => {
  it('answers an error of the catalogue with its body, its details and Retry-After in whole seconds', async () => {
    const { status, headers, body } = await call('/refused');
    expect(status).toBe(409);
    expect(headers.get('retry-after')).toBe('3');
    expect(body).toEqual({
      error: 'Conflict',
      message: 'Wait for the turn.',
      code: 'THREAD_BUSY',
      retryable: true,
      details: { turnId: 't' },
    });
  });

  it('tells nothing of an unexpected error but the id of the request, and logs it once with its stack', async () => {
    const { status, body } = await call('/broken', { headers: { 'x-request-id': 'broken-1' } });
    expect(status).toBe(500);
    expect(body).toMatchObject({ code: 'INTERNAL', details: { requestId: 'broken-1' } });
    expect(JSON.stringify(body)).not.toContain('swordfish');
    const lines = on.edge.logs.filter((line) => line.includes('swordfish'));
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0]!)).toMatchObject({
      level: 'error',
      requestId: 'broken-1',
      err: { type: 'Error', stack: expect.stringContaining('    at ') as unknown },
    });
  });

  it('answers an unknown address, and a method that a route has not, with NOT_FOUND', async () => {
    expect(await call('/nowhere')).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    expect(await call('/whoami', { method: 'PUT' })).toMatchObject({
      status: 404,
      body: { code: 'NOT_FOUND' },
    });
  });

  it('answers an address that cannot be decoded with its body and a request id', async () => {
    const { status, headers, body } = await call('/%ff');
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: 'VALIDATION_FAILED', details: {} });
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('answers a parameter that is longer than any id with NOT_FOUND', async () => {
    expect(await call(`/things/${'a'.repeat(600)}`)).toMatchObject({
      status: 404,
      body: { code: 'NOT_FOUND' },
    });
  });

  it('answers what is not HTTP with its body and a request id', async () => {
    const answer = await raw('NONSENSE\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(answer).toMatch(/x-request-id: /i);
    expect(JSON.parse(answer.split('\r\n\r\n')[1]!)).toMatchObject({ code: 'VALIDATION_FAILED' });
  });

  it('answers headers that are too large with PAYLOAD_TOO_LARGE', async () => {
    const answer = await raw(
      `GET /health HTTP/1.1\r\nHost: localhost\r\nX-Long: ${'a'.repeat(20_000)}\r\n\r\n`,
    );
    expect(JSON.parse(answer.split('\r\n\r\n')[1]!)).toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
  });
});

describe('request ids', () => {
  it('takes over an id of the client that is fit for a header and a log', async () => {
    const { headers } = await call('/health', { headers: { 'x-request-id': 'Trace_1.a-b' } });
    expect(headers.get('x-request-id')).toBe('Trace_1.a-b');
  });

  it.each(['has spaces', 'a'.repeat(129), '<script>'])(
    'makes one of its own in place of %j',
    async (given) => {
      const { headers } = await call('/health', { headers: { 'x-request-id': given } });
      expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    },
  );
});

describe('bodies', () => {
  it('says where a body is wrong, and never what was sent', async () => {
    const { status, body } = await post('/notes', JSON.stringify({ text: 7_654_321, extra: 'x' }), JSON_TYPE);
    expect(status).toBe(400);
    expect(body.code).toBe('VALIDATION_FAILED');
    expect(body.details?.['issues']).toEqual(
      expect.arrayContaining([{ path: 'text', message: expect.any(String) as unknown }]),
    );
    expect(JSON.stringify(body)).not.toContain('7654321');
  });

  it('names twenty issues at most', async () => {
    const tags = Array.from({ length: 100 }, () => 1);
    const { body } = await post('/notes', JSON.stringify({ text: '', tags }), JSON_TYPE);
    expect(body.details?.['issues']).toHaveLength(20);
  });

  it.each([
    ['malformed JSON', '{"text":'],
    ['JSON nested beyond all use', '['.repeat(100) + ']'.repeat(100)],
    ['an escaped NUL', '{"text":"a\\u0000b"}'],
    ['half a character', '{"text":"\\ud83d"}'],
    ['the second half of a character', '{"text":"\\ude00 "}'],
  ])('refuses %s', async (_what, body) => {
    expect(await post('/notes', body, JSON_TYPE)).toMatchObject({
      status: 400,
      body: { code: 'VALIDATION_FAILED' },
    });
  });

  it('takes escapes that only look like those', async () => {
    const text = '"\\ud83d\\ude00 \\\\u0000 \\\\\\\\ud83d"';
    expect(await post('/notes', `{"text":${text}}`, JSON_TYPE)).toMatchObject({
      status: 201,
      body: { length: (JSON.parse(text) as string).length },
    });
  });

  it('drops keys that would reach into prototypes', async () => {
    const body = '{"text":"a","__proto__":{"tags":["b"]}}';
    expect(await post('/notes', body, JSON_TYPE)).toMatchObject({ status: 201 });
  });

  it('refuses a body over the limit, whether or not it says so first', async () => {
    const long = JSON.stringify({ text: 'a'.repeat(3_000) });
    expect(await post('/notes', long, JSON_TYPE)).toMatchObject({
      status: 413,
      body: { code: 'PAYLOAD_TOO_LARGE' },
    });
    const chunked = new Blob([long]).stream();
    const init = { method: 'POST', body: chunked, duplex: 'half', headers: { 'content-type': JSON_TYPE } };
    expect(await call('/notes', init as RequestInit)).toMatchObject({
      status: 413,
      body: { code: 'PAYLOAD_TOO_LARGE' },
    });
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
  ])('refuses %s, which a foreign page could post', async (type) => {
    expect(await post('/notes', '{"text":"a"}', type)).toMatchObject({
      status: 415,
      body: { code: 'UNSUPPORTED_MEDIA_TYPE' },
    });
  });

  it('refuses a body without a type', async () => {
    expect(await post('/notes', new Blob(['{"text":"a"}']))).toMatchObject({ status: 415 });
  });

  it('needs no body where a route takes none, with or without a type', async () => {
    const path = '/things/01890a5d-ac96-774b-bcce-b302099a8057/cancel';
    expect(await post(path)).toMatchObject({ status: 201 });
    expect(await post(path, '', JSON_TYPE)).toMatchObject({ status: 201 });
    expect(await call(path, { method: 'POST', headers: { 'content-type': JSON_TYPE } })).toMatchObject({
      status: 201,
    });
  });

  it('takes a file, and JSON as long as a document, where files are taken', async () => {
    const form = new FormData();
    form.set('file', new Blob(['a'.repeat(3_500)]), 'a.txt');
    expect(await post('/files', form)).toMatchObject({ status: 201, body: { bytes: 3_500 } });
    expect(await post('/files', JSON.stringify({ text: 'a'.repeat(4_000) }), JSON_TYPE)).toMatchObject({
      status: 201,
      body: { bytes: 4_000 },
    });
  });

  it('refuses a file over the limit', async () => {
    const form = new FormData();
    form.set('file', new Blob(['a'.repeat(5_000)]), 'a.txt');
    expect(await post('/files', form)).toMatchObject({ status: 413, body: { code: 'PAYLOAD_TOO_LARGE' } });
  });
});
