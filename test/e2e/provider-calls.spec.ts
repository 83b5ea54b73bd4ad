import { startScriptedProvider, type ScriptedProvider } from '../doubles/scripted-provider.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import type { TestUser } from '../support/test-user.js';

const frame = (data: unknown) => `data: ${JSON.stringify(data)}\n\n`;
const delta = (said: object, finish_reason: unknown = null) =>
  frame({ choices: [{ index: 0, delta: said, finish_reason }] });
const END = delta({}, 'tool_calls') + 'data: [DONE]\n\n';
/** One delta with these pieces. */
const calls = (...pieces: readonly object[]) => delta({ tool_calls: pieces });
const named = (event: { readonly type: string; readonly [field: string]: unknown }) =>
  `event: ${event.type}\n${frame(event)}`;
const line = (more: object) => `${JSON.stringify({ model: 'm', ...more })}\n`;

type Call = readonly [name: string, input: object];
const PARIS: Call = ['get_weather', { city: 'Paris' }];
const ROME: Call = ['get_weather', { city: 'Rome' }];
const TIME: Call = ['get_time', { zone: 'CET' }];
const NOW: Call = ['now', {}];

/** All of a call, in one piece. */
const whole = ([name, input]: Call, more: object = {}) => ({
  type: 'function',
  function: { name, arguments: JSON.stringify(input) },
  ...more,
});
const PARIS_AND_TIME = [PARIS, TIME].map(([name, input]) => ({ name, arguments: JSON.stringify(input) }));
const piece = (more: object, called: object) => ({ ...more, type: 'function', function: called });

/** What a server sends, and the calls that come of it; `undefined`: an error, and no call. */
type Row = readonly [name: string, body: string, expected: readonly Call[] | undefined];

