import { setTimeout as pause } from 'node:timers/promises';
import { yieldToEventLoop } from '../../../kernel/index.js';
import { cleanText } from '../../core/clean-text.js';
import { estimateTokens, estimateUsage, sizeOf } from '../../core/estimate-usage.js';
import type { ModelFacts } from '../../core/model-facts.js';
import type {
  EmbeddingRequest,
  Embeddings,
  LanguageModel,
  ModelPart,
  ModelRequest,
} from '../../ports/language-model.js';
import { ModelError } from '../../core/model-error.js';
import { HASH_DIMENSIONS, hashVector } from './hash-vector.js';
import { cutAfter, piecesOf } from './pieces.js';
import { pickQuotes } from './pick-quotes.js';

const PAUSE_MS = 15;

const INTRODUCTION = 'I am not a language model, but these passages of your documents match:';
const NOTHING_FOUND =
  'I am not a language model, and nothing that is stored here matches your message. To get real answers, connect a ' +
  'provider: set OPENAI_API_KEY, ANTHROPIC_API_KEY, GROQ_API_KEY or OPENROUTER_API_KEY, OLLAMA_URL for models of your ' +
  'own, or OPENAI_URL for any OpenAI-compatible server, and restart.';

const CAPABILITIES = { streaming: true, tools: false, json: false, vision: false, reasoning: false };
const FREE = { input: 0, output: 0 };

/** Texts between two yields to the event loop. */
const TEXTS_AT_ONCE = 16;

/**
 * The stand-in when no provider is configured: quotes the stored passages, and says that it does nothing more. It needs
 * no network, gives the same answer to the same question, and accepts any model name. Its vectors, `hash-384`, are
 * lexical: they show which texts share words, not which mean the same.
 */
export class LocalModel implements LanguageModel {
  readonly provider = 'local';
  readonly defaultModel = 'quotes';
  readonly type = 'local';
  readonly isStandIn = true;
  readonly catalogue: readonly ModelFacts[] = [
    { id: this.defaultModel, capabilities: CAPABILITIES, price: FREE },
    { id: 'hash-384', isEmbedding: true, capabilities: { ...CAPABILITIES, streaming: false }, price: FREE },
  ];

  listModels(): Promise<readonly ModelFacts[]> {
    return Promise.resolve(this.catalogue);
  }

  /** Vectors always have 384 dimensions: any other `dimensions` is rejected. */
  async embed({ inputs, dimensions }: EmbeddingRequest, signal: AbortSignal): Promise<Embeddings> {
    signal.throwIfAborted();
    if (dimensions !== undefined && dimensions !== HASH_DIMENSIONS) throw otherLength(this.provider);
    const vectors: (readonly number[])[] = [];
    for (const [index, text] of inputs.entries()) {
      if (index % TEXTS_AT_ONCE === TEXTS_AT_ONCE - 1) await yieldToEventLoop();
      signal.throwIfAborted();
      vectors.push(await hashVector(text, signal));
    }
    const characters = inputs.reduce((sum, { length }) => sum + length, 0);
    return { vectors, usage: estimateUsage(characters, 0) };
  }

  async *stream(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelPart, undefined> {
    signal.throwIfAborted();
    const answer = await answerTo(request);
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

function otherLength(provider: string): ModelError {
  return new ModelError(
    'request',
    'VALIDATION_FAILED',
    `The provider ${provider} makes vectors of ${HASH_DIMENSIONS} numbers. Leave dimensions out, or say ${HASH_DIMENSIONS}.`,
    { details: { provider } },
  );
}

async function answerTo(request: ModelRequest): Promise<string> {
  const { content = '' } = request.messages.findLast(({ role }) => role === 'user') ?? {};
  const quotes = await pickQuotes(request.question ?? content, request.passages);
  if (quotes.length === 0) return NOTHING_FOUND;
  return cleanText(
    [INTRODUCTION, ...quotes.map(({ sentence, marker }) => `“${sentence}” ${marker}`)].join('\n\n'),
  );
}
