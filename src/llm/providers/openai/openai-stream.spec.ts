import type { ModelPart } from '../../ports/language-model.js';
import { OpenAiAnswerReader } from './openai-stream.js';

const bytes = (text: string) => new TextEncoder().encode(text);
const frame = (chunk: object) => `data: ${JSON.stringify(chunk)}\n\n`;
const delta = (content: object) => frame({ choices: [{ index: 0, delta: content }] });
const finish = (reason: string) => frame({ choices: [{ index: 0, delta: {}, finish_reason: reason }] });
const DONE = 'data: [DONE]\n\n';

/** All parts of what comes in these reads. */
function read(...reads: readonly (string | Uint8Array)[]): readonly ModelPart[] {
  const reader = new OpenAiAnswerReader('openai', 40);
  const parts = reads.flatMap((piece) => reader.feed(typeof piece === 'string' ? bytes(piece) : piece));
  return [...parts, ...reader.end()];
}

const estimated = (outputTokens: number) => ({
  inputTokens: 10,
  outputTokens,
  totalTokens: 10 + outputTokens,
  estimated: true,
});

describe('the reader of a streamed answer', () => {
  it('makes one part of all the text that one read brings', () => {
    const parts = read(
      delta({ content: 'one ' }) + delta({ content: 'two ' }),
      delta({ content: 'three' }) + finish('stop') + DONE,
    );
    expect(parts).toEqual([
      { type: 'text', text: 'one two ' },
      { type: 'text', text: 'three' },
      { type: 'finish', reason: 'stop', usage: estimated(4) },
    ]);
  });

  it('keeps the order of reasoning and text', () => {
    const parts = read(
      delta({ reasoning: 'hm' }) +
        delta({ content: 'a' }) +
        delta({ reasoning_content: 'so' }) +
        delta({ content: 'b' }) +
        finish('stop'),
    );
    expect(parts.map((part) => ('text' in part ? `${part.type} ${part.text}` : part.type))).toEqual([
      'reasoning hm',
      'text a',
      'reasoning so',
      'text b',
      'finish',
    ]);
  });

  it('reads the same from single bytes as from the whole', () => {
    const wire = `: hello\r\n\r\n${delta({ content: '東京 🚀' })}${delta({ content: ' naïve' })}${finish('stop')}${DONE}`;
    const whole = bytes(wire);
    const pieces = Array.from(whole, (_, index) => whole.subarray(index, index + 1));
    const text = read(...pieces).map((part) => (part.type === 'text' ? part.text : ''));
    expect(text.join('')).toBe('東京 🚀 naïve');
  });

  it('joins a pair torn apart by two deltas, even by two reads', () => {
    const [head, tail] = [
      'data: {"choices":[{"delta":{"content":"a\\ud83d"}}]}\n\n',
      'data: {"choices":[{"delta":{"content":"\\ude80"}}]}\n\n',
    ];
    for (const reads of [[head + tail], [head, tail]]) {
      const parts = read(...reads, finish('stop'));
      expect(parts.map((part) => ('text' in part ? part.text : '')).join('')).toBe('a🚀');
      for (const part of parts) if ('text' in part) expect(part.text.isWellFormed()).toBe(true);
    }
  });

  it('gives what is left of a torn pair at the end, well-formed', () => {
    expect(read('data: {"choices":[{"delta":{"content":"a\\ud83d"}}]}\n\n', finish('stop'))).toMatchObject([
      { type: 'text', text: 'a' },
      { type: 'text', text: '\ufffd' },
      { type: 'finish' },
    ]);
  });

  it('takes usage from a frame without choices, and from one that has both', () => {
    const usage = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 };
    const expected = { inputTokens: 3, outputTokens: 4, totalTokens: 7 };
    expect(read(finish('stop'), frame({ choices: [], usage }), DONE)).toMatchObject([{ usage: expected }]);
    const both = { choices: [{ delta: {}, finish_reason: 'stop' }], usage };
    expect(read(frame(both))).toMatchObject([{ usage: expected }]);
  });

  it('says what the question has cost where that is known before the end, and once', () => {
    const usage = { prompt_tokens: 3, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 2 } };
    const said = (content: string) => frame({ choices: [{ delta: { content } }], usage });
    expect(read(said('a') + said('b'), finish('stop'))).toMatchObject([
      { type: 'text', text: 'a' },
      { type: 'prompt_usage', inputTokens: 3, cachedTokens: 2 },
      { type: 'text', text: 'b' },
      { type: 'finish', usage: { inputTokens: 3 } },
    ]);
    const broken = { choices: [{ delta: {}, finish_reason: 'error' }], usage };
    expect(new OpenAiAnswerReader('openai', 40).feed(bytes(frame(broken)))).toMatchObject([
      { type: 'prompt_usage', inputTokens: 3 },
    ]);
  });

  it('tells what of it was cached and what was only thought', () => {
    const usage = {
      prompt_tokens: 100,
      completion_tokens: 50,
      total_tokens: 150,
      prompt_tokens_details: { cached_tokens: 64, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 30 },
    };
    expect(read(finish('stop'), frame({ choices: [], usage }))).toMatchObject([
      {
        usage: {
          inputTokens: 100,
          outputTokens: 50,
          totalTokens: 150,
          cachedTokens: 64,
          reasoningTokens: 30,
        },
      },
    ]);
  });

  it.each([
    [
      'what was thought but not counted as said',
      { total_tokens: 180, completion_tokens_details: { reasoning_tokens: 30 } },
      { outputTokens: 80, totalTokens: 180, reasoningTokens: 30 },
    ],
    ['the cache in the words of DeepSeek', { prompt_cache_hit_tokens: 7 }, { cachedTokens: 7 }],
    [
      'no more in the cache than was read',
      { prompt_tokens_details: { cached_tokens: 900 } },
      { cachedTokens: 100 },
    ],
  ])('counts %s', (_name, details, expected) => {
    const usage = { prompt_tokens: 100, completion_tokens: 50, ...details };
    expect(read(finish('stop'), frame({ choices: [], usage }))).toMatchObject([{ usage: expected }]);
  });

  it.each([null, 'many', { cached_tokens: -1 }, { cached_tokens: '5' }])(
    'leaves out details that are %j',
    (details) => {
      const usage = {
        prompt_tokens: 3,
        completion_tokens: 4,
        prompt_tokens_details: details,
        completion_tokens_details: details,
      };
      expect(read(finish('stop'), frame({ choices: [], usage })).at(-1)).toEqual({
        type: 'finish',
        reason: 'stop',
        usage: { inputTokens: 3, outputTokens: 4, totalTokens: 7 },
      });
    },
  );

  it('takes usage from where Groq puts it', () => {
    const usage = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7, total_time: 0.01 };
    const last = { choices: [{ delta: {}, finish_reason: 'stop' }], x_groq: { id: 'req_1', usage } };
    expect(read(delta({ content: 'a' }), frame(last), DONE).at(-1)).toMatchObject({
      usage: { inputTokens: 3, outputTokens: 4 },
    });
  });

  it('takes an end without any text as an empty answer', () => {
    expect(read(delta({ role: 'assistant', content: '' }), finish('stop'), DONE)).toEqual([
      { type: 'finish', reason: 'stop', usage: estimated(0) },
    ]);
  });

  it('passes over the signs of life of OpenRouter', () => {
    const sign = ': OPENROUTER PROCESSING\n\n';
    expect(read(sign + sign, delta({ content: 'a' }) + sign, finish('stop') + DONE)).toHaveLength(2);
  });

  it.each([
    { prompt_tokens: -1, completion_tokens: 2 },
    { prompt_tokens: '3', completion_tokens: 2 },
    { prompt_tokens: 1e15, completion_tokens: 2 },
    {},
    'many',
    null,
  ])('estimates where the usage is %j', (usage) => {
    expect(read(finish('stop'), frame({ choices: [], usage }))).toMatchObject([{ usage: estimated(0) }]);
  });

  it.each([
    ['stop', 'stop'],
    ['length', 'length'],
    ['max_tokens', 'length'],
    ['content_filter', 'content_filter'],
    ['eos', 'stop'],
  ])('understands the end %s without tool calls as %s', (said, reason) => {
    expect(read(finish(said))).toMatchObject([{ type: 'finish', reason }]);
  });

  it('ignores what follows the end', () => {
    expect(
      read(delta({ content: 'a' }) + finish('stop') + DONE + delta({ content: 'b' }), 'data: nonsense\n\n'),
    ).toHaveLength(2);
  });

  it('takes a last line that lacks its line end', () => {
    expect(read(delta({ content: 'a' }), finish('stop').trimEnd())).toHaveLength(2);
  });

  it('forgives half a frame after the text is complete', () => {
    expect(read(delta({ content: 'a' }) + finish('stop'), 'data: {"usage":{"pro')).toHaveLength(2);
  });

  it.each([
    ['stops before the end', delta({ content: 'a' })],
    ['says [DONE] without a reason', delta({ content: 'a' }) + DONE],
    ['is not JSON', 'data: {"choices":[{"delta":{"content":"secr\n\n'],
    ['is not an object', 'data: 5\n\n'],
    ['is an error', frame({ error: { message: 'secret', code: 'overloaded' } })],
    ['is an error event', `event: error\n${frame({ message: 'secret' })}`],
    ['ends in a failure', finish('error')],
    [
      'is an error of OpenRouter',
      frame({
        error: { code: 502, message: 'secret' },
        choices: [{ delta: { content: '' }, finish_reason: 'error' }],
      }),
    ],
    ['is an error of Groq', frame({ choices: [{ delta: {} }], x_groq: { error: 'over_capacity' } })],
    ['is a page', '<html><body>secret</body></html>'],
    ['ends in tool calls and has none', delta({ content: 'a' }) + finish('tool_calls') + DONE],
    ['is one message of several', frame({ choices: [{ message: { content: 'secret' } }] })],
    ['has nothing', ''],
  ])('refuses an answer that %s', (_name, wire) => {
    expect(() => read(wire)).toThrow(expect.objectContaining({ code: 'PROVIDER_ERROR' }));
    expect(() => read(wire)).not.toThrow(/secr/);
  });

  it('says that a conversation was too long when the error in the stream does', () => {
    const wire = frame({ error: { code: 'context_length_exceeded' } });
    expect(() => read(wire)).toThrow(expect.objectContaining({ code: 'CONTEXT_TOO_LONG' }));
  });

  it('says that there were too many requests when the error in the stream does, after the text before it', () => {
    const reader = new OpenAiAnswerReader('openrouter', 0);
    const wire = delta({ content: 'kept' }) + frame({ error: { code: 429, message: 'secret' } });
    expect(reader.feed(bytes(wire))).toEqual([{ type: 'text', text: 'kept' }]);
    expect(() => reader.end()).toThrow(expect.objectContaining({ code: 'RATE_LIMITED', fault: 'rate' }));
  });

  it('gives the text before a mistake first', () => {
    const reader = new OpenAiAnswerReader('openai', 0);
    expect(reader.feed(bytes(`${delta({ content: 'kept' })}data: {\n\n`))).toEqual([
      { type: 'text', text: 'kept' },
    ]);
    expect(reader.isDone).toBe(true);
    expect(() => reader.end()).toThrow(expect.objectContaining({ code: 'PROVIDER_ERROR' }));
  });

  it('refuses a frame that never ends, without keeping it', () => {
    const reader = new OpenAiAnswerReader('openai', 0);
    reader.feed(bytes('data: "'));
    for (let read = 0; read < 20 && !reader.isDone; read += 1) reader.feed(bytes('x'.repeat(1_000_000)));
    expect(reader.isDone).toBe(true);
  });

  it('survives frames of any shape', () => {
    const shapes = [
      {},
      { choices: null },
      { choices: {} },
      { choices: [null] },
      { choices: [5] },
      { choices: [{ delta: null }] },
      { choices: [{ delta: { content: 5, tool_calls: [null, 5, {}] } }] },
      { error: null },
      [],
    ];
    const reader = new OpenAiAnswerReader('openai', 0);
    for (const shape of shapes) reader.feed(bytes(frame(shape)));
    expect(reader.isDone).toBe(false);
    // One of them said something, and nobody knows what.
    reader.feed(bytes(finish('stop')));
    expect(() => reader.end()).toThrow(expect.objectContaining({ code: 'PROVIDER_ERROR' }));
  });
});

