import type { AnswerPart, StepEvent } from '../../kernel/index.js';
import type { Answered } from '../../llm/index.js';
import type { Frame } from '../../stream/index.js';
import { ChunkWriter } from './chunk-writer.js';

const heading = { id: 'chatcmpl-1', created: 5 };
const attempt = (provider: string): AnswerPart => ({ type: 'attempt', provider, model: 'm' });
const text = (said: string): AnswerPart => ({ type: 'text', text: said });
const reasoning = (said: string): AnswerPart => ({ type: 'reasoning', text: said });
const piece = (index: number, id: string, words: string): AnswerPart => ({
  type: 'tool_piece',
  index,
  id,
  name: 'f',
  text: words,
});
const reset: AnswerPart = { type: 'reset', reason: 'PROVIDER_ERROR' };

const answered: Answered = {
  provider: 'p',
  model: 'm',
  finishReason: 'stop',
  usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3, cachedTokens: 1, reasoningTokens: 2 },
  toolCalls: [],
  said: { text: [], reasoning: [] },
};
const calling: Answered = {
  ...answered,
  finishReason: 'tool_calls',
  toolCalls: [{ id: 'c', name: 'f', arguments: '{"a":"b"}' }],
};

function streamed(parts: readonly AnswerPart[], end: Answered = answered, includeUsage = false) {
  const writer = new ChunkWriter(heading, includeUsage);
  const batches = parts.flatMap((part): (readonly Frame[])[] => {
    const frames = writer.part(part);
    return frames === undefined ? [] : [frames];
  });
  return [...batches, writer.end(end)];
}

const jsonOf = (batch: readonly Frame[]) =>
  batch.filter(({ data }) => data !== '[DONE]').map(({ data }) => JSON.parse(data));
const deltasOf = (batches: readonly (readonly Frame[])[]) =>
  batches.flatMap(jsonOf).map(({ choices }) => choices[0]?.delta);

describe('a streamed completion', () => {
  it('has the calls of the server in one piece before its end, and nothing of them before', () => {
    const end: StepEvent = {
      ...{ type: 'message_end', step: 'answer', finishReason: 'tool_calls', citations: [], toolCalls: [] },
      usage: answered.usage,
    };
    const call = { index: 0, id: 'c', type: 'threadline' as const, name: 'f', arguments: '{}' };
    const executed = { ...call, output: 'out', ok: true };
    const writer = new ChunkWriter(heading, true);
    const parts = [attempt('p'), text('Look.'), end, attempt('q'), end, text(''), text('So'), text('.')];
    const batches = [...parts.map((part) => writer.part(part) ?? []), writer.end(answered, [executed])];
    expect(deltasOf(batches)).toEqual([
      { role: 'assistant', content: '', refusal: null },
      ...['Look.', '', '\n\nSo', '.'].map((content) => ({ content })),
      { executed_tools: [executed] },
      {},
      undefined,
    ]);
  });

  it('begins with its first word, gives each piece as it comes, and ends in one batch', () => {
    const batches = streamed([attempt('gone'), attempt('p'), text('a "b"'), text('\n')]);
    expect(batches.map(({ length }) => length)).toEqual([2, 1, 2]);
    expect(deltasOf(batches)).toEqual([
      { role: 'assistant', content: '', refusal: null },
      { content: 'a "b"' },
      { content: '\n' },
      {},
    ]);
    expect(batches.at(-1)!.at(-1)).toEqual({ data: '[DONE]' });
    expect(batches.flatMap(jsonOf).every(({ model }) => model === 'p/m')).toBe(true);
  });

  it('of nothing but calls has no content, and each call whole', () => {
    expect(deltasOf(streamed([attempt('p')], calling))).toEqual([
      { role: 'assistant', content: null, refusal: null },
      {
        tool_calls: [
          { index: 0, id: 'c', type: 'function', function: { name: 'f', arguments: '{"a":"b"}' } },
        ],
      },
      {},
    ]);
  });

  it('gives a call in pieces as they come, under one head', () => {
    const parts = [
      attempt('p'),
      text('So'),
      piece(0, 'c', ''),
      piece(0, 'c', '{"a"'),
      piece(0, 'c', ':"b"}'),
    ];
    const batches = streamed(parts, calling);
    const opening = { index: 0, id: 'c', type: 'function', function: { name: 'f', arguments: '' } };
    expect(deltasOf(batches)).toEqual([
      { role: 'assistant', content: '', refusal: null },
      { content: 'So' },
      { tool_calls: [opening] },
      { tool_calls: [{ index: 0, function: { arguments: '{"a"' } }] },
      { tool_calls: [{ index: 0, function: { arguments: ':"b"}' } }] },
      {},
    ]);
    expect(batches.map(({ length }) => length)).toEqual([2, 1, 1, 1, 2]);
  });

  it('begins with the first piece of a call, without content', () => {
    const [first] = streamed([attempt('p'), piece(0, 'c', '{"a":"b"}')], calling);
    expect(jsonOf(first!).map(({ choices }) => choices[0].delta)).toEqual([
      { role: 'assistant', content: null, refusal: null },
      {
        tool_calls: [{ index: 0, id: 'c', type: 'function', function: { name: 'f', arguments: '' } }],
      },
      { tool_calls: [{ index: 0, function: { arguments: '{"a":"b"}' } }] },
    ]);
  });

  it('gives at its end what came in no pieces, even where two calls have one id', () => {
    const toolCalls = ['{}', '{"x":1}', '{"y":2}'].map((json) => ({ id: 'c', name: 'f', arguments: json }));
    const parts = [attempt('p'), piece(0, 'c', ''), piece(1, 'c', '{"x":1}')];
    const last = jsonOf(streamed(parts, { ...calling, toolCalls }).at(-1)!);
    expect(last.map(({ choices }) => choices[0].delta)).toEqual([
      { tool_calls: [{ index: 0, function: { arguments: '{}' } }] },
      {
        tool_calls: [{ index: 2, id: 'c', type: 'function', function: { name: 'f', arguments: '{"y":2}' } }],
      },
      {},
    ]);
  });

  it('of nothing at all is an empty text', () => {
    expect(deltasOf(streamed([attempt('p')]))).toEqual([
      { role: 'assistant', content: '', refusal: null },
      {},
    ]);
  });

  it('says who thinks before it says what', () => {
    expect(deltasOf(streamed([attempt('p'), reasoning('hm'), text('a')]))).toEqual([
      { role: 'assistant', content: null, refusal: null },
      { reasoning_content: 'hm' },
      { content: 'a' },
      {},
    ]);
  });

  it('says what it cost only when that was asked for', () => {
    const chunks = streamed([attempt('p'), text('a')], answered, true).flatMap(jsonOf);
    expect(chunks.at(-1)).toMatchObject({
      choices: [],
      usage: {
        prompt_tokens: 1,
        completion_tokens: 2,
        total_tokens: 3,
        prompt_tokens_details: { cached_tokens: 1 },
        completion_tokens_details: { reasoning_tokens: 2 },
      },
    });
    expect(chunks.slice(0, -1).map(({ usage }) => usage)).toEqual([null, null, null]);
    const silent = streamed([attempt('p'), text('a')]).flatMap(jsonOf);
    expect(silent.every((chunk) => !('usage' in chunk))).toBe(true);
  });

  it('does not take back what it said', () => {
    expect(() => streamed([attempt('p'), text('a'), reset])).toThrow();
  });
});
