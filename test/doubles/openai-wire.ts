import type { Behaviour } from './openai-behaviour.js';

const WORDS = [
  'The ',
  'naïve ',
  'reader ',
  '東京 ',
  'sees ',
  '🚀 ',
  'every ',
  'Ωmega ',
  'token, ',
  '👩‍👧 ',
  'once. ',
];

/** The stand-in's token of a number: no two near each other are alike, and some have more than one byte a character. */
export function token(index: number): string {
  return `${WORDS[index % WORDS.length]}${index} `;
}

/** All of an answer of so many tokens. */
export function expectedText(tokens: number): string {
  let text = '';
  for (let index = 0; index < tokens; index += 1) text += token(index);
  return text;
}

/** All the reasoning that comes before an answer. */
export function expectedReasoning(tokens: number): string {
  let text = '';
  for (let index = 0; index < tokens; index += 1) text += `thought ${index}, `;
  return text;
}

/** The tool calls that stand at the end of an answer. */
export function expectedToolCalls(calls: number): { id: string; name: string; arguments: string }[] {
  return Array.from({ length: calls }, (_, index) => ({
    id: `call_${index}`,
    name: `tool_${index}`,
    arguments: JSON.stringify({ city: '東京', index }),
  }));
}

/** The answer to what tools gave: it repeats all of it, so that the round trip can be seen. */
export function expectedRepeat(contents: readonly string[]): string {
  return `The tool says: ${contents.join(', ')}`;
}

/** What a request costs. */
export function usageFor(behaviour: Behaviour, prompt: string) {
  const prompt_tokens = Math.ceil(prompt.length / 4);
  const completion_tokens = behaviour.tokens + behaviour.reasoning;
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
}

const shared = { id: 'chatcmpl-stand-in', created: 1_760_000_000, system_fingerprint: 'fp_stand_in' };

/** Makes the frames of one streamed answer. */
export class FrameWriter {
  private readonly head: string;

  constructor(private readonly model: string) {
    const start = JSON.stringify({ ...shared, object: 'chat.completion.chunk', model }).slice(0, -1);
    this.head = `data: ${start},"choices":[{"index":0,"delta":`;
  }

  delta(delta: Readonly<Record<string, unknown>>): string {
    return `${this.head}${JSON.stringify(delta)},"logprobs":null,"finish_reason":null}]}\n\n`;
  }

  finish(reason: string): string {
    return `${this.head}{},"logprobs":null,"finish_reason":"${reason}"}]}\n\n`;
  }

  usage(usage: object): string {
    const chunk = { ...shared, object: 'chat.completion.chunk', model: this.model, choices: [], usage };
    return `data: ${JSON.stringify(chunk)}\n\n`;
  }
}

/** A whole answer, for a request that does not stream. */
export function completionOf(model: string, behaviour: Behaviour, prompt: string, say?: readonly string[]) {
  const calls = expectedToolCalls(behaviour.tools);
  const message = {
    role: 'assistant',
    content: say?.slice(0, behaviour.tokens).join('') ?? expectedText(behaviour.tokens),
    refusal: null,
    ...(calls.length === 0 ? {} : { tool_calls: calls.map(asToolCall) }),
  };
  const finish_reason = calls.length === 0 ? 'stop' : 'tool_calls';
  return {
    ...shared,
    object: 'chat.completion',
    model,
    choices: [{ index: 0, message, logprobs: null, finish_reason }],
    usage: usageFor(behaviour, prompt),
  };
}

function asToolCall({ id, name, arguments: text }: { id: string; name: string; arguments: string }) {
  return { id, type: 'function', function: { name, arguments: text } };
}