const OPENAI: readonly Row[] = [
  // Telling calls apart.
  [
    'two calls, both at index 0',
    calls(whole(PARIS, { index: 0, id: 'a' })) + calls(whole(TIME, { index: 0, id: 'b' })) + END,
    [PARIS, TIME],
  ],
  [
    'two calls of one tool, both at index 0',
    calls(whole(PARIS, { index: 0, id: 'a' })) + calls(whole(ROME, { index: 0, id: 'b' })) + END,
    [PARIS, ROME],
  ],
  [
    'two calls of one tool at index 0 in one delta',
    calls(whole(PARIS, { index: 0, id: 'a' }), whole(ROME, { index: 0, id: 'b' })) + END,
    [PARIS, ROME],
  ],
  [
    'two calls at index 0 without ids',
    calls(whole(PARIS, { index: 0 })) + calls(whole(ROME, { index: 0 })) + END,
    [PARIS, ROME],
  ],
  [
    'two calls at index 0 without ids in one delta',
    calls(whole(PARIS, { index: 0 }), whole(ROME, { index: 0 })) + END,
    [PARIS, ROME],
  ],
  ['two calls without id or index in one delta', calls(whole(PARIS), whole(ROME)) + END, [PARIS, ROME]],
  [
    'two calls without id or index, one after the other',
    calls(whole(PARIS)) + calls(whole(TIME)) + END,
    [PARIS, TIME],
  ],
  [
    'two calls with ids and no index',
    calls(whole(PARIS, { id: 'a' })) + calls(whole(ROME, { id: 'b' })) + END,
    [PARIS, ROME],
  ],
  [
    'two calls with ids and no index, in pieces that are mixed',
    calls(
      piece({ id: 'a' }, { name: 'get_weather', arguments: '' }),
      piece({ id: 'b' }, { name: 'get_weather', arguments: '' }),
    ) +
      calls(piece({ id: 'b' }, { arguments: '{"city":' }), piece({ id: 'a' }, { arguments: '{"city":' })) +
      calls(piece({ id: 'a' }, { arguments: '"Paris"}' }), piece({ id: 'b' }, { arguments: '"Rome"}' })) +
      END,
    [PARIS, ROME],
  ],
  [
    'two calls at index 0 in pieces',
    calls(piece({ index: 0, id: 'a' }, { name: 'get_weather', arguments: '' })) +
      calls(piece({ index: 0 }, { arguments: '{"city":"Pa' })) +
      calls(piece({ index: 0 }, { arguments: 'ris"}' })) +
      calls(piece({ index: 0, id: 'b' }, { name: 'get_weather', arguments: '' })) +
      calls(piece({ index: 0 }, { arguments: '{"city":"Ro' })) +
      calls(piece({ index: 0 }, { arguments: 'me"}' })) +
      END,
    [PARIS, ROME],
  ],
  [
    'an index that is text',
    calls(whole(PARIS, { index: '0', id: 'a' }), whole(ROME, { index: '1', id: 'b' })) + END,
    [PARIS, ROME],
  ],
  [
    'calls numbered from 1',
    calls(whole(PARIS, { index: 1, id: 'a' })) + calls(whole(ROME, { index: 2, id: 'b' })) + END,
    [PARIS, ROME],
  ],
  [
    'one id for two calls',
    calls(whole(PARIS, { index: 0, id: 'a' }), whole(ROME, { index: 1, id: 'a' })) + END,
    [PARIS, ROME],
  ],
  [
    'an id that changes from piece to piece',
    calls(piece({ index: 0, id: 'a1' }, { name: 'get_weather', arguments: '' })) +
      calls(piece({ index: 0, id: 'a2' }, { name: null, arguments: '{"city":' })) +
      calls(piece({ index: 0, id: 'a3' }, { name: '', arguments: '"Paris"' })) +
      calls(piece({ index: 0, id: 'a4' }, { arguments: '}' })) +
      END,
    [PARIS],
  ],
  [
    'an id and a name that come anew with every piece',
    ['', '{"city":', '"Paris"', '}', '']
      .map((text, at) => calls(piece({ index: 0, id: `a${at}` }, { name: 'get_weather', arguments: text })))
      .join('') + END,
    [PARIS],
  ],
  [
    'an id that changes, and no index',
    calls(piece({ id: 'a1' }, { name: 'get_weather', arguments: '{"city":' })) +
      calls(piece({ id: 'a2' }, { arguments: '"Paris"}' })) +
      END,
    [PARIS],
  ],
  [
    'an index that changes from piece to piece of one id',
    calls(piece({ index: 0, id: 'a' }, { name: 'get_weather', arguments: '{"city":' })) +
      calls(piece({ index: 1, id: 'a' }, { arguments: '"Paris"}' })) +
      END,
    [PARIS],
  ],
  // Names.
  [
    'a name in pieces',
    calls(piece({ index: 0, id: 'a' }, { name: 'get_', arguments: '' })) +
      calls(piece({ index: 0 }, { name: 'weather' })) +
      calls(piece({ index: 0 }, { arguments: '{"city":"Paris"}' })) +
      END,
    [PARIS],
  ],
  [
    'a name that grows',
    calls(piece({ index: 0, id: 'a' }, { name: 'get_' })) +
      calls(piece({ index: 0, id: 'a' }, { name: 'get_weather', arguments: '{"city":"Paris"}' })) +
      END,
    [PARIS],
  ],
  [
    'the name with every piece',
    ['', '{"city":', '"Paris"}']
      .map((text) => calls(piece({ index: 0, id: 'a' }, { name: 'get_weather', arguments: text })))
      .join('') + END,
    [PARIS],
  ],
  [
    'the whole call once more at its end',
    calls(whole(PARIS, { index: 0, id: 'a' })) + calls(whole(PARIS, { index: 0, id: 'a' })) + END,
    [PARIS],
  ],
  [
    'a name, an id and arguments with letters that no database takes',
    calls(piece({ index: 0, id: 'a\0b' }, { name: 'get_wea\0ther', arguments: '{"city":\0"Paris"}' })) + END,
    [PARIS],
  ],
  ['no id', calls(whole(PARIS, { index: 0 })) + END, [PARIS]],
  ['an id that is a number', calls(whole(PARIS, { index: 0, id: 7 })) + END, [PARIS]],
  // Arguments.
  [
    'arguments as an object',
    calls(piece({ index: 0, id: 'a' }, { name: 'get_weather', arguments: { city: 'Paris' } })) + END,
    [PARIS],
  ],
  [
    'an empty object before the arguments',
    calls(piece({ index: 0, id: 'a' }, { name: 'get_weather', arguments: {} })) +
      calls(piece({ index: 0 }, { arguments: '{"city":"Paris"}' })) +
      END,
    [PARIS],
  ],
  ['no arguments', calls(piece({ index: 0, id: 'a' }, { name: 'now' })) + END, [NOW]],
  [
    'arguments that are null',
    calls(piece({ index: 0, id: 'a' }, { name: 'now', arguments: null })) + END,
    [NOW],
  ],
  [
    'arguments that are "null"',
    calls(piece({ index: 0, id: 'a' }, { name: 'now', arguments: 'null' })) + END,
    [NOW],
  ],
  [
    'arguments in JSON twice',
    calls(
      piece({ index: 0, id: 'a' }, { name: 'get_weather', arguments: JSON.stringify('{"city":"Paris"}') }),
    ) + END,
    [PARIS],
  ],
  [
    'arguments that are half of one',
    calls(piece({ index: 0, id: 'a' }, { name: 'get_weather', arguments: '{"city":' })) + END,
    undefined,
  ],
  [
    'arguments that are a number',
    calls(piece({ index: 0, id: 'a' }, { name: 'get_weather', arguments: 5 })) + END,
    undefined,
  ],
  [
    'arguments that are a list',
    calls(piece({ index: 0, id: 'a' }, { name: 'get_weather', arguments: ['Paris'] })) + END,
    undefined,
  ],
  [
    'arguments that are prose',
    calls(piece({ index: 0, id: 'a' }, { name: 'get_weather', arguments: 'Paris' })) + END,
    undefined,
  ],
  [
    'a call without a name',
    calls(piece({ index: 0, id: 'a' }, { arguments: '{"city":"Paris"}' })) + END,
    undefined,
  ],
  ['a call that is text', delta({ tool_calls: 'get_weather' }) + END, undefined],
  ...['kwargs', 'argument', 'arguments_json'].map((field): Row => [
    `arguments under the name of ${field}`,
    calls(piece({ index: 0, id: 'a' }, { name: 'get_weather', [field]: '{"city":"Paris"}' })) + END,
    undefined,
  ]),
  [
    'arguments beside the function, under no known name',
    calls(piece({ index: 0, id: 'a', kwargs: { city: 'Paris' } }, { name: 'get_weather' })) + END,
    undefined,
  ],
  [
    'an empty object before the input',
    calls(piece({ index: 0, id: 'a' }, { name: 'get_weather', arguments: {}, input: PARIS[1] })) + END,
    [PARIS],
  ],
  [
    'things beside a call without arguments',
    calls(
      piece(
        { index: 0, id: 'a', extra_content: { google: { thought_signature: 'x' } } },
        { name: 'now', thought_signature: 'x' },
      ),
    ) + END,
    [NOW],
  ],
  ['an end in calls, and none', END, undefined],
  // Other shapes.
  [
    'the one call of old in a list',
    delta({ function_call: [{ name: 'get_weather', arguments: '{"city":"Paris"}' }] }) +
      delta({}, 'function_call'),
    [PARIS],
  ],
  ['function_calls', delta({ function_calls: PARIS_AND_TIME }) + END, [PARIS, TIME]],
  ['tool_call', delta({ tool_call: whole(PARIS, { id: 'a' }) }) + END, [PARIS]],
  ['tool_call as a list', delta({ tool_call: [whole(PARIS, { id: 'a' })] }) + END, [PARIS]],
  [
    'function_calls of a whole completion',
    JSON.stringify({
      choices: [{ message: { content: null, function_calls: PARIS_AND_TIME }, finish_reason: 'tool_calls' }],
    }),
    [PARIS, TIME],
  ],
  [
    'the one call as it was said before there were several',
    delta({ function_call: { name: 'get_weather', arguments: '' } }) +
      delta({ function_call: { arguments: '{"city":"Paris"}' } }) +
      delta({}, 'function_call'),
    [PARIS],
  ],
  ['calls as an object', delta({ tool_calls: whole(PARIS, { id: 'a' }) }) + END, [PARIS]],
  [
    'a call without its wrapper',
    calls({ index: 0, id: 'a', name: 'get_weather', arguments: { city: 'Paris' } }) + END,
    [PARIS],
  ],
  [
    'a whole completion with calls',
    JSON.stringify({
      choices: [
        {
          message: { content: null, tool_calls: [whole(PARIS, { id: 'a' }), whole(ROME, { id: 'b' })] },
          finish_reason: 'tool_calls',
        },
      ],
    }),
    [PARIS, ROME],
  ],
  ['an end of its own behind calls', calls(whole(PARIS, { index: 0, id: 'a' })) + delta({}, 'stop'), [PARIS]],
];

