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

/** Whoever wants the list of all waits no longer than this for one of them. */
const MAX_WAIT_MS = 1_000;

/** The models that may be named here. */
@Injectable()
export class OfferedModels {
  constructor(
    private readonly directory: ModelDirectory,
    private readonly catalogue: ModelCatalogue,
  ) {}

  /** Those of every configured provider; what one does not say within a second is what was known of it before. */
  async list(): Promise<ModelObject[]> {
    const listed = this.directory.configured().map(async (provider) => {
      const late = pause(MAX_WAIT_MS, undefined, { ref: false }).then(() => this.catalogue.known(provider));
      return modelsOf(provider, await Promise.race([this.catalogue.list(provider), late]));
    });
    return (await Promise.all(listed)).flat();
  }

  /** The one that the caller asks under a name, `provider/model` or bare. Throws `NOT_FOUND`. */
  async get(caller: Pick<Caller, 'org'>, name: string): Promise<ModelObject> {
    const { provider, model } = found(this.target(caller, name), 'model');
    const models = modelsOf(provider, await this.catalogue.list(provider));
    const id = modelName({ provider, model });
    return found(
      models.find((one) => one.id === id),
      'model',
    );
  }

  /** Whom a question to this model would go to; nobody for a name that could not be asked. */
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
    // Nobody says when a model was made, and the clients' types want a number.
    created: 0,
    owned_by: provider,
  }));
}
