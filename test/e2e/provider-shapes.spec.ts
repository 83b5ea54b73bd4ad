import { startScriptedProvider, type ScriptedProvider, type Step } from '../doubles/scripted-provider.js';
import { ledgerRows } from '../support/ledger.js';
import { framesUntil, textOf } from '../support/sse-client.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import type { TestUser } from '../support/test-user.js';

const SSE = 'text/event-stream';
const JSON_TYPE = 'application/json';
const frame = (data: unknown) => `data: ${JSON.stringify(data)}\n\n`;

// OpenAI's wire.
const choice = (more: object) => frame({ choices: [{ index: 0, ...more }] });
const delta = (said: object, finish_reason: unknown = null) => choice({ delta: said, finish_reason });
const words = (text: string) => delta({ content: text });
const STOP = delta({}, 'stop');
const DONE = 'data: [DONE]\n\n';
/** Three chunks with this for their finish reason, over longer than the end of an answer is waited for. */
const slowly = (finish: string): readonly Step[] => [
  delta({ content: 'a' }, finish),
  { pauseMs: 1_200 },
  delta({ content: 'b' }, finish),
  { pauseMs: 1_200 },
  delta({ content: 'c' }, finish) + STOP + DONE,
];
const slowlyOnly = (finish: string): readonly Step[] => [
  delta({ content: 'a' }, finish),
  { pauseMs: 1_200 },
  delta({ content: 'bc' }, finish),
];
const usage = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 };
const completion = (more: object = {}, finish_reason: unknown = 'stop') => ({
  id: 'c',
  object: 'chat.completion',
  choices: [{ index: 0, message: { role: 'assistant', content: 'All of it.', ...more }, finish_reason }],
  usage,
});

const LONG = 'word '.repeat(240_000);

// Anthropic's.
const named = (event: { readonly type: string; readonly [field: string]: unknown }) =>
  `event: ${event.type}\n${frame(event)}`;
const BEGIN = named({ type: 'message_start', message: { role: 'assistant', content: [] } });
const block = (index: number, content_block: object) =>
  named({ type: 'content_block_start', index, content_block });
const grows = (index: number, piece: object) => named({ type: 'content_block_delta', index, delta: piece });
const text = (said: string, index = 0) => grows(index, { type: 'text_delta', text: said });
const close = (index: number) => named({ type: 'content_block_stop', index });
const endsFor = (stop_reason: unknown) => named({ type: 'message_delta', delta: { stop_reason } });
const MESSAGE_STOP = named({ type: 'message_stop' });

// Ollama's.
const line = (more: object) => `${JSON.stringify({ model: 'm', ...more })}\n`;
const says = (message: object) =>
  line({ message: { role: 'assistant', content: '', ...message }, done: false });
const OVER = line({ message: { role: 'assistant', content: '' }, done: true, done_reason: 'stop' });

interface Told {
  readonly text: string;
  readonly reasoning?: string;
  readonly finishReason?: string;
  readonly usage?: object;
}

/** What a server says, under which content type, and what its user reads; `undefined`: that it failed. */
type Row = readonly [
  name: string,
  body: string | readonly Step[],
  told: Told | undefined,
  contentType?: string | undefined,
  code?: string,
];