const start = (index: number, content_block: object) =>
  named({ type: 'content_block_start', index, content_block });
const use = (index: number, id: string, [name]: Call, input: unknown = {}) =>
  start(index, { type: 'tool_use', id, name, input });
const json = (index: number, partial_json: unknown) =>
  named({ type: 'content_block_delta', index, delta: { type: 'input_json_delta', partial_json } });
const stop = (index: number) => named({ type: 'content_block_stop', index });
const TOOL_USE =
  named({ type: 'message_delta', delta: { stop_reason: 'tool_use' } }) + named({ type: 'message_stop' });

const ANTHROPIC: readonly Row[] = [
  ['the input with the start of its block', use(0, 'a', PARIS, PARIS[1]) + stop(0) + TOOL_USE, [PARIS]],
  [
    'the input as text with the start of its block',
    use(0, 'a', PARIS, JSON.stringify(PARIS[1])) + stop(0) + TOOL_USE,
    [PARIS],
  ],
  ['the input as an object in a piece', use(0, 'a', PARIS) + json(0, PARIS[1]) + stop(0) + TOOL_USE, [PARIS]],
  ['an empty piece and no input', use(0, 'a', NOW) + json(0, '') + stop(0) + TOOL_USE, [NOW]],
  [
    'two blocks that are both number 0',
    use(0, 'a', PARIS) +
      json(0, '{"city":"Paris"}') +
      stop(0) +
      use(0, 'b', ROME) +
      json(0, '{"city":"Rome"}') +
      stop(0) +
      TOOL_USE,
    [PARIS, ROME],
  ],
  [
    'blocks without numbers that do not end',
    [PARIS, ROME]
      .map(
        (call, at) =>
          named({
            type: 'content_block_start',
            content_block: { type: 'tool_use', id: `${at}`, name: call[0] },
          }) +
          named({
            type: 'content_block_delta',
            delta: { type: 'input_json_delta', partial_json: JSON.stringify(call[1]) },
          }),
      )
      .join('') + TOOL_USE,
    [PARIS, ROME],
  ],
  ['input that is half of one', use(0, 'a', PARIS) + json(0, '{"city":') + stop(0) + TOOL_USE, undefined],
  [
    'the input under the name of arguments',
    start(0, { type: 'tool_use', id: 'a', name: 'get_weather', arguments: PARIS[1] }) + stop(0) + TOOL_USE,
    [PARIS],
  ],
  [
    'the input under no known name',
    start(0, { type: 'tool_use', id: 'a', name: 'get_weather', kwargs: PARIS[1] }) + stop(0) + TOOL_USE,
    undefined,
  ],
  [
    'a piece of input under no known name',
    use(0, 'a', PARIS) +
      named({
        type: 'content_block_delta',
        index: 0,
        delta: { type: 'input_json_delta', json: '{"city":1}' },
      }) +
      stop(0) +
      TOOL_USE,
    undefined,
  ],
  ['an end in tools, and none', TOOL_USE, undefined],
  ['input that is a number', use(0, 'a', PARIS, 5) + stop(0) + TOOL_USE, undefined],
  [
    'input of a block that never began',
    named({ type: 'message_start', message: {} }) + json(3, '{"city":"Paris"}') + TOOL_USE,
    undefined,
  ],
  [
    'a whole message',
    JSON.stringify({
      type: 'message',
      content: [{ type: 'tool_use', id: 'a', name: 'get_weather', input: PARIS[1] }],
      stop_reason: 'tool_use',
    }),
    [PARIS],
  ],
];

