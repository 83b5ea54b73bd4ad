import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startAnthropicStandIn } from '../doubles/anthropic-stand-in.js';
import { expectedReasoning, expectedText, startOpenAiStandIn } from '../doubles/openai-stand-in.js';
import type { StandIn } from '../doubles/stand-in-server.js';
import { ledgerRows } from '../support/ledger.js';
import { stage } from '../support/stage.js';
import { startTestServer } from '../support/test-server.js';

const COMPLETIONS = '/v1/chat/completions';
const MODEL = 'openai/gpt-4o-mini';

const asking = (content: string, more: Record<string, unknown> = {}) => ({
  model: MODEL,
  messages: [{ role: 'user', content }],
  ...more,
});

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

describe('the wire of /v1', () => {
  const on = stage();

  it('of a stream is chunks with one head, the last of them without choices, and [DONE]', async () => {
    const before = Math.floor(Date.now() / 1_000);
    const { head, body } = await overSocket(
      on.server.url,
      on.alice.token,
      COMPLETIONS,
      asking('Say [[tokens=1 reasoning=1]]', {
        stream: true,
        stream_options: { include_usage: true },
      }),
    );
    expect(head).toMatch(/^http\/1.1 200 /);
    expect(head).toContain('content-type: text/event-stream; charset=utf-8');
    expect(head).toContain('cache-control: no-cache, no-transform');
    expect(head).toMatch(/^x-request-id: /m);
    const frames = dataOf(body);
    const { id, created } = JSON.parse(frames[0]!) as { id: string; created: number };
    expect(id).toMatch(/^chatcmpl-[0-9a-f]{32}$/);
    expect(created).toBeGreaterThanOrEqual(before);
    const shared = `{"id":"${id}","object":"chat.completion.chunk","created":${created},"model":"${MODEL}","system_fingerprint":null,"choices":[`;
    const delta = (json: string, reason = 'null') =>
      `${shared}{"index":0,"delta":${json},"logprobs":null,"finish_reason":${reason}}],"usage":null}`;
    expect(frames).toEqual([
      delta('{"role":"assistant","content":null,"refusal":null}'),
      delta(`{"reasoning_content":${JSON.stringify(expectedReasoning(1))}}`),
      delta(`{"content":"${expectedText(1)}"}`),
      delta('{}', '"stop"'),
      `${shared}],"usage":{"prompt_tokens":7,"completion_tokens":2,"total_tokens":9,"prompt_tokens_details":{"cached_tokens":0},"completion_tokens_details":{"reasoning_tokens":0}}}`,
      '[DONE]',
    ]);
    expect(body).toBe(frames.map((data) => `data: ${data}\n\n`).join(''));
  });

  it('of tool calls in a stream is one head for each and then its arguments, each with its place', async () => {
    const { body } = await overSocket(
      on.server.url,
      on.alice.token,
      COMPLETIONS,
      asking('[[tokens=0 tools=2]]', {
        stream: true,
        tools: [{ type: 'function', function: { name: 'tool_0' } }],
      }),
    );
    const deltas = dataOf(body)
      .slice(0, -1)
      .map((data) => JSON.parse(data).choices[0]);
    expect(deltas[0].delta).toEqual({ role: 'assistant', content: null, refusal: null });
    const pieces = deltas.slice(1, -1).map(({ delta }) => delta.tool_calls[0]);
    for (const index of [0, 1]) {
      const [head, ...more] = pieces.filter((piece) => piece.index === index);
      expect(head).toEqual({
        index,
        id: `call_${index}`,
        type: 'function',
        function: { name: `tool_${index}`, arguments: '' },
      });
      const texts = more.map((piece): string => piece.function.arguments);
      expect(more).toEqual(texts.map((text) => ({ index, function: { arguments: text } })));
      expect(texts.join('')).toBe(`{"city":"東京","index":${index}}`);
    }
    expect(deltas.at(-1)).toMatchObject({ delta: {}, finish_reason: 'tool_calls' });
  });

  it('of a stream that breaks ends with the error and without [DONE]', async () => {
    const { head, body } = await overSocket(
      on.server.url,
      on.alice.token,
      COMPLETIONS,
      asking('Break [[tokens=20 fault=cut:3]]', { stream: true }),
    );
    const frames = dataOf(body);
    expect(head).toMatch(/^http\/1.1 200 /);
    expect(frames.at(-2)).toContain('"delta":{"content":');
    expect(JSON.parse(frames.at(-1)!)).toEqual({
      error: {
        message: expect.any(String),
        type: 'server_error',
        param: null,
        code: 'PROVIDER_ERROR',
        retryable: true,
        details: expect.any(Object),
      },
    });
    expect(body).not.toContain('secret');
  });

  it('of a whole answer is one object to the letter', async () => {
    const { status, headers, body } = await on.alice.ask('POST', COMPLETIONS, asking('Say [[tokens=3]]'));
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(body).toEqual({
      id: expect.stringMatching(/^chatcmpl-[0-9a-f]{32}$/),
      object: 'chat.completion',
      created: expect.any(Number),
      model: MODEL,
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: expectedText(3), refusal: null },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: {
        prompt_tokens: 4,
        completion_tokens: 3,
        total_tokens: 7,
        prompt_tokens_details: { cached_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 0 },
      },
      system_fingerprint: null,
    });
  });

  it('lets fields pass that it does not know, and takes null for absent', async () => {
    const { status } = await on.alice.ask('POST', COMPLETIONS, {
      ...asking('Say [[tokens=1]]', { user: 'u', store: true, metadata: { a: 'b' }, service_tier: 'auto' }),
      tools: null,
      tool_choice: null,
      temperature: null,
      stop: null,
      n: 1,
      logprobs: false,
      stream_options: null,
      response_format: { type: 'text' },
      something_new: { of: 'theirs' },
    });
    expect(status).toBe(200);
    expect(on.standIn.requests.at(-1)!.body).not.toHaveProperty('user');
  });

  it('leaves no thread behind, and one row in the ledger that names none', async () => {
    const { body } = await on.alice.ask('POST', COMPLETIONS, asking('Nothing stays [[tokens=2]]'));
    expect((await on.alice.ask('GET', '/chat/threads')).body.threads).toEqual([]);
    const turnId = body.id.slice('chatcmpl-'.length).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    expect(await ledgerRows(on.server.connectionString, turnId)).toMatchObject([
      { provider: 'openai', model: 'gpt-4o-mini', outcome: 'completed', thread_id: null, output_tokens: 2 },
    ]);
  });

  it('frees a stream’s place when the stream is over', async () => {
    const server = await startTestServer({ OPENAI_URL: on.standIn.url, MAX_STREAMS_PER_USER: '1' });
    const alice = await server.user();
    const send = (content: string, signal?: AbortSignal) =>
      fetch(server.url + COMPLETIONS, {
        method: 'POST',
        headers: { authorization: `Bearer ${alice.token}`, 'content-type': 'application/json' },
        body: JSON.stringify(asking(content, { stream: true })),
        ...(signal === undefined ? {} : { signal }),
      });
    const controller = new AbortController();
    const open = await send('Stay [[tokens=5000 delay=5]]', controller.signal);
    expect(open.status).toBe(200);
    const refused = await send('Two [[tokens=1]]');
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('5');
    expect(await refused.json()).toMatchObject({ error: { type: 'rate_limit_error', code: 'RATE_LIMITED' } });
    controller.abort();
    await on.standIn.requests.at(-1)!.closed;
    const failing = async () => {
      const answer = await send('Broken [[fault=bad_request]]');
      await answer.text();
      return answer.status;
    };
    // The place is free a moment after its client has gone.
    while ((await failing()) === 429) await new Promise((resolve) => setTimeout(resolve, 10));
    // One that never began to stream gives its place back as well.
    expect(await failing()).toBe(502);
    expect(await (await send('Again [[tokens=1]]')).text()).toContain('[DONE]');
    await server.close();
  });

  it('is told that the server is stopping, in a stream that is open', async () => {
    const server = await startTestServer({ OPENAI_URL: on.standIn.url });
    const alice = await server.user();
    const answer = await fetch(server.url + COMPLETIONS, {
      method: 'POST',
      headers: { authorization: `Bearer ${alice.token}`, 'content-type': 'application/json' },
      body: JSON.stringify(asking('Go on [[tokens=5000 delay=5]]', { stream: true })),
    });
    const text = answer.text();
    await server.close();
    expect(JSON.parse(dataOf(await text).at(-1)!)).toMatchObject({
      error: { code: 'SHUTTING_DOWN', type: 'server_error', retryable: true },
    });
    await on.standIn.requests.at(-1)!.closed;
  });
});

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