const OPENAI: readonly Row[] = [
  // What says nothing.
  ['an empty finish reason in every chunk', slowly(''), { text: 'abc' }],
  ['"null" for a finish reason in every chunk', slowly('null'), { text: 'abc' }],
  ['an end that comes with every chunk', slowly('stop'), { text: 'abc' }],
  ['an end of a kind that nobody knows in every chunk', slowly('FINISH_REASON_UNSPECIFIED'), { text: 'abc' }],
  [
    'a word for "not yet" in every chunk, and then the connection ends',
    slowlyOnly('running'),
    { text: 'abc' },
  ],
  [
    'a word for "not yet" in every chunk, and then nothing',
    [delta({ content: 'a' }, 'continue'), { pauseMs: 3_000 }],
    undefined,
    undefined,
    'PROVIDER_TIMEOUT',
  ],
  [
    'an end with its only words, and then nothing',
    [delta({ content: 'a' }, 'stop'), { pauseMs: 3_000 }],
    { text: 'a' },
  ],
  [
    'an end in every chunk, and then nothing',
    [delta({ content: 'a' }, 'stop') + delta({ content: 'b' }, 'stop'), { pauseMs: 3_000 }],
    { text: 'ab' },
  ],
  ['no finish reason but an empty one', delta({ content: 'a' }, '') + DONE, undefined],
  [
    'a finish reason of another vendor, in capitals',
    words('a') + delta({}, 'MAX_TOKENS'),
    { text: 'a', finishReason: 'length' },
  ],
  ['a finish reason that says it failed', words('a') + delta({}, 'MALFORMED_FUNCTION_CALL'), undefined],
  ['a finish reason that is no word', words('a') + delta({}, 7) + DONE, undefined],
  // Content of other shapes.
  [
    'content as a list of parts',
    delta({
      content: [
        { type: 'text', text: 'a' },
        { type: 'output_text', text: 'b' },
      ],
    }) + STOP,
    { text: 'ab' },
  ],
  [
    'content as thoughts and text',
    delta({
      content: [
        { type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] },
        { type: 'text', text: 'a' },
      ],
    }) + STOP,
    { text: 'a', reasoning: 'hm' },
  ],
  ['content as an object', delta({ content: { type: 'text', text: { value: 'a' } } }) + STOP, { text: 'a' }],
  [
    'a picture among the words',
    delta({
      content: [
        { type: 'text', text: 'a' },
        { type: 'image_url', image_url: { url: 'https://x.test' } },
      ],
    }) + STOP,
    undefined,
  ],
  ['content that is a number', words('a') + delta({ content: 5 }) + STOP, undefined],
  [
    'a part of a kind that nobody knows',
    words('a') + delta({ content: [{ type: 'hologram', data: 'x' }] }) + STOP,
    undefined,
  ],
  [
    'letters that no database takes',
    delta({ reasoning: 'h\0m\ud83d' }) + words('a\0b\ud83d') + STOP,
    { text: 'ab\ufffd', reasoning: 'hm\ufffd' },
  ],
  // The same under other names.
  ['words in the text of a delta', words('a') + delta({ text: 'b' }) + STOP + DONE, { text: 'ab' }],
  ['words in the output_text of a delta', delta({ output_text: 'a' }) + STOP + DONE, { text: 'a' }],
  [
    'words in the choice itself',
    choice({ content: 'a' }) + choice({ content: 'b' }) + STOP + DONE,
    { text: 'ab' },
  ],
  [
    'several deltas in a choice',
    choice({ deltas: [{ content: 'a' }, { text: 'b' }] }) + STOP + DONE,
    { text: 'ab' },
  ],
  [
    'a part with its words under the name of its kind',
    delta({ content: [{ type: 'markdown', markdown: 'a' }] }) + STOP,
    { text: 'a' },
  ],
  [
    'a part of text with its words where nobody knows of',
    words('a') + delta({ content: [{ type: 'text', sentence: 'b' }] }) + STOP,
    undefined,
  ],
  ['words where nobody knows of', delta({ role: 'assistant', utterance: 'a' }) + STOP + DONE, undefined],
  [
    'words of a message where nobody knows of',
    JSON.stringify(completion({ content: '', utterance: 'a' })),
    undefined,
    JSON_TYPE,
  ],
  ['words of a choice where nobody knows of', choice({ answer: 'a' }) + STOP + DONE, undefined],
  [
    'an empty answer with things beside it',
    choice({
      delta: { role: 'assistant', content: '', annotations: [{ a: 1 }], provider_specific_fields: { a: 1 } },
      logprobs: { content: [] },
      native_finish_reason: 'x',
    }) +
      STOP +
      DONE,
    { text: '' },
  ],
  ['an end in tool calls without any', words('a') + delta({}, 'tool_calls') + DONE, undefined],
  // Thoughts.
  [
    'reasoning beside an empty reasoning_content',
    delta({ reasoning_content: '', reasoning: 'hm', content: '' }) + words('a') + STOP,
    { text: 'a', reasoning: 'hm' },
  ],
  [
    'reasoning_content beside an empty reasoning',
    delta({ reasoning_content: 'hm', reasoning: '' }) + words('a') + STOP,
    { text: 'a', reasoning: 'hm' },
  ],
  [
    'reasoning said twice',
    delta({ reasoning_content: 'hm', reasoning: 'hm' }) + words('a') + STOP,
    { text: 'a', reasoning: 'hm' },
  ],
  [
    'reasoning in details alone',
    delta({
      content: '',
      reasoning: null,
      reasoning_details: [
        { type: 'reasoning.text', text: 'hm' },
        { type: 'reasoning.encrypted', data: 'x' },
      ],
    }) +
      words('a') +
      STOP,
    { text: 'a', reasoning: 'hm' },
  ],
  // Chunks of other shapes.
  [
    'messages in place of deltas',
    choice({ message: { content: 'a' } }) + choice({ message: { content: 'b' }, finish_reason: 'stop' }),
    { text: 'ab' },
  ],
  [
    'the whole message once more behind its deltas',
    words('a') + words('b') + choice({ delta: {}, message: { content: 'ab' }, finish_reason: 'stop' }),
    { text: 'ab' },
  ],
  [
    'the text of completions before chats',
    choice({ text: 'a' }) + choice({ text: 'b', finish_reason: 'stop' }),
    { text: 'ab' },
  ],
  [
    'choices as an object',
    frame({ choices: { delta: { content: 'a' } } }) +
      frame({ choices: { 0: { delta: {}, finish_reason: 'stop' } } }),
    { text: 'a' },
  ],
  ['choices that are text', words('a') + frame({ choices: 'b' }) + STOP, undefined],
  [
    'a chunk in a list',
    `data: [${JSON.stringify({ choices: [{ delta: { content: 'a' } }] })}]\n\n${STOP}`,
    { text: 'a' },
  ],
  ['a delta that is text', choice({ delta: 'a' }) + STOP, { text: 'a' }],
  [
    'its cost inside the choice',
    words('a') + choice({ delta: {}, finish_reason: 'stop', usage }) + DONE,
    { text: 'a', usage: { inputTokens: 11, outputTokens: 7 } },
  ],
  // All of it at once.
  [
    'a whole completion',
    JSON.stringify(completion()),
    { text: 'All of it.', usage: { inputTokens: 11, outputTokens: 7 } },
    JSON_TYPE,
  ],
  [
    'a whole completion over many lines',
    JSON.stringify(completion(), null, 2),
    { text: 'All of it.', usage: { inputTokens: 11, outputTokens: 7 } },
    JSON_TYPE,
  ],
  [
    'a whole completion that says it is a stream',
    JSON.stringify(completion()),
    { text: 'All of it.', usage: { inputTokens: 11, outputTokens: 7 } },
    SSE,
  ],
  [
    'a whole completion in a stream',
    frame(completion()) + DONE,
    { text: 'All of it.', usage: { inputTokens: 11, outputTokens: 7 } },
  ],
  [
    'a whole completion with a list of parts',
    JSON.stringify(completion({ content: [{ type: 'text', text: 'a' }], reasoning_content: 'hm' })),
    { text: 'a', reasoning: 'hm' },
    JSON_TYPE,
  ],
  [
    'a whole completion without an end',
    JSON.stringify(completion({}, null)),
    { text: 'All of it.' },
    JSON_TYPE,
  ],
  ['one message of several, and no end', choice({ message: { content: 'a' } }), undefined],
  [
    'an empty error in every chunk',
    frame({ error: {}, choices: [{ delta: { content: 'a' }, finish_reason: null }] }) + STOP + DONE,
    { text: 'a' },
  ],
  ['half of a whole completion', JSON.stringify(completion()).slice(0, 80), undefined, JSON_TYPE],
  ['a stream under the type of JSON', words('a') + STOP + DONE, { text: 'a' }, JSON_TYPE],
  ['a stream under no type', words('a') + STOP + DONE, { text: 'a' }, 'none'],
  [
    'a JSON a line',
    [{ delta: { content: 'a' } }, { delta: {}, finish_reason: 'stop' }]
      .map((one) => line({ choices: [one] }))
      .join(''),
    { text: 'a' },
    'application/x-ndjson',
  ],
  // What only keeps the connection open.
  ['empty data', `data:\n\n${words('a')}data: \n\n${STOP}`, { text: 'a' }],
  ['data that is null', `data: null\n\n${words('a')}data: null\n\n${STOP}`, { text: 'a' }],
  [
    'pings',
    `event: ping\ndata: 2026-01-01\n\n${words('a')}event: ping\ndata: {"type":"ping"}\n\n${STOP}`,
    { text: 'a' },
  ],
  [
    'comments and fields of the stream itself',
    `: hello\nretry: 10\nid: 1\n${words('a')}:\n\n${STOP}`,
    { text: 'a' },
  ],
  [
    'a byte order mark, and carriage returns alone',
    `\ufeff${words('a') + STOP + DONE}`.replaceAll('\n', '\r'),
    { text: 'a' },
  ],
  ['line ends of two letters', (words('a') + STOP + DONE).replaceAll('\n', '\r\n'), { text: 'a' }],
  [
    'frames without blank lines between them',
    (words('a') + words('b') + STOP).replaceAll('\n\n', '\n'),
    { text: 'ab' },
  ],
  // Sizes and ends.
  ['a chunk of more than a megabyte', words('a ') + words(LONG) + STOP, { text: `a ${LONG}` }],
  ['no end at all', words('a') + DONE, undefined],
  ['a page', '<html><body>Busy</body></html>', undefined, 'text/html'],
];

