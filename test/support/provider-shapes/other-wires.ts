import { frame, JSON_TYPE, type Row, SSE } from './rows.js';

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

/** The ways of servers that speak Anthropic’s wire. */
export const ANTHROPIC: readonly Row[] = [
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

/** The ways of servers that speak Ollama’s wire. */
export const OLLAMA: readonly Row[] = [
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
