import {
  choice,
  completion,
  delta,
  DONE,
  LONG,
  slowly,
  slowlyOnly,
  STOP,
  usage,
  words,
} from './openai-chunks.js';
import { frame, JSON_TYPE, type Row, SSE } from './rows.js';

// Ollama's.
const line = (more: object) => `${JSON.stringify({ model: 'm', ...more })}\n`;

/** The ways of servers that speak OpenAI’s wire. */
export const OPENAI: readonly Row[] = [
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
