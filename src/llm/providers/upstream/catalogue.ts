import type { ModelFacts } from '../../core/model-facts.js';

/**
 * The built-in facts with the operator's laid over them, fact by fact; models that only the operator names come after
 * them, and the default model is always included.
 */
export function catalogueOf(
  builtIn: readonly ModelFacts[],
  overrides: readonly ModelFacts[],
  defaultModel: string,
): readonly ModelFacts[] {
  const byId = new Map(builtIn.map((facts) => [facts.id, facts]));
  for (const facts of overrides) byId.set(facts.id, merged(byId.get(facts.id) ?? { id: facts.id }, facts));
  if (!byId.has(defaultModel)) byId.set(defaultModel, { id: defaultModel });
  return [...byId.values()];
}

function merged(known: ModelFacts, said: ModelFacts): ModelFacts {
  const contextWindow = said.contextWindow ?? known.contextWindow;
  const isEmbedding = said.isEmbedding ?? known.isEmbedding;
  const price = said.price ?? known.price;
  const capabilities = { ...known.capabilities, ...withoutGaps(said.capabilities ?? {}) };
  return {
    id: known.id,
    ...(isEmbedding === undefined ? {} : { isEmbedding }),
    ...(contextWindow === undefined ? {} : { contextWindow }),
    ...(Object.keys(capabilities).length === 0 ? {} : { capabilities }),
    ...(price === undefined ? {} : { price }),
  };
}

function withoutGaps<Facts extends object>(facts: Facts): Partial<Facts> {
  return Object.fromEntries(Object.entries(facts).filter(([, fact]) => fact !== undefined)) as Partial<Facts>;
}
