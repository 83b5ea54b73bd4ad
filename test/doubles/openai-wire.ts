import type { Behaviour } from './stand-in-behaviour.js';
import { expectedText, callsOf, usageFor } from './stand-in-words.js';

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
  const calls = callsOf(behaviour);
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
