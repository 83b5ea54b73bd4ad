import { Injectable } from '@nestjs/common';
import { AppError, type Caller } from '../kernel/index.js';
import { AskModel, ModelCatalogue, type ModelChoice } from '../llm/index.js';

/** Resolves the model of a stream. */
@Injectable()
export class StreamingModel {
  constructor(
    private readonly askModel: AskModel,
    private readonly catalogue: ModelCatalogue,
  ) {}

  /**
   * The model of the caller's choice, if it can stream. Throws `UNKNOWN_PROVIDER`, `PROVIDER_NOT_CONFIGURED`,
   * `UNKNOWN_MODEL` or `STREAMING_NOT_SUPPORTED`.
   */
  of(
    caller: Pick<Caller, 'org'>,
    choice: ModelChoice,
  ): { readonly provider: string; readonly model: string } {
    const { languageModel, model } = this.askModel.check(choice, caller.org);
    const { provider } = languageModel;
    const facts = this.catalogue.facts(provider, model);
    if (facts?.capabilities?.streaming !== false && facts?.isEmbedding !== true) return { provider, model };
    throw new AppError(
      'STREAMING_NOT_SUPPORTED',
      'This model cannot stream its answers. Name another one, or leave the model out for the default.',
      { details: { provider, model } },
    );
  }
}
