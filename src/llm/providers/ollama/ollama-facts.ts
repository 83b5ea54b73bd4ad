import type { Capabilities, ModelFacts, Price } from '../../core/model-facts.js';
import { modelIdIn } from '../upstream/model-id.js';
import { countOf } from './ollama-line.js';

const FREE: Price = { input: 0, output: 0 };
const TEXT: Capabilities = { streaming: true, tools: false, json: true, vision: false, reasoning: false };
const TOOLS: Capabilities = { ...TEXT, tools: true };

/** The model used when neither request nor settings name one. */
export const DEFAULT_MODEL = 'llama3:latest';

/** Well-known names; which of them were pulled only the server can say. */
export const BUILT_IN: readonly ModelFacts[] = [
  { id: DEFAULT_MODEL, contextWindow: 8_192, capabilities: TEXT },
  { id: 'llama3:8b', contextWindow: 8_192, capabilities: TEXT },
  { id: 'llama3:70b', contextWindow: 8_192, capabilities: TEXT },
  { id: 'mistral:latest', contextWindow: 32_768, capabilities: TOOLS },
  { id: 'codellama:latest', contextWindow: 16_384, capabilities: TEXT },
  { id: 'llama2', contextWindow: 4_096, capabilities: TEXT },
];

/** What a model costs there: nothing on a machine of one's own, unknown where a key is needed. */
export function priceAt(apiKey: string | undefined): Pick<ModelFacts, 'price'> {
  return apiKey === undefined ? { price: FREE } : {};
}

/** The models in an answer of `/api/tags`, or `undefined` when it is none; newer servers say what each can do. */
export function modelsIn(tags: unknown, most: number): readonly ModelFacts[] | undefined {
  const { models } = (tags ?? {}) as { readonly models?: unknown };
  // An empty list of Go's.
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

/** What an answer of `/api/show`, or an entry of a list, says about a model. */
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

/** The window it was trained for, or the smaller one it was told to be run with. */
function windowOf(info: unknown, parameters: unknown): number | undefined {
  const entries = typeof info === 'object' && info !== null ? Object.entries(info) : [];
  const trained: unknown = entries.find(([key]) => key.endsWith('.context_length'))?.[1];
  const set = typeof parameters === 'string' ? /^num_ctx\s+(\d+)\s*$/m.exec(parameters)?.[1] : undefined;
  const windows = [countOf(trained), countOf(Number(set ?? Number.NaN))].filter((size) => size !== undefined);
  return windows.length === 0 ? undefined : Math.min(...windows);
}
