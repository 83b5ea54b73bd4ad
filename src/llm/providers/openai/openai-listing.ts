import type { ModelFacts } from '../../core/model-facts.js';
import { brokenAnswer } from '../upstream/model-errors.js';
import { modelIdIn } from '../upstream/model-id.js';
import type { OpenAiProfile } from './openai-profile.js';

const MAX_MODELS = 5_000;

/**
 * The models in an endpoint's list; entries without a usable name are skipped, and so are those after the first 5,000.
 * Throws `PROVIDER_ERROR` for anything that is not a list.
 */
export function listedModels(body: unknown, { provider, describe }: OpenAiProfile): readonly ModelFacts[] {
  // Some servers send the bare array.
  const list: unknown = Array.isArray(body) ? body : (body as { data?: unknown } | null | undefined)?.data;
  if (!Array.isArray(list)) throw brokenAnswer(provider, 'is no list of models');
  const models = new Map<string, ModelFacts>();
  for (const entry of list.slice(0, MAX_MODELS) as unknown[]) {
    if (typeof entry !== 'object' || entry === null) continue;
    const listed = entry as Readonly<Record<string, unknown>>;
    const id = modelIdIn(listed['id']);
    if (id === undefined || listed['active'] === false) continue;
    models.set(id, { id, ...describe(listed) });
  }
  return [...models.values()];
}
