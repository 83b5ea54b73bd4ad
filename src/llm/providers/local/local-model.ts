import { setTimeout as pause } from 'node:timers/promises';
import { cleanText } from '../../core/clean-text.js';
import { estimateTokens, estimateUsage, sizeOf } from '../../core/estimate-usage.js';
import type { LanguageModel, ModelPart, ModelRequest } from '../../ports/language-model.js';
import { cutAfter, piecesOf } from './pieces.js';
import { pickQuotes } from './pick-quotes.js';

const PAUSE_MS = 15;

const INTRODUCTION = 'I am not a language model, but these passages of your documents match:';
const NOTHING_FOUND =
  'I am not a language model, and nothing that is stored here matches your message. To get real answers, connect a ' +
  'provider: set OPENAI_API_KEY, or OPENAI_URL for any OpenAI-compatible server, and restart.';

/**
 * What answers when no provider is configured: quotes the stored passages, and says that it does nothing more. Needs no
 * network, and gives the same answer to the same question.
 */
export class LocalModel implements LanguageModel {
  readonly provider = 'local';
  readonly defaultModel = 'quotes';
  readonly models = [this.defaultModel];

  async *stream(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelPart, undefined> {
    signal.throwIfAborted();
    const answer = answerTo(request);
    const limit = request.maxTokens;
    const isCut = limit !== undefined && estimateTokens(answer.length) > limit;
    const text = isCut ? cutAfter(answer, limit) : answer;
    for (const piece of piecesOf(text)) {
      yield { type: 'text', text: piece };
      await pause(PAUSE_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
    signal.throwIfAborted();
    const usage = estimateUsage(sizeOf(request.messages), text.length);
    yield { type: 'finish', reason: isCut ? 'length' : 'stop', usage };
    return undefined;
  }
}

function answerTo(request: ModelRequest): string {
  const question = request.messages.findLast(({ role }) => role === 'user')?.content ?? '';
  const quotes = pickQuotes(question, request.passages);
  if (quotes.length === 0) return NOTHING_FOUND;
  return cleanText(
    [INTRODUCTION, ...quotes.map(({ sentence, marker }) => `“${sentence}” ${marker}`)].join('\n\n'),
  );
}
