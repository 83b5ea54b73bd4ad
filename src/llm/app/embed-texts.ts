import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '../../kernel/index.js';
import { estimateTokens } from '../core/estimate-usage.js';
import { ModelError } from '../core/model-error.js';
import type { Embeddings, LanguageModel } from '../ports/language-model.js';
import { TOKEN_COUNTER, type TokenCounter } from '../ports/token-counter.js';
import { Attempt, type AskContext } from './attempt.js';
import { CircuitBreakers } from './circuit-breakers.js';
import { ModelDirectory, type ModelChoice } from './model-directory.js';
import { ProviderLimits } from './provider-limits.js';
import { RecordAttempt } from './record-attempt.js';

/** Texts to turn into vectors, and on whose behalf. */
export interface EmbeddingQuestion {
  readonly choice: ModelChoice;
  readonly context: AskContext;
  /** Each a text, or the tokens of one for OpenAI's embedding models, which some clients send. */
  readonly inputs: readonly (string | readonly number[])[];
  readonly dimensions?: number | undefined;
}

/** The vectors, and the model that made them. */
export type Embedded = Embeddings & { readonly provider: string; readonly model: string };

/** Turns texts into vectors. Vectors of different models cannot be compared, so there is no failover. */
@Injectable()
export class EmbedTexts {
  constructor(
    private readonly directory: ModelDirectory,
    private readonly breakers: CircuitBreakers,
    private readonly limits: ProviderLimits,
    private readonly recordAttempt: RecordAttempt,
    @Inject(TOKEN_COUNTER) private readonly tokens: TokenCounter,
  ) {}

  /** Throws what `ModelDirectory` throws, `UNKNOWN_MODEL` for a provider without embeddings, or a `ModelError`. */
  async embed(question: EmbeddingQuestion, signal: AbortSignal): Promise<Embedded> {
    const { languageModel, model } = this.target(question.choice, question.context.caller.org);
    const { provider } = languageModel;
    const inputs = await Promise.all(question.inputs.map((input) => this.textOf(input)));
    const tokens = estimateTokens(inputs.reduce((size, input) => size + input.length, 0));
    const slot = await this.limits.acquire(provider, tokens, signal);
    const attempt = new Attempt('embeddings', provider, model, question.context);
    try {
      const embeddings = await this.attempt(attempt, languageModel, { ...question, inputs }, signal);
      slot.correctTokens(embeddings.usage.totalTokens);
      return { ...embeddings, provider, model };
    } finally {
      slot.release();
    }
  }

  private async textOf(input: string | readonly number[]): Promise<string> {
    const text = typeof input === 'string' ? input : await this.tokens.textOf(input);
    if (text !== undefined && text !== '') return text;
    throw new AppError(
      'VALIDATION_FAILED',
      'An input is no list of tokens of the encoding cl100k_base. Send the text itself.',
    );
  }

  private target(choice: ModelChoice, org: string) {
    const { languageModel, model } = this.directory.resolve(choice, org);
    if (languageModel.embed === undefined) {
      throw new AppError(
        'UNKNOWN_MODEL',
        `The provider ${languageModel.provider} has no embeddings. Name another provider's model.`,
        { details: { provider: languageModel.provider } },
      );
    }
    const own = languageModel.catalogue.find(({ isEmbedding }) => isEmbedding === true)?.id;
    // A stand-in has one way of making vectors, whatever the model is called.
    const isNamed = choice.model?.trim() && languageModel.isStandIn !== true;
    return { languageModel, model: isNamed ? model : (own ?? model) };
  }

  private async attempt(
    attempt: Attempt,
    languageModel: LanguageModel,
    { inputs, dimensions }: Omit<EmbeddingQuestion, 'inputs'> & { readonly inputs: readonly string[] },
    signal: AbortSignal,
  ): Promise<Embeddings> {
    const permit = this.breakers.enter(attempt.provider, attempt.model);
    const messages = inputs.map((content) => ({ role: 'user' as const, content }));
    const request = { model: attempt.model, inputs, ...(dimensions === undefined ? {} : { dimensions }) };
    await this.recordAttempt.begin(attempt, messages);
    attempt.requestSent();
    try {
      const embeddings = await languageModel.embed!(request, signal);
      checkLengths(embeddings, dimensions, attempt.provider);
      attempt.firstPart();
      permit.succeeded();
      const finish = { type: 'finish', reason: 'stop', usage: embeddings.usage } as const;
      await this.recordAttempt.record(attempt, messages, { finish, error: undefined, wasCancelled: false });
      return embeddings;
    } catch (error) {
      permit.failed(error, signal);
      await this.recordAttempt.record(attempt, messages, {
        finish: undefined,
        error,
        wasCancelled: signal.aborted,
      });
      throw ownMistake(error);
    }
  }
}

/**
 * Vectors of a length other than the requested one would be stored beside vectors that they cannot be compared with.
 */
function checkLengths({ vectors }: Embeddings, dimensions: number | undefined, provider: string): void {
  if (dimensions === undefined || vectors.every(({ length }) => length === dimensions)) return;
  throw new ModelError(
    'request',
    'VALIDATION_FAILED',
    `The model of the provider ${provider} cannot make vectors of that length. Leave dimensions out.`,
    { details: { provider } },
  );
}

/** The client has written all of a request for vectors, so it has to correct what is wrong with it. */
function ownMistake(error: unknown): unknown {
  if (!(error instanceof ModelError) || error.fault !== 'request' || error.code !== 'PROVIDER_ERROR')
    return error;
  const { details, cause } = error;
  const message = 'The provider did not accept the request. Check the model, the inputs and dimensions.';
  return new ModelError('request', 'VALIDATION_FAILED', message, { details, cause });
}
