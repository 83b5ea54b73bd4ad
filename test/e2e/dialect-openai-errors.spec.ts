import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startAnthropicStandIn } from '../doubles/anthropic-stand-in.js';
import { expectedText, startOpenAiStandIn } from '../doubles/openai-stand-in.js';
import type { StandIn } from '../doubles/stand-in-server.js';
import { asking, COMPLETIONS, MODEL } from '../support/completions.js';
import { ledgerRows } from '../support/ledger.js';
import { stage } from '../support/stage.js';
import { startTestServer } from '../support/test-server.js';

/** A chunked answer as it came over the socket: its head, and its body without the chunks' sizes. */
async function overSocket(url: string, token: string, path: string, body: unknown) {
  const { hostname, port } = new URL(url);
  const json = JSON.stringify(body);
  const socket = connect(Number(port), hostname);
  const lines = [
    `POST ${path} HTTP/1.1`,
    `host: ${hostname}`,
    `authorization: Bearer ${token}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(json)}`,
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n${json}`);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) {
    chunks.push(chunk as Buffer);
    if (Buffer.concat(chunks.slice(-2)).includes('\r\n0\r\n\r\n')) break;
  }
  socket.destroy();
  const all = Buffer.concat(chunks);
  const end = all.indexOf('\r\n\r\n');
  const head = all.subarray(0, end).toString().toLowerCase();
  return { head, body: joined(all.subarray(end + 4)) };
}

function joined(chunked: Buffer): string {
  const parts: Buffer[] = [];
  let at = 0;
  for (;;) {
    const line = chunked.indexOf('\r\n', at);
    const size = Number.parseInt(chunked.subarray(at, line).toString(), 16);
    if (!(size > 0)) return Buffer.concat(parts).toString();
    parts.push(chunked.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
}

const dataOf = (text: string) =>
  text
    .split('\n\n')
    .filter((frame) => frame !== '')
    .map((frame) => frame.replace(/^data: /, ''));

describe('a provider that dies while it answers', () => {
  const on = stage();
  let spare: Awaited<ReturnType<typeof startOpenAiStandIn>>;
  let server: Awaited<ReturnType<typeof startTestServer>>;
  let folder: string;

  beforeAll(async () => {
    spare = await startOpenAiStandIn();
    folder = await mkdtemp(join(tmpdir(), 'threadline-openai-'));
    const file = join(folder, 'providers.json');
    const provider = { type: 'openai', url: spare.url, defaultModel: 'spare-model' };
    await writeFile(file, JSON.stringify({ providers: { spare: provider } }));
    server = await startTestServer({
      OPENAI_URL: on.standIn.url,
      LLM_PROVIDERS_FILE: file,
      LLM_FALLBACKS: 'spare',
      LLM_MAX_RETRIES: '0',
    });
  });

  afterAll(async () => {
    await server?.close();
    await spare?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('leaves nothing of what it said in a whole answer, which says who gave it', async () => {
    on.standIn.script({ tokens: 20, fault: 'cut', at: 5 });
    const alice = await server.user();
    const { status, body } = await alice.ask('POST', COMPLETIONS, asking('Go on [[tokens=4]]'));
    expect(status).toBe(200);
    expect(body.model).toBe('spare/spare-model');
    expect(body.choices[0].message.content).toBe(expectedText(4));
  });

  it('is followed by another one in a stream only before the first word', async () => {
    const alice = await server.user();
    const ask = async () => {
      const answer = await fetch(server.url + COMPLETIONS, {
        method: 'POST',
        headers: { authorization: `Bearer ${alice.token}`, 'content-type': 'application/json' },
        body: JSON.stringify(asking('Go on [[tokens=4]]', { stream: true })),
      });
      return dataOf(await answer.text());
    };
    on.standIn.script({ fault: 'cut', at: 0 });
    const early = await ask();
    expect(early.at(-1)).toBe('[DONE]');
    expect(early.slice(0, -1).every((data) => JSON.parse(data).model === 'spare/spare-model')).toBe(true);
    on.standIn.script({ tokens: 20, fault: 'cut', at: 5 });
    const late = await ask();
    expect(JSON.parse(late.at(-1)!).error.code).toBe('PROVIDER_ERROR');
    expect(late.slice(0, -1).every((data) => JSON.parse(data).model === MODEL)).toBe(true);
  });
});

describe('an answer that breaks inside the arguments of a tool call', () => {
  const filler = 'all the same '.repeat(100);
  const question = asking(`${filler}[[tokens=0 tools=1 fault=tool_cut]]`, {
    stream: true,
    tools: [{ type: 'function', function: { name: 'tool_0' } }],
  });

  it.each<[string, string, () => Promise<StandIn>, (url: string) => Record<string, string>]>([
    ['openai', MODEL, startOpenAiStandIn, (url) => ({ OPENAI_URL: url })],
    [
      'claude',
      'claude/claude-sonnet-4-5',
      startAnthropicStandIn,
      (url) => ({ ANTHROPIC_URL: url, ANTHROPIC_API_KEY: 'sk-ant-very-private' }),
    ],
  ])('of %s has given what came of them, and is billed for them and for the question', async (...wire) => {
    const [provider, model, start, settings] = wire;
    const standIn = await start();
    const server = await startTestServer(settings(standIn.url));
    try {
      const { token } = await server.user();
      const { body } = await overSocket(server.url, token, COMPLETIONS, { ...question, model });
      const chunks = dataOf(body).map((data) => JSON.parse(data));
      expect(chunks.at(-1)).toMatchObject({ error: { code: 'PROVIDER_ERROR' } });
      const pieces = chunks.flatMap(({ choices }) => choices?.[0].delta.tool_calls ?? []);
      const given = pieces.map((piece): string => piece.function.arguments).join('');
      expect(given).not.toBe('');
      expect('{"city":"東京","index":0}'.startsWith(given)).toBe(true);
      expect(standIn.requests).toHaveLength(1);
      const rows = await ledgerRows(server.connectionString);
      expect(rows).toMatchObject([{ provider, outcome: 'failed', estimated: true, retries: 0 }]);
      expect(rows[0]!.output_tokens).toBeGreaterThan(0);
      // As Anthropic says it at the start, which nobody would count so.
      if (provider === 'claude')
        expect(rows[0]!.input_tokens).toBe(Math.ceil(question.messages[0]!.content.length / 4));
      else expect(rows[0]!.input_tokens).toBeGreaterThan(200);
    } finally {
      await server.close();
      await standIn.close();
    }
  });
});

describe('an error below /v1', () => {
  const on = stage();
  const send = (path: string, init: RequestInit = {}) =>
    fetch(on.server.url + path, {
      ...init,
      headers: { authorization: `Bearer ${on.alice.token}`, ...(init.headers as Record<string, string>) },
    });
  const json = { 'content-type': 'application/json' };
  const post = (body: string, headers: Record<string, string> = json) => ({ method: 'POST', headers, body });

  const errors: readonly (readonly [string, string, RequestInit, number, string, string])[] = [
    ['a body that is no JSON', COMPLETIONS, post('{'), 400, 'VALIDATION_FAILED', 'invalid_request_error'],
    [
      'a body with NUL',
      COMPLETIONS,
      post('{"model":"\\u0000"}'),
      400,
      'VALIDATION_FAILED',
      'invalid_request_error',
    ],
    ['no body', COMPLETIONS, { method: 'POST' }, 400, 'VALIDATION_FAILED', 'invalid_request_error'],
    [
      'a form',
      COMPLETIONS,
      post('a=b', { 'content-type': 'application/x-www-form-urlencoded' }),
      415,
      'UNSUPPORTED_MEDIA_TYPE',
      'invalid_request_error',
    ],
    [
      'a body that is too large',
      COMPLETIONS,
      post(JSON.stringify('x'.repeat(1_100_000))),
      413,
      'PAYLOAD_TOO_LARGE',
      'invalid_request_error',
    ],
    ['an unknown address', '/v1/nothing/here?x=1', {}, 404, 'NOT_FOUND', 'not_found_error'],
    ['an unknown method', COMPLETIONS, {}, 404, 'NOT_FOUND', 'not_found_error'],
    ['the root itself', '/v1', {}, 404, 'NOT_FOUND', 'not_found_error'],
    ['a model without a name', '/v1/models/', {}, 404, 'NOT_FOUND', 'not_found_error'],
    [
      'a wrong token',
      '/v1/models',
      { headers: { authorization: 'Bearer nonsense' } },
      401,
      'UNAUTHENTICATED',
      'authentication_error',
    ],
    [
      'neither a text nor tokens',
      '/v1/embeddings',
      post(JSON.stringify({ model: 'text-embedding-3-small', input: [[1, 'x']] })),
      400,
      'VALIDATION_FAILED',
      'invalid_request_error',
    ],
  ];

  it.each(errors)('has OpenAI’s shape: %s', async (_name, path, init, status, code, type) => {
    const answer = await send(path, init);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(answer.headers.get('x-request-id')).toBeTruthy();
    expect(answer.headers.get('x-should-retry')).toBe('false');
    const body = (await answer.json()) as { error: object };
    expect(body).toEqual({
      error: {
        message: expect.any(String),
        type,
        param: null,
        code,
        retryable: false,
        details: expect.any(Object),
      },
    });
  });

  it('says what of an input is wrong', async () => {
    const answer = await send('/v1/embeddings', post(JSON.stringify({ model: 'm', input: [1.5] })));
    const { error } = (await answer.json()) as { error: { details: { issues: unknown } } };
    expect(error.details.issues).toEqual([
      { path: 'input', message: expect.stringContaining('neither a text nor its tokens') },
    ]);
  });

  it('is the only kind that has it', async () => {
    for (const path of ['/v10/models', '/v1x', '/chat/threads/nothing']) {
      const body = (await (await send(path)).json()) as Record<string, unknown>;
      expect(body).toMatchObject({ error: 'Not Found', code: 'NOT_FOUND', retryable: false });
    }
  });
});
