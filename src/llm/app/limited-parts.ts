import type { Usage } from '../../kernel/index.js';
import { estimateUsage, sizeOf } from '../core/estimate-usage.js';
import type { ModelPart, ModelRequest } from '../ports/language-model.js';
import type { SentRequest } from './sent-request.js';

/** Lets the beginning of a text through, piece by piece, up to an end of its own choice. */
export interface TextLimit {
  /** Whether nothing more is let through. */
  readonly isReached: boolean;
  /** Takes the next piece, and returns what of the text is let through now. */
  push(piece: string): string;
  /** The text has ended: returns what was held back until then and belongs to it. */
  end(): string;
}

type Asked = Pick<ModelRequest, 'messages' | 'tools'>;

/**
 * The parts of an answer with its text up to the limit. Where it is reached the answer is complete, and leaving the loop closes
 * the connection. With tools the rest is read, and not said: a call may follow.
 */
export async function* limited(
  parts: AsyncIterable<ModelPart>,
  limit: TextLimit,
  { messages, tools = [] }: Asked,
  sent: Pick<SentRequest, 'heard' | 'prompt' | 'reasoning'>,
): AsyncGenerator<ModelPart, void> {
  const heard: string[] = [];
  sent.heard = heard;
  for await (const part of parts) {
    if (part.type === 'text') {
      heard.push(part.text);
      const text = limit.push(part.text);
      if (text !== '') yield { type: 'text', text };
      if (!limit.isReached || tools.length > 0) continue;
      yield { type: 'finish', reason: 'stop', usage: usageOf(messages, sent, heard) };
      return;
    }
    if (part.type !== 'finish') {
      yield part;
      continue;
    }
    const text = limit.end();
    if (text !== '') yield { type: 'text', text };
    // What is said is whole, although the model had more to say.
    yield limit.isReached && part.reason === 'length' ? { ...part, reason: 'stop' } : part;
  }
}

/** The provider tells it at the end, which is not waited for. */
function usageOf(
  messages: Asked['messages'],
  { prompt, reasoning }: Pick<SentRequest, 'prompt' | 'reasoning'>,
  heard: readonly string[],
): Usage {
  const written = [...reasoning, ...heard].reduce((size, { length }) => size + length, 0);
  const { inputTokens: estimated, outputTokens } = estimateUsage(sizeOf(messages), written);
  const { inputTokens, cachedTokens } = prompt ?? { inputTokens: estimated, cachedTokens: undefined };
  const cached = cachedTokens === undefined ? {} : { cachedTokens };
  return { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens, ...cached, estimated: true };
}
