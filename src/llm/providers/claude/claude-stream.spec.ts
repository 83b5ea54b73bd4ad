import type { ModelPart } from '../../ports/language-model.js';
import { ClaudeAnswerReader } from './claude-stream.js';

const bytes = (text: string) => new TextEncoder().encode(text);
const frame = (event: { type: string; [key: string]: unknown }) =>
  `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
const begin = (usage: object = {}) => frame({ type: 'message_start', message: { role: 'assistant', usage } });
const open = (index: number, content_block: object) =>
  frame({ type: 'content_block_start', index, content_block });
const delta = (index: number, piece: object) => frame({ type: 'content_block_delta', index, delta: piece });
const close = (index: number) => frame({ type: 'content_block_stop', index });
const text = (words: string, index = 0) => delta(index, { type: 'text_delta', text: words });
const json = (index: number, partial_json: string) =>
  delta(index, { type: 'input_json_delta', partial_json });
const end = (stop_reason: string | null, usage?: object) =>
  frame({ type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage });
const STOP = frame({ type: 'message_stop' });
const PING = frame({ type: 'ping' });

/** All parts of what comes in these reads. */
function read(...reads: readonly (string | Uint8Array)[]): readonly ModelPart[] {
  const reader = new ClaudeAnswerReader({ provider: 'claude', inputCharacters: 40 });
  const parts = reads.flatMap((piece) => reader.feed(typeof piece === 'string' ? bytes(piece) : piece));
  return [...parts, ...reader.end()];
}

const piecesOf = (parts: readonly ModelPart[], id: string) =>
  parts.flatMap((part) => (part.type === 'tool_piece' && part.id === id ? [part.text] : []));
const callsOf = (parts: readonly ModelPart[]) =>
  parts.flatMap((part) => (part.type === 'tool_call' ? [part.call] : []));
const textOf = (parts: readonly ModelPart[]) =>
  parts.map((part) => ('text' in part ? part.text : '')).join('');

/** As Anthropic's own documentation shows a stream with thoughts, text and two tools. */
const RECORDED = [
  begin({
    input_tokens: 472,
    cache_read_input_tokens: 100,
    cache_creation_input_tokens: 28,
    output_tokens: 2,
  }),
  open(0, { type: 'thinking', thinking: '', signature: '' }),
  PING,
  delta(0, { type: 'thinking_delta', thinking: 'They want ' }),
  delta(0, { type: 'thinking_delta', thinking: 'the weather in 東京.' }),
  delta(0, { type: 'signature_delta', signature: 'EqQBCgIYAhIM1gbcDa9GJwZA2b3h' }),
  close(0),
  open(1, { type: 'text', text: '' }),
  text("Okay, let's check 🚀", 1),
  close(1),
  open(2, { type: 'tool_use', id: 'toolu_01', name: 'get_weather', input: {} }),
  json(2, ''),
  json(2, '{"location":'),
  json(2, ' "東'),
  json(2, '京"}'),
  close(2),
  open(3, { type: 'tool_use', id: 'toolu_02', name: 'get_time', input: {} }),
  json(3, ''),
  close(3),
  end('tool_use', { output_tokens: 89, output_tokens_details: { thinking_tokens: 30 } }),
  STOP,
].join('');

const piece = (index: number, id: string, name: string, words: string) => ({
  type: 'tool_piece',
  index,
  id,
  name,
  text: words,
});

const EXPECTED = [
  { type: 'tool_call', call: { id: 'toolu_01', name: 'get_weather', arguments: '{"location": "東京"}' } },
  { type: 'tool_call', call: { id: 'toolu_02', name: 'get_time', arguments: '{}' } },
  {
    type: 'metadata',
    reasoning: [
      {
        type: 'thinking',
        thinking: 'They want the weather in 東京.',
        signature: 'EqQBCgIYAhIM1gbcDa9GJwZA2b3h',
      },
    ],
  },
  {
    type: 'finish',
    reason: 'tool_calls',
    usage: { inputTokens: 600, outputTokens: 89, totalTokens: 689, cachedTokens: 100, reasoningTokens: 30 },
  },
];

describe('the reader of a streamed message', () => {
  it('reads thoughts, text, tool calls and the cost of all that was read', () => {
    expect(read(RECORDED)).toEqual([
      { type: 'prompt_usage', inputTokens: 600, cachedTokens: 100 },
      { type: 'reasoning', text: 'They want the weather in 東京.' },
      { type: 'text', text: "Okay, let's check 🚀" },
      piece(0, 'toolu_01', 'get_weather', '{"location": "東京"}'),
      piece(1, 'toolu_02', 'get_time', ''),
      ...EXPECTED,
    ]);
  });

  it('reads the same from single bytes as from the whole, with any line ends', () => {
    for (const wire of [RECORDED, RECORDED.replaceAll('\n', '\r\n')]) {
      const whole = bytes(wire);
      const parts = read(...Array.from(whole, (_, index) => whole.subarray(index, index + 1)));
      const kinds = (kind: string) => textOf(parts.filter(({ type }) => type === kind));
      expect(kinds('reasoning')).toBe('They want the weather in 東京.');
      expect(kinds('text')).toBe("Okay, let's check 🚀");
      expect(parts.slice(-4)).toEqual(EXPECTED);
    }
  });

  it('goes by the type in the data where frames have no name', () => {
    expect(textOf(read(RECORDED.replaceAll(/^event: .*\n/gm, '')))).toContain('check');
  });

  it('tells tool calls apart by their block, though their pieces come interleaved', () => {
    const parts = read(
      begin(),
      open(1, { type: 'tool_use', id: 'a', name: 'first', input: {} }),
      open(2, { type: 'tool_use', id: 'b', name: 'second', input: {} }),
      json(1, '{"n"') + json(2, '{"m"') + json(1, ':1}') + json(2, ':2}'),
      end('tool_use') + STOP,
    );
    expect(callsOf(parts)).toEqual([
      { id: 'a', name: 'first', arguments: '{"n":1}' },
      { id: 'b', name: 'second', arguments: '{"m":2}' },
    ]);
  });

  it('gives each piece of a call with the read that brings it, and all of one read as one', () => {
    const reader = new ClaudeAnswerReader({ provider: 'claude', inputCharacters: 40 });
    const find = open(1, { type: 'tool_use', id: 'a', name: 'find', input: {} });
    expect(reader.feed(bytes(text('So: ') + find + json(1, '')))).toEqual([
      { type: 'text', text: 'So: ' },
      piece(0, 'a', 'find', ''),
    ]);
    expect(reader.feed(bytes(json(1, '{"n"') + json(1, ':')))).toEqual([piece(0, 'a', 'find', '{"n":')]);
    expect(reader.feed(bytes(PING))).toEqual([]);
    expect(reader.feed(bytes(json(1, '1}') + close(1)))).toEqual([piece(0, 'a', 'find', '1}')]);
    expect(callsOf([...reader.feed(bytes(end('tool_use') + STOP)), ...reader.end()])).toEqual([
      { id: 'a', name: 'find', arguments: '{"n":1}' },
    ]);
  });

  it('gives arguments that came whole as one piece, and nothing of the tools that the provider runs', () => {
    const whole = open(0, { type: 'tool_use', id: 'a', name: 'find', input: { n: 1 } });
    expect(piecesOf(read(whole + close(0) + end('tool_use') + STOP), 'a').join('')).toBe('{"n":1}');
    const theirs = open(0, { type: 'server_tool_use', id: 's', name: 'web_search', input: {} });
    expect(piecesOf(read(theirs + json(0, '{}') + end('end_turn') + STOP), 's')).toEqual([]);
  });

  it('says what the question has cost before the answer, once, and not where that is only a nought', () => {
    const reader = new ClaudeAnswerReader({ provider: 'claude', inputCharacters: 40 });
    const counted = { input_tokens: 5, cache_read_input_tokens: 2, output_tokens: 1 };
    expect(reader.feed(bytes(begin(counted)))).toEqual([
      { type: 'prompt_usage', inputTokens: 7, cachedTokens: 2 },
    ]);
    expect(reader.stage).toBe('beginning');
    expect(reader.feed(bytes(begin(counted)))).toEqual([]);
    expect(
      new ClaudeAnswerReader({ provider: 'claude', inputCharacters: 40 }).feed(
        bytes(begin({ input_tokens: 0 })),
      ),
    ).toEqual([]);
    expect(new ClaudeAnswerReader({ provider: 'claude', inputCharacters: 40 }).feed(bytes(begin()))).toEqual(
      [],
    );
  });

  it('takes arguments that came whole, when no pieces follow', () => {
    const whole = open(0, { type: 'tool_use', id: 'a', name: 'find', input: { n: 1 } });
    expect(callsOf(read(whole + close(0) + end('tool_use') + STOP))[0]?.arguments).toBe('{"n":1}');
    expect(callsOf(read(whole + end('tool_use') + STOP))[0]?.arguments).toBe('{"n":1}');
    const pieces = whole + json(0, '{"n":2}') + close(0) + end('tool_use') + STOP;
    expect(callsOf(read(pieces))[0]?.arguments).toBe('{"n":2}');
  });

  it('leaves alone the tools that the provider runs itself, and blocks it does not know', () => {
    const parts = read(
      open(0, { type: 'server_tool_use', id: 's', name: 'web_search', input: {} }) + json(0, '{"query":1}'),
      open(1, { type: 'redacted_thinking', data: 'hidden' }) + close(1),
      delta(2, { type: 'citations_delta', citation: {} }) + frame({ type: 'news', index: 7 }),
      text('done', 3) + end('end_turn') + STOP,
    );
    expect(parts).toMatchObject([
      { type: 'text', text: 'done' },
      { type: 'finish', reason: 'stop' },
    ]);
  });

  it('takes a call the token limit cut short for none, and one that nothing explains for an error', () => {
    const cut = open(0, { type: 'tool_use', id: 'a', name: 'find', input: {} }) + json(0, '{"n":');
    expect(read(cut + end('max_tokens') + STOP)).toMatchObject([
      piece(0, 'a', 'find', '{"n":'),
      { type: 'finish', reason: 'length' },
    ]);
    expect(() => read(cut + end('tool_use') + STOP)).toThrow(
      expect.objectContaining({ code: 'PROVIDER_ERROR' }),
    );
  });

  it('makes well-formed text of pairs torn apart by deltas or left alone', () => {
    const torn = (half: string) =>
      `data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"${half}"}}\n\n`;
    expect(textOf(read(torn('a\\ud83d'), torn('\\ude80'), end('end_turn')))).toBe('a🚀');
    expect(textOf(read(torn('a\\ud83d'), end('end_turn')))).toBe('a\ufffd');
    expect(textOf(read(torn('a\\u0000b'), end('end_turn')))).toBe('ab');
  });

  it.each([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['pause_turn', 'stop'],
    ['something_new', 'stop'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['refusal', 'content_filter'],
  ])('ends a text that stopped for %s with %s', (said, reason) => {
    expect(read(text('a') + end(said) + STOP).at(-1)).toMatchObject({ type: 'finish', reason });
  });

  it('takes an empty answer for an answer', () => {
    expect(read(begin({ input_tokens: 3 }) + end('end_turn', { output_tokens: 0 }) + STOP)).toEqual([
      { type: 'prompt_usage', inputTokens: 3 },
      { type: 'finish', reason: 'stop', usage: { inputTokens: 3, outputTokens: 0, totalTokens: 3 } },
    ]);
  });

  it('estimates what is not reported, and says so', () => {
    expect(read(begin(), text('12345678'), end('end_turn') + STOP).at(-1)).toMatchObject({
      usage: { inputTokens: 10, outputTokens: 2, totalTokens: 12, estimated: true },
    });
    const half = read(begin({ input_tokens: 5, output_tokens: 1 }), text('12345678'), end('end_turn') + STOP);
    expect(half.at(-1)).toMatchObject({ usage: { inputTokens: 5, outputTokens: 2, estimated: true } });
    const nonsense = read(begin({ input_tokens: -1 }), end('end_turn', { output_tokens: 'many' }) + STOP);
    expect(nonsense.at(-1)).toMatchObject({ usage: { inputTokens: 10, outputTokens: 0, estimated: true } });
  });

  it('lets the counts at the end take the place of those at the start', () => {
    const usage = { input_tokens: 9, cache_read_input_tokens: null, output_tokens: 4 };
    expect(read(begin({ input_tokens: 0, output_tokens: 0 }), end('end_turn', usage) + STOP).at(-1)).toEqual({
      type: 'finish',
      reason: 'stop',
      usage: { inputTokens: 9, outputTokens: 4, totalTokens: 13 },
    });
  });

  it.each([
    ['nothing', ''],
    ['no reason', begin() + text('a')],
    ['an end without a reason', begin() + text('a') + STOP],
    ['a reason that is null, and no end', begin() + text('a') + end(null)],
    ['data that is no JSON', begin() + text('a') + 'data: {"type\n\n'],
    ['data that is no object', begin() + text('a') + 'data: 7\n\n'],
    ['too large a frame', `data: ${'x'.repeat(16_000_001)}\n\n`],
  ])('throws PROVIDER_ERROR for %s', (_name, wire) => {
    expect(() => read(wire)).toThrow(expect.objectContaining({ code: 'PROVIDER_ERROR', fault: 'server' }));
  });

  it('gives out what came before an error event, and then the error', () => {
    const reader = new ClaudeAnswerReader({ provider: 'claude', inputCharacters: 40 });
    const event = { type: 'error', error: { type: 'overloaded_error', message: 'private' } };
    expect(reader.feed(bytes(text('so far') + frame(event) + text('never')))).toEqual([
      { type: 'text', text: 'so far' },
    ]);
    expect(reader.isDone).toBe(true);
    expect(() => reader.end()).toThrow(expect.objectContaining({ code: 'PROVIDER_UNAVAILABLE' }));
  });

  it('says where the answer stands', () => {
    const reader = new ClaudeAnswerReader({ provider: 'claude', inputCharacters: 40 });
    reader.feed(bytes(begin() + PING + open(0, { type: 'text', text: '' })));
    expect(reader.stage).toBe('beginning');
    reader.feed(bytes(text('a')));
    expect(reader.stage).toBe('text');
    reader.feed(bytes(end('end_turn')));
    expect([reader.stage, reader.isDone]).toEqual(['cost', false]);
    reader.feed(bytes(STOP + text('late')));
    expect(reader.isDone).toBe(true);
    expect(textOf(reader.end())).toBe('');
  });

  it('has a call that names nothing for whoever answers it', () => {
    const reader = new ClaudeAnswerReader({ provider: 'c', inputCharacters: 4, takesBrokenArguments: true });
    const call = open(0, { type: 'tool_use', id: 'a', name: '', input: {} }) + json(0, '{}') + close(0);
    reader.feed(bytes(begin() + call + end('tool_use') + STOP));
    expect(callsOf(reader.end())).toEqual([{ id: 'a', name: '', arguments: '{}' }]);
  });
});