const tools = (...tool_calls: readonly unknown[]) =>
  line({ message: { content: '', tool_calls }, done: false });
const OVER = line({ message: { content: '' }, done: true, done_reason: 'stop' });

const OLLAMA: readonly Row[] = [
  [
    'arguments as an object',
    tools({ function: { name: 'get_weather', arguments: PARIS[1] } }) + OVER,
    [PARIS],
  ],
  [
    'arguments as text',
    tools({ function: { name: 'get_weather', arguments: JSON.stringify(PARIS[1]) } }) + OVER,
    [PARIS],
  ],
  ['arguments that are null', tools({ function: { name: 'now', arguments: null } }) + OVER, [NOW]],
  [
    'two calls of one number and one id',
    tools(
      { id: 'a', function: { index: 0, name: 'get_weather', arguments: PARIS[1] } },
      { id: 'a', function: { index: 0, name: 'get_weather', arguments: ROME[1] } },
    ) + OVER,
    [PARIS, ROME],
  ],
  [
    'calls as an object',
    line({ message: { tool_calls: { function: { name: 'get_weather', arguments: PARIS[1] } } } }) + OVER,
    [PARIS],
  ],
  [
    'arguments that are a list',
    tools({ function: { name: 'get_weather', arguments: ['Paris'] } }) + OVER,
    undefined,
  ],
  [
    'arguments that are half of some',
    tools({ function: { name: 'get_weather', arguments: '{"city":' } }) + OVER,
    undefined,
  ],
  [
    'arguments under no known name',
    tools({ function: { name: 'get_weather', kwargs: PARIS[1] } }) + OVER,
    undefined,
  ],
  [
    'function_calls',
    line({ message: { content: '', function_calls: PARIS_AND_TIME }, done: false }) + OVER,
    [PARIS, TIME],
  ],
  ['a call that is text', tools('get_weather') + OVER, undefined],
];

