import { connect } from 'node:net';
import { expectedReasoning, expectedText } from '../doubles/openai-stand-in.js';
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