describe('tool calls in a streamed answer', () => {
  const calls = (...pieces: object[]) => delta({ tool_calls: pieces });
  const opening = (index: number, id: string, name: string, text = '') => ({
    index,
    id,
    function: { name, arguments: text },
  });
  const more = (index: number, text: string) => ({ index, function: { arguments: text } });
  const callsOf = (...reads: string[]) =>
    read(...reads).flatMap((part) => (part.type === 'tool_call' ? [part.call] : []));

  it('are put together by their index', () => {
    const wire =
      calls(opening(0, 'a', 'first'), opening(1, 'b', 'second')) +
      calls(more(1, '{"y":'), more(0, '{"x":1}')) +
      calls(more(1, '2}'));
    expect(callsOf(wire, finish('tool_calls'))).toEqual([
      { id: 'a', name: 'first', arguments: '{"x":1}' },
      { id: 'b', name: 'second', arguments: '{"y":2}' },
    ]);
  });

  const piece = (index: number, id: string, name: string, text: string) => ({
    type: 'tool_piece',
    index,
    id,
    name,
    text,
  });

  it('come in pieces with the reads that bring them, one for each call and in their order with the text', () => {
    const reader = new OpenAiAnswerReader('openai', 40, ['first', 'second']);
    const first = delta({ content: 'So ' }) + calls(opening(0, 'a', 'first'), opening(1, 'b', 'second'));
    expect(reader.feed(bytes(first))).toEqual([
      { type: 'text', text: 'So ' },
      piece(0, 'a', 'first', ''),
      piece(1, 'b', 'second', ''),
    ]);
    const mixed = calls(more(1, '{"y"'), more(0, '{"x"')) + calls(more(1, ':2'), more(0, ':1'));
    expect(reader.feed(bytes(mixed + delta({ content: 'then' }) + calls(more(1, '}'))))).toEqual([
      piece(1, 'b', 'second', '{"y":2'),
      piece(0, 'a', 'first', '{"x":1'),
      { type: 'text', text: 'then' },
      piece(1, 'b', 'second', '}'),
    ]);
    expect(reader.feed(bytes(calls(more(0, '}')) + finish('tool_calls')))).toEqual([
      piece(0, 'a', 'first', '}'),
    ]);
    expect(reader.end()).toMatchObject([
      { type: 'tool_call', call: { id: 'a', arguments: '{"x":1}' } },
      { type: 'tool_call', call: { id: 'b', arguments: '{"y":2}' } },
      { type: 'finish' },
    ]);
  });

  it('are told of when their name is sure: it may be half of one', () => {
    const reader = new OpenAiAnswerReader('openai', 40, ['get', 'get_time']);
    expect(reader.feed(bytes(calls(opening(0, 'a', 'get'))))).toEqual([]);
    expect(reader.feed(bytes(calls({ index: 0, function: { name: '_time' } })))).toEqual([
      piece(0, 'a', 'get_time', ''),
    ]);
    expect(reader.feed(bytes(calls(opening(1, 'b', 'unheard_of'))))).toEqual([]);
    expect(reader.feed(bytes(calls(more(1, '{}'))))).toEqual([piece(1, 'b', 'unheard_of', '{}')]);
  });

  it('of two tools without arguments or ids are two, where their names are known', () => {
    const wire = calls(opening(0, '', 'first')) + calls(opening(0, '', 'second'));
    const reader = new OpenAiAnswerReader('openai', 40, ['first', 'second']);
    reader.feed(bytes(wire + finish('tool_calls')));
    expect(reader.end()).toMatchObject([
      { type: 'tool_call', call: { name: 'first' } },
      { type: 'tool_call', call: { name: 'second' } },
      { type: 'finish' },
    ]);
  });

  it('are refused when a name grows that was given out, and when an opening may have been no call', () => {
    const refused = (wire: string, tools: string[]) => {
      const reader = new OpenAiAnswerReader('openai', 40, tools);
      reader.feed(bytes(wire + finish('tool_calls')));
      expect(() => reader.end()).toThrow(expect.objectContaining({ code: 'PROVIDER_ERROR' }));
    };
    refused(calls(opening(0, 'a', 'first')) + calls({ index: 0, function: { name: '_of_all' } }), ['first']);
    const twice = calls(opening(0, 'a', 'first')) + calls(opening(0, 'b', 'first'));
    refused(twice + calls(opening(0, 'b', 'first', '{"x":1}')), ['first']);
  });

  it('are left out when the limit of tokens came before their arguments', () => {
    expect(read(calls(opening(0, 'a', 'first')), finish('length')).map(({ type }) => type)).toEqual([
      'tool_piece',
      'finish',
    ]);
  });

  it('are not given out in pieces before they have a name, and keep the id they are made then', () => {
    const reader = new OpenAiAnswerReader('openai', 40);
    expect(reader.feed(bytes(calls({ index: 0, function: { arguments: '{"x"' } })))).toEqual([]);
    const [named, ...others] = reader.feed(bytes(calls({ index: 0, function: { name: 'first' } })));
    expect([named, others]).toMatchObject([{ index: 0, name: 'first', text: '{"x"' }, []]);
    const { id } = named as { id: string };
    expect(id).toMatch(/^call_./);
    expect(reader.feed(bytes(calls({ index: 0, id: 'late', function: { arguments: ':1}' } })))).toEqual([
      piece(0, id, 'first', ':1}'),
    ]);
    reader.feed(bytes(finish('tool_calls')));
    expect(reader.end()[0]).toEqual({ type: 'tool_call', call: { id, name: 'first', arguments: '{"x":1}' } });
  });

  it('are in pieces what they are as a whole, well-formed and without the space around them', () => {
    const torn = [' ', '\n{"x": "', '\ud83d', '\ude80 \0', '  ', 'b"', ' ', '} ', '\n'];
    const reads = torn.map((text) => calls(opening(0, 'a', 'first', text)));
    const parts = read(...reads, finish('tool_calls'));
    const texts = parts.flatMap((part) => (part.type === 'tool_piece' ? [part.text] : []));
    const [call] = parts.flatMap((part) => (part.type === 'tool_call' ? [part.call] : []));
    expect(texts.join('')).toBe('{"x": "🚀   b" }');
    expect(call!.arguments).toBe(texts.join(''));
    expect(texts.every((text) => text.isWellFormed() && !text.includes('\0'))).toBe(true);
  });

  it('without arguments are one piece without text', () => {
    const parts = read(calls(opening(0, 'a', 'now', ' ')), finish('tool_calls'));
    expect(parts).toMatchObject([piece(0, 'a', 'now', ''), { call: { arguments: '{}' } }, {}]);
  });

  it('that all have one index have places of their own', () => {
    const wire = calls(opening(0, 'a', 'first', '{}')) + calls(opening(0, 'b', 'second', '{}'));
    expect(read(wire, finish('stop'))).toMatchObject([
      piece(0, 'a', 'first', '{}'),
      piece(1, 'b', 'second', '{}'),
      {},
      {},
      {},
    ]);
  });

  it('stay apart however their pieces are mixed, and whatever cuts the bytes', () => {
    const texts = Array.from({ length: 5 }, (_, index) => JSON.stringify({ city: '東京 🚀', index }));
    const order = [3, 0, 4, 1, 2];
    const openings = order.map((index) => calls(opening(index, `id${index}`, `tool${index}`)));
    const pieces = Array.from({ length: 40 }, (_, place) =>
      calls(
        ...order.flatMap((index) =>
          texts[index]![place] === undefined ? [] : [more(index, texts[index]![place])],
        ),
      ),
    );
    const whole = bytes(openings.join('') + pieces.join('') + finish('tool_calls') + DONE);
    const singles = Array.from(whole, (_, index) => whole.subarray(index, index + 1));
    const found = read(...singles).flatMap((part) => (part.type === 'tool_call' ? [part.call] : []));
    expect(found.map(({ id }) => id)).toEqual(order.map((index) => `id${index}`));
    for (const { id, name, arguments: text } of found) {
      expect([name, text]).toEqual([`tool${id.slice(2)}`, texts[Number(id.slice(2))]]);
    }
  });

  it('are told apart by their id where all have one index', () => {
    const wire = calls(opening(0, 'a', 'first', '{}')) + calls(opening(0, 'b', 'second', '{}'));
    expect(callsOf(wire, finish('stop')).map(({ id }) => id)).toEqual(['a', 'b']);
  });

  it('stay apart where all have one index and their pieces are mixed', () => {
    const piece = (id: string, text: string) => ({ index: 0, id, function: { arguments: text } });
    const wire =
      calls(opening(0, 'a', 'first'), opening(0, 'b', 'second')) +
      calls(piece('a', '{"x":'), piece('b', '{"y":'), piece('a', '1}'), piece('b', '2}'));
    expect(callsOf(wire, finish('tool_calls')).map(({ arguments: text }) => text)).toEqual([
      '{"x":1}',
      '{"y":2}',
    ]);
  });

  it('get an id and empty arguments where the provider leaves them out', () => {
    const [call] = callsOf(calls({ function: { name: 'now' } }), finish('tool_calls'));
    expect(call).toMatchObject({ name: 'now', arguments: '{}' });
    expect(call!.id).not.toBe('');
  });

  it('make the answer one that ends in tool calls, whatever the provider calls it', () => {
    expect(read(calls(opening(0, 'a', 'first', '{}')), finish('stop')).at(-1)).toMatchObject({
      reason: 'tool_calls',
    });
  });

  it('are left out when the limit of tokens cut them short', () => {
    const parts = read(
      calls(opening(0, 'a', 'first', '{}'), opening(1, 'b', 'second', '{"x":')),
      finish('length'),
    );
    expect(parts).toMatchObject([
      { type: 'tool_piece', id: 'a' },
      { type: 'tool_piece', id: 'b' },
      { type: 'tool_call', call: { id: 'a' } },
      { type: 'finish', reason: 'length' },
    ]);
  });

  it.each([
    ['their arguments are not JSON', calls(opening(0, 'a', 'first', '{"x":'))],
    ['they have no name', calls({ index: 0, id: 'a', function: { arguments: '{}' } })],
    [
      'they are too long',
      calls(opening(0, 'a', 'first', '{"x":"')) +
        Array.from({ length: 11 }, () => calls(more(0, 'x'.repeat(400_000)))).join('') +
        calls(more(0, '"}')),
    ],
    ['their name is too long', calls(opening(0, 'a', 'x'.repeat(1_001), '{}'))],
    [
      'they are too many',
      calls(...Array.from({ length: 129 }, (_, index) => opening(index, `${index}`, 'f', '{}'))),
    ],
  ])('are refused when %s', (_name, wire) => {
    expect(() => read(wire, finish('tool_calls'))).toThrow(
      expect.objectContaining({ code: 'PROVIDER_ERROR' }),
    );
  });
});
