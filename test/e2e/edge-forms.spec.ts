import { startTestServer, type TestServer } from '../support/test-server.js';
import type { TestUser } from '../support/test-user.js';

describe('a document that comes as a form', () => {
  let server: TestServer;
  let user: TestUser;
  beforeAll(async () => {
    server = await startTestServer({ MAX_DOCUMENT_BYTES: '4000' });
    user = await server.user();
  });
  afterAll(() => server?.close());

  type Part = string | readonly number[];

  /** The rest of the `Content-Disposition` of a part, and its bytes. */
  type FormPart = readonly [readonly Part[], readonly Part[]];

  async function send(...parts: readonly FormPart[]) {
    const pieces: Part[] = parts.flatMap(([named, value]) => [
      '--xyz\r\nContent-Disposition: form-data; name="',
      ...named,
      '"\r\n\r\n',
      ...value,
      '\r\n',
    ]);
    const body = Buffer.concat([...pieces, '--xyz--\r\n'].map((piece) => Buffer.from(piece as string)));
    const response = await fetch(`${server.url}/rag/documents`, {
      method: 'POST',
      headers: { authorization: `Bearer ${user.token}`, 'content-type': 'multipart/form-data; boundary=xyz' },
      body,
    });
    const text = await response.text();

    return { status: response.status, text, body: JSON.parse(text) };
  }

  const file: FormPart = [['file"; filename="a.txt'], ['Some words.']];

  it.each<readonly [string, readonly FormPart[]]>([
    ['the file', [[['file"; filename="a.txt'], ['Some ', [0xff], ' words.']]]],
    ['the name of the file', [[['file"; filename="a', [0xe9], '.txt'], ['Some words.']]]],
    ['a field', [file, [['title'], ['caf', [0xe9]]]]],
    ['a field cut short', [file, [['source'], ['caf', [0xc3]]]]],
    ['the metadata', [file, [['metadata'], ['{"a":"', [0xff], '"}']]]],
    ['the name of a field', [file, [['tit', [0xff], 'le'], ['A title']]]],
  ])('is refused when %s is no UTF-8', async (_what, parts) => {
    const answer = await send(...parts);
    expect([answer.status, answer.body.code]).toEqual([400, 'VALIDATION_FAILED']);
    expect((await user.ask('GET', '/rag/documents')).body.documents).toEqual([]);
  });

  it.each(['{"a":1e999}', '{"a":"\\u0000"}', '{"a":"\\ud800"}', '['.repeat(20_000)])(
    'is refused with metadata that cannot be kept (%#)',
    async (metadata) => {
      const answer = await send(file, [['metadata'], [metadata]]);
      expect([answer.status, answer.body.code]).toEqual([400, 'VALIDATION_FAILED']);
    },
  );

  it('is told how large a file may be, and that a field may not be as large', async () => {
    const large = await send([['file"; filename="a.txt'], ['a'.repeat(5_000)]]);
    expect([large.status, large.body.code, large.body.details]).toEqual([
      413,
      'PAYLOAD_TOO_LARGE',
      { limit: 4_000 },
    ]);
    expect((await send(file, [['source'], ['a'.repeat(70_000)]])).status).toBeGreaterThanOrEqual(400);
  });

  it('keeps its texts and its metadata to the letter', async () => {
    const metadata = '{"constructor":{"prototype":1},"b":"é"}';
    const answer = await send(file, [['title'], ['Ünï😀 \ufffd']], [['metadata'], [metadata]]);
    expect(answer.status).toBe(202);
    expect(answer.body.document).toMatchObject({ title: 'Ünï😀 \ufffd', contentType: 'text/plain' });
    expect(answer.body.document.metadata).toEqual(JSON.parse(metadata));
  });
});
