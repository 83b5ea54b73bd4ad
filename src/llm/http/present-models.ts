import type { ListedProvider } from '../app/list-providers.js';
import type { Capabilities, ModelFacts } from '../core/model-facts.js';

const CAPABILITIES = [
  'streaming',
  'tools',
  'json',
  'vision',
  'reasoning',
] as const satisfies readonly (keyof Capabilities)[];

/** All providers in the form of the API. */
export function presentProviders({
  providers,
  current,
}: {
  readonly providers: readonly ListedProvider[];
  readonly current: string;
}) {
  return { providers, current, count: providers.length };
}

/** The answer to a selection. */
export function presentSelected(provider: string) {
  return { success: true as const, provider, message: `Switched to provider: ${provider}` };
}

/** Models in the form of the API: an unknown fact is `null`. */
export function presentModels(models: readonly ModelFacts[]) {
  return {
    models: models.map(({ id, contextWindow, capabilities, price }) => ({
      id,
      contextWindow: contextWindow ?? null,
      capabilities: Object.fromEntries(CAPABILITIES.map((name) => [name, capabilities?.[name] ?? null])),
      price: price === undefined ? null : { ...price, cachedInput: price.cachedInput ?? null },
    })),
  };
}
