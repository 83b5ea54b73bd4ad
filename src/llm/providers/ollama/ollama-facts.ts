import type { Capabilities, ModelFacts, Price } from '../../core/model-facts.js';
import { modelIdIn } from '../upstream/model-id.js';
import { countOf } from './ollama-line.js';

const FREE: Price = { input: 0, output: 0 };
const TEXT: Capabilities = { streaming: true, tools: false, json: true, vision: false, reasoning: false };
const TOOLS: Capabilities = { ...TEXT, tools: true };

/** The model used when neither request nor settings name one. */
export const DEFAULT_MODEL = 'llama3:latest';

/** Well-known models; only the server knows which of them were pulled. */
export const BUILT_IN: readonly ModelFacts[] = [
  { id: DEFAULT_MODEL, contextWindow: 8_192, capabilities: TEXT },
  { id: 'llama3:8b', contextWindow: 8_192, capabilities: TEXT },
  { id: 'llama3:70b', contextWindow: 8_192, capabilities: TEXT },
  { id: 'mistral:latest', contextWindow: 32_768, capabilities: TOOLS },
  { id: 'codellama:latest', contextWindow: 16_384, capabilities: TEXT },
  { id: 'llama2', contextWindow: 4_096, capabilities: TEXT },
];

/** The price of a model: free on a server without a key, unknown where a key is needed. */
export function priceAt(apiKey: string | undefined): Pick<ModelFacts, 'price'> {
  return apiKey === undefined ? { price: FREE } : {};
}

/**
 * The models in a response of `/api/tags`, or `undefined` for any other response; newer servers include capabilities.
 */
export function modelsIn(tags: unknown, most: number): readonly ModelFacts[] | undefined {
  const { models } = (tags ?? {}) as { readonly models?: unknown };
  // Go encodes an empty list as null.
  if (models === null) return [];
  if (!Array.isArray(models)) return undefined;
  const byId = new Map<string, ModelFacts>();
  for (const model of models as readonly ({ readonly name?: unknown } | null)[]) {
    if (byId.size === most) break;
    const name = modelIdIn(model?.name);
    if (name !== undefined) byId.set(name, factsIn(name, model));
  }
  return [...byId.values()];
}

/** The facts about a model in a response of `/api/show`, or in an entry of a list. */
export function factsIn(id: string, shown: unknown): ModelFacts {
  const { capabilities, model_info: info, parameters } = (shown ?? {}) as Readonly<Record<string, unknown>>;
  const contextWindow = windowOf(info, parameters);
  return {
    id,
    ...(contextWindow === undefined ? {} : { contextWindow }),
    ...(Array.isArray(capabilities) ? { capabilities: capabilitiesOf(capabilities) } : {}),
    ...(isOnlyEmbedding(capabilities) ? { isEmbedding: true } : {}),
  };
}

function isOnlyEmbedding(said: unknown): boolean {
  return Array.isArray(said) && said.includes('embedding') && !said.includes('completion');
}

function capabilitiesOf(said: readonly unknown[]): Capabilities {
  const answers = said.includes('completion');
  return {
    streaming: answers,
    tools: said.includes('tools'),
    json: answers,
    vision: said.includes('vision'),
    reasoning: said.includes('thinking'),
  };
}

/** The context length of the model, or the smaller one that it is configured to run with. */
function windowOf(info: unknown, parameters: unknown): number | undefined {
  const entries = typeof info === 'object' && info !== null ? Object.entries(info) : [];
  const trained: unknown = entries.find(([key]) => key.endsWith('.context_length'))?.[1];
  const set = typeof parameters === 'string' ? /^num_ctx\s+(\d+)\s*$/m.exec(parameters)?.[1] : undefined;
  const windows = [countOf(trained), countOf(Number(set ?? Number.NaN))].filter((size) => size !== undefined);
  return windows.length === 0 ? undefined : Math.min(...windows);
}
