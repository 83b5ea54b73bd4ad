import { type Document, MAX_DOCUMENT_BYTES, newCaller, ragApp } from '../support/rag-app.js';

function formOf(
  file: { content: string | Uint8Array<ArrayBuffer>; type?: string; name: string },
  fields: Record<string, string> = {},
): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append('file', new Blob([file.content], { type: file.type ?? '' }), file.name);
  return form;
}

const on = ragApp();
const { call, headersOf, put, untilReady } = on;

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
    const answer = await on.app.inject({
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
