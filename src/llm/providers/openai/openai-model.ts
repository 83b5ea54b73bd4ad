import type { OpenAI } from 'openai';
import type { ModelFacts } from '../../core/model-facts.js';
import type {
  EmbeddingRequest,
  Embeddings,
  LanguageModel,
  ModelPart,
  ModelRequest,
} from '../../ports/language-model.js';
import type { EndpointSettings } from '../provider-descriptor.js';
import { featuresOf } from '../upstream/answer-reader.js';
import { answerIn } from '../upstream/classify-error.js';
import { brokenAnswer, timedOut } from '../upstream/model-errors.js';
import { limitsOf } from '../upstream/stream-timeouts.js';
import { normalizeMessages } from '../upstream/normalize-messages.js';
import { streamAnswer } from '../upstream/stream-answer.js';
import type { ByteReader } from '../upstream/upstream-call.js';
import { HttpConnections } from '../upstream/http-fetch.js';
import { ChatPost } from './chat-post.js';
import { openAiClient } from './openai-client.js';
import { embeddingBody, embeddingsOf } from './openai-embeddings.js';
import { classifyRequestError } from './openai-errors.js';
import { listedModels } from './openai-listing.js';
import type { OpenAiProfile } from './openai-profile.js';
import { chatCompletionBody } from './openai-request.js';
import { namesStreamOptions } from './stream-options.js';
import { OpenAiAnswerReader } from './openai-stream.js';

/** The models of OpenAI, or of any endpoint with its chat completions API: the profile has the differences. */
export class OpenAiModel implements LanguageModel {
  readonly provider: string;
  readonly type = 'openai';
  readonly defaultModel: string;
  readonly catalogue: readonly ModelFacts[];
  readonly listsPrices: boolean;
  readonly embed?: NonNullable<LanguageModel['embed']>;
  private readonly client: OpenAI;
  private readonly chats: ChatPost;
  /** Whether the endpoint has answered a request without `stream_options` after rejecting it with them. */
  private refusesStreamOptions = false;

  constructor(
    private readonly settings: EndpointSettings,
    private readonly profile: OpenAiProfile,
  ) {
    this.provider = profile.provider;
    this.defaultModel = profile.defaultModel;
    this.catalogue = profile.catalogue;
    this.listsPrices = profile.listsPrices;
    const connections = new HttpConnections(settings);
    this.client = openAiClient(profile, settings, connections);
    this.chats = new ChatPost(this.client, profile, connections);
    if (profile.hasEmbeddings) this.embed = (request, signal) => this.askForVectors(request, signal);
  }

  stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelPart> {
    const { provider, settings } = this;
    const limits = limitsOf(settings);
    const reader = new OpenAiAnswerReader(featuresOf(provider, request));
    return streamAnswer({ provider, limits, reader, open: (closed) => this.open(request, closed) }, signal);
  }

  async listModels(signal: AbortSignal): Promise<readonly ModelFacts[]> {
    const body = await this.whole((until) => this.client.get('/models', { signal: until }), signal);
    return listedModels(body, this.profile);
  }

  private async askForVectors(request: EmbeddingRequest, signal: AbortSignal): Promise<Embeddings> {
    signal.throwIfAborted();
    if (request.inputs.length === 0) {
      return { vectors: [], usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 } };
    }
    const asked = embeddingBody(request);
    const body = await this.whole((until) => this.client.embeddings.create(asked, { signal: until }), signal);
    return embeddingsOf(body, request, this.provider);
  }

  /** Requests usage as well, unless the endpoint rejects `stream_options`. */
  private async open(request: ModelRequest, signal: AbortSignal): Promise<ByteReader> {
    const body = chatCompletionBody(
      { ...request, messages: normalizeMessages(request.messages) },
      this.profile,
    );
    const { stream_options: _, ...plain } = body;
    try {
      if (this.refusesStreamOptions) return await this.chats.send(plain, signal);
      return await this.chats.send(body, signal).catch(async (error: unknown) => {
        if (!namesStreamOptions(error)) throw error;
        const answer = await this.chats.send(plain, signal);
        this.refusesStreamOptions = true;
        return answer;
      });
    } catch (error) {
      throw classifyRequestError(error, this.provider);
    }
  }

  /** A response that comes as one body, within the time-out of a first token. */
  private async whole(
    ask: (signal: AbortSignal) => PromiseLike<unknown>,
    signal: AbortSignal,
  ): Promise<unknown> {
    signal.throwIfAborted();
    const deadline = AbortSignal.timeout(this.settings.firstTokenTimeoutMs);
    try {
      return answerIn(await ask(AbortSignal.any([signal, deadline])), this.provider);
    } catch (error) {
      signal.throwIfAborted();
      if (deadline.aborted) throw timedOut(this.provider, error);
      if (error instanceof SyntaxError) throw brokenAnswer(this.provider, 'cannot be read', error);
      throw classifyRequestError(error, this.provider);
    }
  }
}
