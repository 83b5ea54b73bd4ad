import type { Anthropic } from '@anthropic-ai/sdk';
import type { ModelFacts } from '../../core/model-facts.js';
import type { LanguageModel, ModelPart, ModelRequest } from '../../ports/language-model.js';
import { featuresOf } from '../upstream/answer-reader.js';
import { catalogueOf } from '../upstream/catalogue.js';
import { timedOut } from '../upstream/model-errors.js';
import { limitsOf } from '../upstream/stream-timeouts.js';
import { streamAnswer } from '../upstream/stream-answer.js';
import type { ByteReader } from '../upstream/upstream-call.js';
import { baseUrlOf, claudeClient, type ClaudeSettings } from './claude-client.js';
import { classifyRequestError } from './claude-errors.js';
import { listedModels } from './claude-list.js';
import { CLAUDE_MODELS, DEFAULT_CLAUDE_MODEL } from './claude-models.js';
import { messageBody } from './claude-request.js';
import { ClaudeAnswerReader } from './claude-stream.js';

/** Anthropic's models, or those of a server that implements its Messages API, under the name in the settings. */
export function claudeProvider(settings: ClaudeSettings): LanguageModel {
  return new ClaudeModel(settings);
}

class ClaudeModel implements LanguageModel {
  readonly provider: string;
  readonly type = 'anthropic';
  readonly defaultModel: string;
  readonly catalogue: readonly ModelFacts[];
  private readonly client: Anthropic;

  constructor(private readonly settings: ClaudeSettings) {
    const { url, defaultModel, models } = settings;
    this.provider = settings.name ?? 'claude';
    this.client = claudeClient(settings);
    const isOfficial = new URL(baseUrlOf(url)).hostname === 'api.anthropic.com';
    // Another server has its own models: the first configured one is a better default than one of Anthropic's.
    const first = this.provider === 'claude' ? undefined : models?.[0]?.id;
    this.defaultModel = defaultModel ?? first ?? DEFAULT_CLAUDE_MODEL;
    this.catalogue = catalogueOf(isOfficial ? CLAUDE_MODELS : [], models ?? [], this.defaultModel);
  }

  stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelPart> {
    const { provider, settings } = this;
    const limits = limitsOf(settings);
    const reader = new ClaudeAnswerReader(featuresOf(provider, request));
    return streamAnswer({ provider, limits, reader, open: (closed) => this.open(request, closed) }, signal);
  }

  async listModels(signal: AbortSignal): Promise<readonly ModelFacts[]> {
    signal.throwIfAborted();
    const deadline = AbortSignal.timeout(this.settings.firstTokenTimeoutMs);
    try {
      return await listedModels(this.client, this.provider, AbortSignal.any([signal, deadline]));
    } catch (error) {
      signal.throwIfAborted();
      if (deadline.aborted) throw timedOut(this.provider, error);
      throw classifyRequestError(error, this.provider);
    }
  }

  private async open(request: ModelRequest, signal: AbortSignal): Promise<ByteReader> {
    const facts = this.catalogue.find(({ id }) => id === request.model);
    const body = messageBody(request, facts, this.settings.version);
    // `messages.create` would do the same, but warn on the console about deprecated models.
    const response = await this.client
      .post('/v1/messages', { body, signal, stream: true })
      .asResponse()
      .catch((error: unknown) => {
        throw classifyRequestError(error, this.provider);
      });
    // The body that our own fetch returns is a ByteReader.
    return response.body as unknown as ByteReader;
  }
}
