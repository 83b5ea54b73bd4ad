import { frame, NOW, PARIS, PARIS_AND_TIME, ROME, type Row, TIME, whole } from './rows.js';

const delta = (said: object, finish_reason: unknown = null) =>
  frame({ choices: [{ index: 0, delta: said, finish_reason }] });
const END = delta({}, 'tool_calls') + 'data: [DONE]\n\n';
/** One delta with these pieces. */
const calls = (...pieces: readonly object[]) => delta({ tool_calls: pieces });

const piece = (more: object, called: object) => ({ ...more, type: 'function', function: called });

/** The ways of servers that speak OpenAI’s wire. */
export const OPENAI: readonly Row[] = [
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
