import { Injectable } from '@nestjs/common';
import { setTimeout as pause } from 'node:timers/promises';
import type { z } from 'zod';
import { AppError, type Caller } from '../../kernel/index.js';
import { ModelCatalogue, ModelDirectory } from '../../llm/index.js';
import { found } from '../../platform/http/index.js';
import type { modelResponse } from './response-schemas.js';
import { modelName } from './completion-response.js';

type ModelObject = z.output<typeof modelResponse>;
type Facts = ReturnType<ModelCatalogue['known']>;

/** The longest wait of the list of all models for one provider. */
const MAX_WAIT_MS = 1_000;

/** The models that requests may name. */
@Injectable()
export class OfferedModels {
  constructor(
    private readonly directory: ModelDirectory,
    private readonly catalogue: ModelCatalogue,
  ) {}

  /**
   * The models of every configured provider; for one that does not answer within a second, its previous list is used.
   */
  async list(): Promise<ModelObject[]> {
    const listed = this.directory.configured().map(async (provider) => {
      const late = pause(MAX_WAIT_MS, undefined, { ref: false }).then(() => this.catalogue.known(provider));
      return modelsOf(provider, await Promise.race([this.catalogue.list(provider), late]));
    });
    return (await Promise.all(listed)).flat();
  }

  /** The model that a request with this name would ask, `provider/model` or bare. Throws `NOT_FOUND`. */
  async get(caller: Pick<Caller, 'org'>, name: string): Promise<ModelObject> {
    const { provider, model } = found(this.target(caller, name), 'model');
    const models = modelsOf(provider, await this.catalogue.list(provider));
    const id = modelName({ provider, model });
    return found(
      models.find((one) => one.id === id),
      'model',
    );
  }

  /** The target of a question to this model; `undefined` for a name that cannot be asked. */
  private target({ org }: Pick<Caller, 'org'>, name: string) {
    if (name.trim() === '') return undefined;
    try {
      const { languageModel, model } = this.directory.resolve({ model: name }, org);
      return { provider: languageModel.provider, model };
    } catch (error) {
      if (error instanceof AppError) return undefined;
      throw error;
    }
  }
}

function modelsOf(provider: string, facts: Facts): ModelObject[] {
  return facts.map(({ id }) => ({
    id: modelName({ provider, model: id }),
    object: 'model',
    // No provider reports when a model was created, and the clients' types require a number.
    created: 0,
    owned_by: provider,
  }));
}
