import { bytes, delta, DONE, finish, frame, read } from '../../../../test/support/openai-frames.js';
import { OpenAiAnswerReader } from './openai-stream.js';

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

  it.each([
    ['as they come', (wire: readonly string[]) => wire],
    ['in one read', (wire: readonly string[]) => [wire.join('')]],
    ['byte by byte', (wire: readonly string[]) => Array.from(bytes(wire.join('')), (one) => Buffer.of(one))],
  ])('reads frames that differ in their text alone as it reads any others, %s', (_, cut) => {
    const texts = ['Hello', ' "you" ', '東京 \ud83d', '\ude80\n', '\\', '"}}', 'a\0b', 'again', ''];
    const wire = (more: () => object) => [
      ...texts.flatMap((content) => [
        frame({ id: 'x', choices: [{ index: 0, delta: { content }, finish_reason: null }], ...more() }),
        ...(content === 'again' ? [delta({ reasoning: 'hm', content: 'Hello' })] : []),
      ]),
      frame({ id: 'x', choices: [{ index: 0, delta: { content: 'too' } }], usage: { completion_tokens: 1 } }),
      finish('length') + delta({ content: 'late' }) + DONE,
    ];
    let place = 0;
    const parsed = wire(() => ({ obfuscation: (place += 1) }));
    const repeated = wire(() => ({ obfuscation: 7 }));
    expect(read(...cut(repeated))).toEqual(read(...cut(parsed)));
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
    expect(
      new OpenAiAnswerReader({ provider: 'openai', inputCharacters: 40 }).feed(bytes(frame(broken))),
    ).toMatchObject([{ type: 'prompt_usage', inputTokens: 3 }]);
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
    const reader = new OpenAiAnswerReader({ provider: 'openrouter', inputCharacters: 0 });
    const wire = delta({ content: 'kept' }) + frame({ error: { code: 429, message: 'secret' } });
    expect(reader.feed(bytes(wire))).toEqual([{ type: 'text', text: 'kept' }]);
    expect(() => reader.end()).toThrow(expect.objectContaining({ code: 'RATE_LIMITED', fault: 'rate' }));
  });

  it('gives the text before a mistake first', () => {
    const reader = new OpenAiAnswerReader({ provider: 'openai', inputCharacters: 0 });
    expect(reader.feed(bytes(`${delta({ content: 'kept' })}data: {\n\n`))).toEqual([
      { type: 'text', text: 'kept' },
    ]);
    expect(reader.isDone).toBe(true);
    expect(() => reader.end()).toThrow(expect.objectContaining({ code: 'PROVIDER_ERROR' }));
  });

  it('refuses a frame that never ends, without keeping it', () => {
    const reader = new OpenAiAnswerReader({ provider: 'openai', inputCharacters: 0 });
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
    const reader = new OpenAiAnswerReader({ provider: 'openai', inputCharacters: 0 });
    for (const shape of shapes) reader.feed(bytes(frame(shape)));
    expect(reader.isDone).toBe(false);
    // One of them said something, and nobody knows what.
    reader.feed(bytes(finish('stop')));
    expect(() => reader.end()).toThrow(expect.objectContaining({ code: 'PROVIDER_ERROR' }));
  });
});