const WIRES: readonly {
  provider: string;
  settings: (url: string) => Record<string, string>;
  rows: readonly Row[];
}[] = [
  { provider: 'openai', settings: (url) => ({ OPENAI_URL: `${url}/v1` }), rows: OPENAI },
  { provider: 'claude', settings: (url) => ({ ANTHROPIC_URL: url }), rows: ANTHROPIC },
  { provider: 'ollama', settings: (url) => ({ OLLAMA_URL: url }), rows: OLLAMA },
];

interface StreamedCall {
  readonly index: number;
  readonly id?: string;
  readonly function: { readonly name?: string; readonly arguments: string };
}

/** What a client puts together of a stream: the calls as their pieces say, and the error if there is one. */
function put(body: string) {
  const chunks = body
    .split('\n\n')
    .filter((one) => one.startsWith('data: {'))
    .map(
      (one) =>
        JSON.parse(one.slice(6)) as {
          choices?: { delta: { tool_calls?: StreamedCall[] } }[];
          error?: unknown;
        },
    );
  const gathered: { id: string; name: string; text: string }[] = [];
  for (const { index, id, function: called } of chunks.flatMap(
    ({ choices }) => choices?.[0]?.delta.tool_calls ?? [],
  )) {
    const call = (gathered[index] ??= { id: id!, name: called.name!, text: '' });
    call.text += called.arguments;
  }
  return { gathered, error: chunks.find(({ error }) => error !== undefined)?.error };
}

describe.each(WIRES)(
  'tools that a server behind $provider calls in its own way',
  ({ provider, settings, rows }) => {
    let upstream: ScriptedProvider;
    let server: TestServer;
    let alice: TestUser;

    beforeAll(async () => {
      upstream = await startScriptedProvider();
      server = await startTestServer({
        ...settings(upstream.url),
        LLM_MAX_RETRIES: '0',
        LLM_BREAKER_THRESHOLD: '1000',
      });
      alice = await server.user();
    });

    afterAll(async () => {
      await server?.close();
      await upstream?.close();
    });

    const question = (stream: boolean) => ({
      model: `${provider}/m`,
      stream,
      messages: [{ role: 'user', content: 'hello' }],
      tools: ['get_weather', 'get_time', 'now'].map((name) => ({
        type: 'function',
        function: { name, parameters: { type: 'object', properties: {} } },
      })),
    });

    it.each(rows)('%s', async (_name, body, expected) => {
      upstream.answer({ contentType: 'text/event-stream', steps: [body] });
      const answer = await alice.ask('POST', '/v1/chat/completions', question(false));
      const response = await fetch(`${server.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${alice.token}`, 'content-type': 'application/json' },
        body: JSON.stringify(question(true)),
      });
      const streamed = put(await response.text());
      if (expected === undefined) {
        // Where nothing was said yet the stream is no stream.
        const isRefused = response.status === 502 || streamed.error !== undefined;
        expect([answer.status, isRefused]).toEqual([502, true]);
        return;
      }
      expect([answer.status, streamed.error]).toEqual([200, undefined]);
      const [{ message, finish_reason }] = answer.body.choices;
      expect(finish_reason).toBe('tool_calls');
      const told = message.tool_calls.map((call: StreamedCall) => [
        call.function.name,
        JSON.parse(call.function.arguments),
      ]);
      expect(told).toEqual(expected);
      expect(new Set(message.tool_calls.map(({ id }: StreamedCall) => id)).size).toBe(expected.length);
      // What is streamed is the same, piece by piece.
      expect(streamed.gathered.map(({ name, text }) => [name, JSON.parse(text || '{}')])).toEqual(expected);
      expect(new Set(streamed.gathered.map(({ id }) => id)).size).toBe(expected.length);
    });
  },
);
