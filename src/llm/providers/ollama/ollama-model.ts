import type { ModelFacts } from '../../core/model-facts.js';
import type {
  EmbeddingRequest,
  Embeddings,
  LanguageModel,
  ModelPart,
  ModelRequest,
} from '../../ports/language-model.js';
import { featuresOf } from '../upstream/answer-reader.js';
import { catalogueOf } from '../upstream/catalogue.js';
import { brokenAnswer } from '../upstream/model-errors.js';
import { limitsOf } from '../upstream/stream-timeouts.js';
import { normalizeMessages } from '../upstream/normalize-messages.js';
import { streamAnswer } from '../upstream/stream-answer.js';
import type { ByteReader } from '../upstream/upstream-call.js';
import { OllamaEndpoint, type OllamaSettings } from './ollama-client.js';
import { embedBody, embeddingsOf, largestEmbedding } from './ollama-embed.js';
import { BUILT_IN, DEFAULT_MODEL, factsIn, modelsIn, priceAt } from './ollama-facts.js';
import { chatBody } from './ollama-request.js';
import { OllamaAnswerReader } from './ollama-stream.js';

const MAX_LIST_BYTES = 4_194_304;
const MAX_MODELS = 1_000;
/** Models whose facts are requested one by one. */
const MAX_DETAILED = 20;

/** The models of an Ollama server. */
export function ollamaProvider(settings: OllamaSettings): LanguageModel {
  return new OllamaModel(settings);
}

class OllamaModel implements LanguageModel {
  readonly provider: string;
  readonly type = 'ollama';
  readonly defaultModel: string;
  readonly catalogue: readonly ModelFacts[];
  private readonly price: Pick<ModelFacts, 'price'>;
  private readonly endpoint: OllamaEndpoint;

  constructor(private readonly settings: OllamaSettings) {
    this.provider = settings.name ?? 'ollama';
    this.defaultModel = settings.defaultModel ?? DEFAULT_MODEL;
    this.price = priceAt(settings.apiKey);
    const catalogue = catalogueOf(BUILT_IN, settings.models ?? [], this.defaultModel);
    this.catalogue = catalogue.map((facts) => ({ ...this.price, ...facts }));
    this.endpoint = new OllamaEndpoint(this.provider, settings);
  }

  stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelPart> {
    const { provider, settings } = this;
    const limits = limitsOf(settings);
    const reader = new OllamaAnswerReader(featuresOf(provider, request));
    return streamAnswer({ provider, limits, reader, open: (closed) => this.open(request, closed) }, signal);
  }

  listModels(signal: AbortSignal): Promise<readonly ModelFacts[]> {
    return this.endpoint.ask(MAX_LIST_BYTES, signal, async (client) => {
      const models = modelsIn(await client.list(), MAX_MODELS);
      if (models === undefined) throw brokenAnswer(this.provider, 'is no list of models');
      const shown = await Promise.allSettled(
        models.slice(0, MAX_DETAILED).map(async ({ id }) => factsIn(id, await client.show({ model: id }))),
      );
      signal.throwIfAborted();
      return models.map((listed, index) => {
        const facts = shown[index];
        return { ...this.price, ...listed, ...(facts?.status === 'fulfilled' ? facts.value : {}) };
      });
    });
  }

  async embed(request: EmbeddingRequest, signal: AbortSignal): Promise<Embeddings> {
    const { inputs } = request;
    const answer = await this.endpoint.ask(largestEmbedding(inputs.length), signal, (client) =>
      client.embed(embedBody(request)),
    );
    return embeddingsOf(answer, inputs, this.provider);
  }

  private async open(request: ModelRequest, signal: AbortSignal): Promise<ByteReader> {
    const facts = this.catalogue.find(({ id }) => id === request.model);
    const canReason = facts?.capabilities?.reasoning ?? true;
    const asked = { ...request, messages: normalizeMessages(request.messages) };
    return this.endpoint.open('/api/chat', chatBody(asked, this.provider, canReason), signal);
  }
}
