import type { ModelPart } from '../../ports/language-model.js';
import { OllamaAnswerReader } from './ollama-stream.js';

const bytes = (text: string) => new TextEncoder().encode(text);
const line = (content: object) => `${JSON.stringify({ model: 'llama3', ...content })}\n`;
const says = (message: object) =>
  line({ message: { role: 'assistant', content: '', ...message }, done: false });
const ends = (more: object = {}) =>
  line({ message: { role: 'assistant', content: '' }, done: true, done_reason: 'stop', ...more });
const calls = (...tool_calls: readonly object[]) => says({ tool_calls });

/** All parts of what comes in these reads. */
function read(...reads: readonly (string | Uint8Array)[]): readonly ModelPart[] {
  const reader = new OllamaAnswerReader({ provider: 'ollama', inputCharacters: 40 });
  const parts = reads.flatMap((piece) => reader.feed(typeof piece === 'string' ? bytes(piece) : piece));
  return [...parts, ...reader.end()];
}

/** What is said before reading fails, and the error. */
function failing(...reads: readonly string[]): { readonly text: string; readonly error: unknown } {
  const reader = new OllamaAnswerReader({ provider: 'ollama', inputCharacters: 40 });
  const parts = reads.flatMap((piece) => reader.feed(bytes(piece)));
  const text = parts.map((part) => ('text' in part ? part.text : '')).join('');
  try {
    reader.end();
  } catch (error) {
    return { text, error };
  }
  throw new Error('it was expected to fail');
}

const textOf = (parts: readonly ModelPart[]) =>
  parts.map((part) => (part.type === 'text' ? part.text : '')).join('');

const callsOf = (parts: readonly ModelPart[]) =>
  parts.flatMap((part) => (part.type === 'tool_call' ? [part.call] : []));

