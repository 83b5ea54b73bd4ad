import { type Call, frame, NOW, PARIS, PARIS_AND_TIME, ROME, type Row, TIME } from './rows.js';

const named = (event: { readonly type: string; readonly [field: string]: unknown }) =>
  `event: ${event.type}\n${frame(event)}`;
const line = (more: object) => `${JSON.stringify({ model: 'm', ...more })}\n`;

const start = (index: number, content_block: object) =>
  named({ type: 'content_block_start', index, content_block });
const use = (index: number, id: string, [name]: Call, input: unknown = {}) =>
  start(index, { type: 'tool_use', id, name, input });
const json = (index: number, partial_json: unknown) =>
  named({ type: 'content_block_delta', index, delta: { type: 'input_json_delta', partial_json } });
const stop = (index: number) => named({ type: 'content_block_stop', index });
const TOOL_USE =
  named({ type: 'message_delta', delta: { stop_reason: 'tool_use' } }) + named({ type: 'message_stop' });

/** The ways of servers that speak Anthropic’s wire. */
export const ANTHROPIC: readonly Row[] = [
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

/** The ways of servers that speak Ollama’s wire. */
export const OLLAMA: readonly Row[] = [
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