const ANTHROPIC: readonly Row[] = [
  ['no end of the message', BEGIN + text('a') + endsFor('end_turn'), { text: 'a' }],
  [
    'an empty stop reason',
    BEGIN + text('a') + endsFor('') + text('b') + endsFor('end_turn') + MESSAGE_STOP,
    { text: 'ab' },
  ],
  [
    'no stop reason but an empty one, and the end of the message',
    BEGIN + text('a') + endsFor('') + MESSAGE_STOP,
    { text: 'a' },
  ],
  ['no stop reason, and no end of the message', BEGIN + text('a') + endsFor(null), undefined],
  [
    'a whole message',
    JSON.stringify({
      type: 'message',
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'hm' },
        { type: 'text', text: 'a' },
      ],
      stop_reason: 'end_turn',
      usage: { input_tokens: 11, output_tokens: 7 },
    }),
    { text: 'a', reasoning: 'hm', usage: { inputTokens: 11, outputTokens: 7 } },
    JSON_TYPE,
  ],
  [
    'all of the text in the start of its block',
    BEGIN + block(0, { type: 'text', text: 'a' }) + close(0) + endsFor('end_turn') + MESSAGE_STOP,
    { text: 'a' },
  ],
  [
    'text in a block of another kind',
    BEGIN + block(0, { type: 'output_text', text: 'a' }) + close(0) + endsFor('end_turn') + MESSAGE_STOP,
    { text: 'a' },
  ],
  [
    'a block that nobody can read',
    BEGIN +
      text('a') +
      block(1, { type: 'hologram', data: 'x' }) +
      close(1) +
      endsFor('end_turn') +
      MESSAGE_STOP,
    undefined,
  ],
  [
    'a picture',
    BEGIN + text('a') + block(1, { type: 'image', source: {} }) + endsFor('end_turn') + MESSAGE_STOP,
    undefined,
  ],
  ['an end in tools without any', BEGIN + text('a') + endsFor('tool_use') + MESSAGE_STOP, undefined],
  [
    'a piece of text with its words where nobody knows of',
    BEGIN + text('a') + grows(0, { type: 'text_delta', sentence: 'b' }) + endsFor('end_turn') + MESSAGE_STOP,
    undefined,
  ],
  [
    'pings without data that can be read',
    `${BEGIN}event: ping\ndata:\n\n${text('a')}data: null\n\n${endsFor('end_turn')}`,
    { text: 'a' },
  ],
  [
    'a stream under the type of JSON',
    BEGIN + text('a') + endsFor('end_turn') + MESSAGE_STOP,
    { text: 'a' },
    JSON_TYPE,
  ],
];