describe('the reader of a streamed chat', () => {
  it('makes one part of all the text that one read brings', () => {
    expect(
      read(says({ content: 'one ' }) + says({ content: 'two ' }), says({ content: 'three' }) + ends()),
    ).toMatchObject([
      { type: 'text', text: 'one two ' },
      { type: 'text', text: 'three' },
      { type: 'finish', reason: 'stop' },
    ]);
  });

  it('keeps the order of thoughts and text', () => {
    const parts = read(
      says({ thinking: 'hm' }) + says({ content: 'a', thinking: 'so' }) + says({ content: 'b' }) + ends(),
    );
    expect(parts.map((part) => ('text' in part ? `${part.type} ${part.text}` : part.type))).toEqual([
      'reasoning hmso',
      'text ab',
      'finish',
    ]);
  });

  it('reads the same from single bytes as from the whole', () => {
    const wire = `${says({ content: '東京 🚀' })}\r\n\n${says({ content: ' naïve' })}${calls({
      function: { name: 'look', arguments: { city: 'Zürich' } },
    })}${ends()}`;
    const whole = bytes(wire);
    const parts = read(...Array.from(whole, (_, index) => whole.subarray(index, index + 1)));
    expect(textOf(parts)).toBe('東京 🚀 naïve');
    expect(callsOf(parts)).toMatchObject([{ name: 'look', arguments: '{"city":"Zürich"}' }]);
  });

  it('joins a pair torn apart by two lines, even by two reads', () => {
    const [head, tail] = ['{"message":{"content":"a\\ud83d"}}\n', '{"message":{"content":"\\ude80"}}\n'];
    for (const reads of [[head + tail], [head, tail]]) {
      const parts = read(...reads, ends());
      expect(textOf(parts)).toBe('a🚀');
      for (const part of parts) if ('text' in part) expect(part.text.isWellFormed()).toBe(true);
    }
  });

  it('takes a last line that lacks its line end', () => {
    expect(read(says({ content: 'a' }), ends().trimEnd())).toMatchObject([
      { type: 'text', text: 'a' },
      { type: 'finish' },
    ]);
  });

  it('takes text that stands in the line that ends the answer', () => {
    expect(textOf(read(line({ message: { content: 'all of it' }, done: true })))).toBe('all of it');
  });

  it('ignores what follows the end', () => {
    const parts = read(says({ content: 'a' }) + ends() + says({ content: 'b' }), 'nonsense\n');
    expect(parts).toMatchObject([{ type: 'text', text: 'a' }, { type: 'finish' }]);
  });

  it('reads no further in a line that grows out of bounds', () => {
    const reader = new OllamaAnswerReader({ provider: 'ollama', inputCharacters: 40 });
    const piece = bytes('x'.repeat(1_000_000));
    for (let count = 0; count < 16; count += 1) reader.feed(piece);
    expect(reader.isDone).toBe(false);
    reader.feed(piece);
    expect(reader.isDone).toBe(true);
  });

  it('takes an answer without any text for an answer', () => {
    expect(read(ends())).toMatchObject([{ type: 'finish', reason: 'stop' }]);
  });

  it.each([
    ['stop', 'stop'],
    ['length', 'length'],
    [undefined, 'stop'],
    ['something new', 'stop'],
  ])('understands the end %s as %s', (said, reason) => {
    expect(read(ends({ done_reason: said }))).toMatchObject([{ type: 'finish', reason }]);
  });

  it.each(['load', 'unload'])('takes a model that was only moved (%s) for no answer', (said) => {
    expect(failing(ends({ done_reason: said })).error).toMatchObject({
      code: 'PROVIDER_ERROR',
      fault: 'server',
    });
  });

  it.each([
    [
      { prompt_eval_count: 3, eval_count: 4 },
      { inputTokens: 3, outputTokens: 4, totalTokens: 7 },
    ],
    [{ eval_count: 4 }, { inputTokens: 10, outputTokens: 4, totalTokens: 14, estimated: true }],
    [{ prompt_eval_count: 3 }, { inputTokens: 3, outputTokens: 2, totalTokens: 5, estimated: true }],
    [
      { prompt_eval_count: -1, eval_count: '4' },
      { inputTokens: 10, outputTokens: 2, totalTokens: 12, estimated: true },
    ],
  ])('counts %j as %j', (numbers, usage) => {
    expect(read(says({ content: '12345678' }), ends(numbers)).at(-1)).toEqual({
      type: 'finish',
      reason: 'stop',
      usage,
    });
  });

  describe('hands over tool calls', () => {
    const call = (name: string, given?: unknown, id?: string) => ({
      id,
      function: { name, arguments: given },
    });

    it('at once, each as one piece under the id and the name of the whole', () => {
      const reader = new OllamaAnswerReader({ provider: 'ollama', inputCharacters: 40 });
      const first = reader.feed(bytes(says({ content: 'So' }) + calls(call('look', { a: 1 }))));
      const second = reader.feed(bytes(calls(call('find'))));
      const whole = callsOf([...reader.feed(bytes(ends())), ...reader.end()]);
      expect(first).toEqual([
        { type: 'text', text: 'So' },
        { type: 'tool_piece', index: 0, id: whole[0]!.id, name: 'look', text: '{"a":1}' },
      ]);
      expect(second).toEqual([{ type: 'tool_piece', index: 1, id: whole[1]!.id, name: 'find', text: '{}' }]);
    });

    it('whole and after the text, from one line and from several, with ids of their own', () => {
      const parts = read(
        says({ content: 'I look.' }) +
          calls(call('first', { a: 1 }), call('second', { a: 2 })) +
          calls(call('first', { a: 3 })) +
          says({ content: ' Wait.' }) +
          ends(),
      );
      expect(parts.map(({ type }) => type)).toEqual([
        'text',
        'tool_piece',
        'tool_piece',
        'tool_piece',
        'text',
        'tool_call',
        'tool_call',
        'tool_call',
        'finish',
      ]);
      expect(textOf(parts)).toBe('I look. Wait.');
      expect(callsOf(parts).map(({ name, arguments: text }) => [name, text])).toEqual([
        ['first', '{"a":1}'],
        ['second', '{"a":2}'],
        ['first', '{"a":3}'],
      ]);
      const ids = callsOf(parts).map(({ id }) => id);
      expect(new Set(ids).size).toBe(3);
      for (const id of ids) expect(id).toMatch(/^call_./);
      expect(parts.at(-1)).toMatchObject({ reason: 'tool_calls' });
    });

    it('with the ids the server gives, unless it gives one twice', () => {
      const ids = callsOf(read(calls(call('a', {}, 'call_x'), call('b', {}, 'call_x')) + ends())).map(
        ({ id }) => id,
      );
      expect(ids[0]).toBe('call_x');
      expect(ids[1]).not.toBe('call_x');
    });

    it.each([
      ['no arguments', undefined, '{}'],
      ['arguments as text', '{"a":1}', '{"a":1}'],
    ])('with %s', (_name, given, text) => {
      expect(callsOf(read(calls(call('a', given)) + ends()))).toMatchObject([{ arguments: text }]);
    });

    it('even when the answer was too long to go on after them', () => {
      expect(read(calls(call('a', {})) + ends({ done_reason: 'length' })).at(-1)).toMatchObject({
        reason: 'tool_calls',
      });
    });

    it('never without a name', () => {
      expect(failing(calls(call('', {})) + ends()).error).toMatchObject({ code: 'PROVIDER_ERROR' });
    });

    it('in a bounded number', () => {
      const many = Array.from({ length: 129 }, () => call('a', {}));
      expect(failing(calls(...many) + ends()).error).toMatchObject({ code: 'PROVIDER_ERROR' });
    });
  });

  describe('gives what came before, and then PROVIDER_ERROR, for', () => {
    it.each([
      ['an end without a last line', ''],
      ['a line that is not JSON', 'secret words\n'],
      ['a line that is no object', '42\n'],
      ['a line cut in the middle', '{"message":{"content":"secret'],
      ['an error', '{"error":"secret words"}\n'],
      ['an error that is an object', '{"error":{"message":"secret words"}}\n'],
      ['a line that is too long', says({ content: 'x'.repeat(16_000_001) })],
      ['a line that is too long and never ends', `{"${'x'.repeat(16_000_001)}`],
    ])('%s', (_name, wrong) => {
      const { text, error } = failing(says({ content: 'before' }) + wrong);
      expect(text).toBe('before');
      expect(error).toMatchObject({ code: 'PROVIDER_ERROR', fault: 'server', retryable: true });
      expect(String((error as Error).cause)).not.toContain('secret');
    });
  });

  it('says of an error about the context that the conversation is too long', () => {
    const { error } = failing('{"error":"the input length exceeds the context length"}\n');
    expect(error).toMatchObject({ code: 'CONTEXT_TOO_LONG', fault: 'request' });
  });

  it('survives lines of a shape it does not know, and does not end well', () => {
    const odd =
      '{"message":7}\n{"message":{"content":7,"tool_calls":{}}}\n{"message":{"tool_calls":[null,4]}}\n{}\n[]\n';
    const { text, error } = failing(odd + says({ content: 'a' }) + ends());
    expect(text).toBe('a');
    expect(error).toMatchObject({ code: 'PROVIDER_ERROR' });
    expect(read(`{}\n[]\n\n${ends()}`)).toMatchObject([{ type: 'finish', reason: 'stop' }]);
  });
});
