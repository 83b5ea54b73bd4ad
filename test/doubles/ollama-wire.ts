import type { Behaviour } from './stand-in-behaviour.js';
import { expectedText, callsOf, usageFor, type Asked } from './stand-in-words.js';

const CREATED_AT = '2026-01-01T00:00:00.000000001Z';

/**
 * The calls an answer has as Ollama writes them: whole, with their arguments as an object; older servers give no id. What
 * is no JSON comes as a text, as from servers that imitate it.
 */
export function wireToolCalls(behaviour: Pick<Behaviour, 'calls' | 'tools'>): object[] {
  return callsOf(behaviour).map(({ name, arguments: text }, index) => ({
    function: { index, name, arguments: objectIn(text) },
  }));
}

function objectIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Makes the lines of one streamed answer. */
export class LineWriter {
  constructor(private readonly model: string) {}

  message(message: object): string {
    return this.line({ message: { role: 'assistant', content: '', ...message }, done: false });
  }

  done(reason: string, numbers: object): string {
    return this.line({
      message: { role: 'assistant', content: '' },
      done: true,
      done_reason: reason,
      ...numbers,
    });
  }

  private line(rest: object): string {
    return `${JSON.stringify({ model: this.model, created_at: CREATED_AT, ...rest })}\n`;
  }
}

/** Why the answer ends; Ollama has no filter, so `content_filter` ends like any other. */
export function doneReason({ fault }: Behaviour): string {
  return fault === 'length' ? 'length' : 'stop';
}

/** What the last line says about the cost. Times are in nanoseconds. */
export function numbersFor(behaviour: Behaviour, { prompt }: Asked): object {
  const { prompt_tokens, completion_tokens } = usageFor(behaviour, prompt);
  // Go leaves out what is 0.
  const counts = {
    prompt_eval_count: prompt_tokens || undefined,
    eval_count: completion_tokens || undefined,
  };
  return {
    total_duration: 4_000_000,
    load_duration: 1_000_000,
    prompt_eval_duration: 1_000_000,
    eval_duration: 2_000_000,
    ...(behaviour.fault === 'no_usage' ? {} : counts),
  };
}

/** A whole answer, for a request that does not stream. */
export function chatOf(behaviour: Behaviour, asked: Asked): object {
  const calls = wireToolCalls(behaviour);
  return {
    model: asked.model,
    created_at: CREATED_AT,
    message: {
      role: 'assistant',
      content: asked.say?.slice(0, behaviour.tokens).join('') ?? expectedText(behaviour.tokens),
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
    },
    done: true,
    done_reason: doneReason(behaviour),
    ...numbersFor(behaviour, asked),
  };
}

const DIMENSIONS = 16;

/** The vector of a text: the same for the same text, of length 1. */
export function expectedVector(text: string, dimensions = DIMENSIONS): number[] {
  const numbers = Array.from({ length: dimensions }, () => 0);
  for (let index = 0; index < text.length; index += 1) {
    numbers[(text.charCodeAt(index) * 31 + index) % dimensions]! += 1;
  }
  const length = Math.hypot(...numbers) || 1;
  return numbers.map((number) => Math.fround(number / length));
}