const OLLAMA: readonly Row[] = [
  ['an end without a reason', says({ content: 'a' }) + line({ done: true }), { text: 'a' }],
  ['an empty error', line({ error: '', message: { content: 'a' } }) + OVER, { text: 'a' }],
  [
    'an event stream',
    (says({ content: 'a' }) + OVER).replaceAll(/^(?=\{)/gm, 'data: ').replaceAll('\n', '\n\n'),
    { text: 'a' },
    SSE,
  ],
  [
    'a whole answer over many lines',
    JSON.stringify(
      { message: { content: 'a', thinking: 'hm' }, done: true, prompt_eval_count: 11, eval_count: 7 },
      null,
      1,
    ),
    { text: 'a', reasoning: 'hm', usage: { inputTokens: 11, outputTokens: 7 } },
    JSON_TYPE,
  ],
  ['content as a list of parts', says({ content: [{ type: 'text', text: 'a' }] }) + OVER, { text: 'a' }],
  ['a message that is text', line({ message: 'a' }) + OVER, { text: 'a' }],
  ['words in the text of a message', says({ content: 'a' }) + says({ text: 'b' }) + OVER, { text: 'ab' }],
  [
    'thoughts in reasoning',
    says({ reasoning: 'hm' }) + says({ content: 'a' }) + OVER,
    { text: 'a', reasoning: 'hm' },
  ],
  ['a picture and no words', says({ images: ['aGk='] }) + OVER, undefined],
  ['words where nobody knows of', says({ utterance: 'a' }) + OVER, undefined],
  ['content that is a number', says({ content: 'a' }) + says({ content: 5 }) + OVER, undefined],
  [
    'an end that says it failed',
    says({ content: 'a' }) + line({ done: true, done_reason: 'error' }),
    undefined,
  ],
  [
    'an error in the middle',
    says({ content: 'a' }) + line({ error: 'the runner has stopped' }) + OVER,
    undefined,
  ],
];

const WIRES: readonly {
  provider: string;
  settings: (url: string) => Record<string, string>;
  rows: readonly Row[];
  type: string;
}[] = [
  { provider: 'openai', settings: (url) => ({ OPENAI_URL: `${url}/v1` }), rows: OPENAI, type: SSE },
  { provider: 'claude', settings: (url) => ({ ANTHROPIC_URL: url }), rows: ANTHROPIC, type: SSE },
  {
    provider: 'ollama',
    settings: (url) => ({ OLLAMA_URL: url }),
    rows: OLLAMA,
    type: 'application/x-ndjson',
  },
];

describe.each(WIRES)(
  'what a server behind $provider answers in its own way',
  ({ provider, settings, rows, type }) => {
    let upstream: ScriptedProvider;
    let server: TestServer;
    let alice: TestUser;

    beforeAll(async () => {
      upstream = await startScriptedProvider();
      server = await startTestServer({
        ...settings(upstream.url),
        DEFAULT_PROVIDER: provider,
        DEFAULT_MODEL: 'm',
        LLM_MAX_RETRIES: '0',
        LLM_IDLE_TIMEOUT_MS: '2000',
        LLM_BREAKER_THRESHOLD: '1000',
      });
      alice = await server.user();
    });

    afterAll(async () => {
      await server?.close();
      await upstream?.close();
    });

    it.each(rows.map((row) => [row[0], row] as const))('%s', async (_name, row) => {
      const [, body, told, said = type, code = 'PROVIDER_ERROR'] = row;
      const contentType = said === 'none' ? undefined : said;
      upstream.answer({ contentType, steps: typeof body === 'string' ? [body] : body });
      const before = upstream.asked.length;
      const threadId = await alice.newThread();
      const frames = await framesUntil(await alice.stream(threadId, 'hello'), 'done');
      // Asked once, and billed once.
      expect(upstream.asked.length - before).toBe(1);
      const error = frames.find((one) => one.type === 'error')?.data['code'];
      const turnId = frames[0]!.data['turnId'];
      if (told === undefined) {
        expect([frames.at(-1)?.data['status'], error]).toEqual(['failed', code]);
        return;
      }
      expect([frames.at(-1)?.data['status'], error]).toEqual(['completed', undefined]);
      expect(textOf(frames)).toBe(told.text);
      const thought = frames.filter((one) => one.type === 'ai_reasoning').map(({ data }) => data['content']);
      expect(thought.join('')).toBe(told.reasoning ?? '');
      const complete = frames.find(({ type: kind, data }) => kind === 'ai_response' && data['isComplete']);
      expect(complete?.data['finishReason']).toBe(told.finishReason ?? 'stop');
      if (told.usage !== undefined) expect(complete?.data['usage']).toMatchObject(told.usage);
      expect(await ledgerRows(server.connectionString, turnId)).toMatchObject([{ outcome: 'completed' }]);
    });
  },
);

describe('a server that refuses to say what an answer cost', () => {
  let upstream: ScriptedProvider;
  let server: TestServer;
  let alice: TestUser;

  beforeEach(async () => {
    upstream = await startScriptedProvider();
    server = await startTestServer({ OPENAI_URL: `${upstream.url}/v1`, LLM_MAX_RETRIES: '0' });
    alice = await server.user();
  });

  afterEach(async () => {
    await server?.close();
    await upstream?.close();
  });

  const refusal = (status: number, body: unknown) => ({
    status,
    contentType: JSON_TYPE,
    steps: [JSON.stringify(body)],
  });
  const answer = { contentType: SSE, steps: [words('a') + STOP + DONE] };
  const askedFor = () => upstream.asked.map((body) => body['stream_options'] !== undefined);

  async function ask(): Promise<unknown> {
    const frames = await framesUntil(await alice.stream(await alice.newThread(), 'hello'), 'done');
    return frames.at(-1)!.data['status'];
  }

  it.each([
    [
      'OpenAI',
      refusal(400, { error: { message: 'Unrecognized request argument supplied: stream_options' } }),
    ],
    [
      'FastAPI',
      refusal(422, { detail: [{ loc: ['body', 'stream_options'], msg: 'Extra inputs are not permitted' }] }),
    ],
    ['a server in Go', refusal(400, { error: { message: 'json: unknown field "StreamOptions"' } })],
  ])('is asked again without, in the words of %s, and from then on at once', async (_name, refused) => {
    upstream.answer(refused, answer);
    expect(await ask()).toBe('completed');
    expect(askedFor()).toEqual([true, false]);
    expect(await ask()).toBe('completed');
    expect(askedFor()).toEqual([true, false, false]);
  });

  it('is asked for it again when something else was wrong as well', async () => {
    const refused = refusal(400, { error: { message: 'You said: "stream_options are nice". Too rude.' } });
    upstream.answer(refused, refused, answer);
    expect(await ask()).toBe('failed');
    expect(await ask()).toBe('completed');
    expect(askedFor()).toEqual([true, false, true]);
  });
});

describe('a model that says what nobody can read, again and again', () => {
  let upstream: ScriptedProvider;
  let server: TestServer;
  let alice: TestUser;

  beforeAll(async () => {
    upstream = await startScriptedProvider();
    server = await startTestServer({
      OPENAI_URL: `${upstream.url}/v1`,
      DEFAULT_PROVIDER: 'openai',
      DEFAULT_MODEL: 'm',
      LLM_MAX_RETRIES: '0',
      LLM_BREAKER_THRESHOLD: '3',
    });
    alice = await server.user();
  });

  afterAll(async () => {
    await server?.close();
    await upstream?.close();
  });

  async function ask(): Promise<unknown> {
    const frames = await framesUntil(await alice.stream(await alice.newThread(), 'hello'), 'done');
    return frames.find(({ type }) => type === 'error')?.data['code'] ?? frames.at(-1)!.data['status'];
  }

  const CALLED = delta({}, 'tool_calls') + DONE;
  const call = (called: unknown) => delta({ tool_calls: [{ index: 0, id: 'a', function: called }] }) + CALLED;
  const picture = { type: 'image_url', image_url: { url: 'https://x.test' } };

  it.each([
    ['half of the arguments', call({ name: 'f', arguments: '{"x":' })],
    ['a call without a name', call({ arguments: '{"x":1}' })],
    ['calls that are text', delta({ tool_calls: 'f' }) + CALLED],
    ['an end in calls without any', CALLED],
    ['a picture', delta({ content: [picture] }) + STOP + DONE],
    ['words where nobody knows of', delta({ utterance: 'a' }) + STOP + DONE],
    ['a call that its server could not read', delta({}, 'MALFORMED_FUNCTION_CALL') + DONE],
  ])('keeps nobody from asking it: %s', async (_name, body) => {
    upstream.answer({ contentType: SSE, steps: [body] });
    for (let round = 0; round < 4; round += 1) expect(await ask()).toBe('PROVIDER_ERROR');
    upstream.answer({ contentType: SSE, steps: [words('a') + STOP + DONE] });
    expect(await ask()).toBe('completed');
  });
});
