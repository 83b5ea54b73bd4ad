import type { ModelFacts } from '../core/model-facts.js';
import { ModelError } from '../core/model-error.js';
import type { LanguageModel } from '../ports/language-model.js';

const MAX_WAIT_MS = 5_000;

/**
 * The provider's own list of models, within five seconds even if the provider ignores the signal. Throws as
 * `LanguageModel.listModels` does.
 */
export async function listModels(model: LanguageModel): Promise<readonly ModelFacts[]> {
  const abort = new AbortController();
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const error = new ModelError(
      'server',
      'PROVIDER_TIMEOUT',
      `The provider ${model.provider} did not list its models in time. Try again later.`,
      { details: { provider: model.provider } },
    );
    reject(error);
    abort.abort(error);
  }, MAX_WAIT_MS);
  try {
    return await Promise.race([model.listModels(abort.signal), late]);
  } finally {
    clearTimeout(timer);
  }
}
