import { connect } from 'node:net';
import { once } from 'node:events';
import { Body, Controller, Get, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { jsonObject } from '../../src/platform/http/index.js';
import { startTestApp, type TestApp } from './http-test-app.js';

const anything = z.object({ data: jsonObject });
const query = z.strictObject({ q: z.string().optional() });

@Controller()
class EchoController {
  @Post('echo')
  echo(@Body({ schema: anything }) { data }: z.output<typeof anything>) {
    return { data, isPolluted: ({} as Record<string, unknown>)['polluted'] !== undefined };
  }

  @Get('echo')
  find(@Query({ schema: query }) given: z.output<typeof query>) {
    return given;
  }

  @Get('models/*')
  rest() {
    return { ok: true };
  }
}

let edge: TestApp;
let token: string;

beforeAll(async () => {
  edge = await startTestApp({ RATE_LIMIT: 'off' }, undefined, EchoController);
  token = await edge.token();
});

afterAll(() => edge.app.close());

async function post(body: string | Uint8Array<ArrayBuffer>, headers: Readonly<Record<string, string>> = {}) {
  const response = await edge.fetch('/echo', {
    method: 'POST',
    token,
    body,
    headers: { 'content-type': 'application/json', ...headers },
  });
  const text = await response.text();
  return { status: response.status, text, body: JSON.parse(text) as Record<string, unknown> };
}

const bytes = (...parts: readonly (string | readonly number[])[]) =>
  new Uint8Array(Buffer.concat(parts.map((part) => Buffer.from(part as string))));

describe('a body', () => {
  it.each(['gzip', 'deflate', 'br', 'zstd', 'identity, gzip', 'x-unknown'])(
    'that is compressed (%s) is not taken',
    async (encoding) => {
      expect(await post('{"data":{}}', { 'content-encoding': encoding })).toMatchObject({
        status: 415,
        body: { code: 'UNSUPPORTED_MEDIA_TYPE' },
      });
    },
  );

  it('that says it is not compressed is taken', async () => {
    expect((await post('{"data":{}}', { 'content-encoding': 'Identity' })).status).toBe(201);
  });

  it.each([
    ['a byte that is none of UTF-8', bytes('{"data":{"a":"', [0xff], '"}}')],
    ['a character cut short', bytes('{"data":{"a":"', [0xe4, 0xb8], '"}}')],
    ['a surrogate written as bytes', bytes('{"data":{"a":"', [0xed, 0xa0, 0x80], '"}}')],
    ['an overlong form', bytes('{"data":{"a":"', [0xc0, 0xaf], '"}}')],
    ['a name in Latin-1', bytes('{"data":{"', [0xe9], '":1}}')],
    ['UTF-16', new Uint8Array(Buffer.from('\ufeff{"data":{}}', 'utf16le'))],
  ])('that holds %s is refused, and not mended', async (_what, body) => {
    expect(await post(body)).toMatchObject({ status: 400, body: { code: 'VALIDATION_FAILED' } });
  });

  it('may begin with a byte order mark, and hold the replacement character itself', async () => {
    expect((await post('\ufeff{"data":{"a":"\ufffd😀"}}')).body['data']).toEqual({ a: '\ufffd😀' });
  });

  it.each(['1e999', '-1e999', '1E+400', '9'.repeat(400), '1e-999', '-2.5e-400', `0.${'0'.repeat(400)}1`])(
    'that holds the number %s is refused: nothing of it would be left',
    async (number) => {
      for (const body of [`{"data":{"a":${number}}}`, `{"data":{"a":[{"b":${number} }]}}`])
        expect(await post(body)).toMatchObject({ status: 400, body: { code: 'VALIDATION_FAILED' } });
    },
  );

  it('may hold any other number', async () => {
    const text = '{"a":[0e999,0.0,-0.5E-3,1e21,123456789012345680000,5e-324,1.7976931348623157e308]}';
    expect((await post(`{"data":${text}}`)).body['data']).toEqual(JSON.parse(text));
  });

  it.each([
    ['deep', '['.repeat(400_000)],
    ['deep in objects', '{"a":'.repeat(100_000)],
    ['wide in values', `{"data":{"a":[${'0,'.repeat(260_000)}0]}}`],
    ['wide in objects', `{"data":{"a":[${'{},'.repeat(260_000)}0]}}`],
    ['wide in fields', `{"data":{${Array.from({ length: 60_000 }, (_, index) => `"${index}":0`).join()}}}`],
    ['no JSON, and much of it', '"a" '.repeat(250_000)],
  ])('that is %s is refused', async (_what, body) => {
    const answer = await post(body);
    expect(answer).toMatchObject({ status: 400, body: { code: 'VALIDATION_FAILED' } });
    expect(answer.text).not.toContain('issues');
  });

  it('may have as many values and fields as a large request of a client', async () => {
    const vectors = `[${'12345,'.repeat(150_000)}0]`;
    expect((await post(`{"data":{"a":${vectors}}}`)).status).toBe(201);
    const fields = Object.fromEntries(
      Array.from({ length: 20_000 }, (_, index) => [`field ${index}`, 'a "b"']),
    );
    expect((await post(JSON.stringify({ data: fields }))).body['data']).toEqual(fields);
  });

  it.each([
    '{"constructor":1,"prototype":2}',
    '{"constructor":{"prototype":{"polluted":true}}}',
    '{"__proto__":{"polluted":true},"b":1}',
    '{"a":{"__proto__":null,"constructor":"x","prototype":[{"__proto__":1}]}}',
    '{"\\u005f_proto__":"escaped","toString":1,"hasOwnProperty":2,"__defineGetter__":3}',
  ])('keeps the fields of data, whatever their names: %s', async (data) => {
    const answer = await post(`{"data":${data}}`);
    expect(answer.status).toBe(201);
    expect(answer.text).toBe(`{"data":${JSON.stringify(JSON.parse(data))},"isPolluted":false}`);
  });

  it('has the last of two fields of one name', async () => {
    expect((await post('{"data":{"a":1,"a":2}}')).body['data']).toEqual({ a: 2 });
  });

  it.each(['\\n', '\\"', '\\\\', '\\\\\\"', 'é', '\\u4e2d', '\\ud83d\\ude00 \\u0041', 'a'])(
    'is read to its end where its texts are full of %s',
    async (part) => {
      for (const count of [1, 50, 70, 5_000, 30_000]) {
        const data = `{"a":"${part.repeat(count)}","b":"${'x'.repeat(count)}${part}"}`;
        expect((await post(`{"data":${data}}`)).body['data']).toEqual(JSON.parse(data));
        expect((await post(`{"data":{"a":"${part.repeat(count)}","b":1e999}}`)).status).toBe(400);
      }
    },
  );
});

describe('an address', () => {
  it.each(['/echo?q=%ff', '/echo?q=a%20%c3', '/echo?%ff=a', '/echo?q=%ed%a0%80', '/echo?q=%c0%80'])(
    'whose query string is no UTF-8 is refused: %s',
    async (path) => {
      const response = await edge.fetch(path, { token });
      expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([
        400,
        'VALIDATION_FAILED',
      ]);
    },
  );

  it.each(['/models/%ff', '/models/a%2f%c3', '/%ff', '/echo%e4%b8', '/models/%zz'])(
    'whose path is no UTF-8 is refused: %s',
    async (path) => {
      const response = await edge.fetch(path, { token });
      expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([
        400,
        'VALIDATION_FAILED',
      ]);
    },
  );

  it('may hold every character, and a percent sign that escapes nothing', async () => {
    const read = async (path: string) => (await edge.fetch(path, { token })).json();
    expect(await read(`/echo?q=${encodeURIComponent('中😀 é%')}`)).toEqual({ q: '中😀 é%' });
    expect(await read('/echo?q=100%')).toEqual({ q: '100%' });
  });

  it('is refused when it is sent as bytes', async () => {
    const socket = connect(Number(new URL(edge.origin).port), '127.0.0.1');
    socket.write(Buffer.from('GET /echo?q=\xff HTTP/1.1\r\nHost: localhost\r\n\r\n', 'latin1'));
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    expect(chunk.toString()).toMatch(/^HTTP\/1\.1 400 /);
    socket.destroy();
  });
});
