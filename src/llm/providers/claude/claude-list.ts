import type { Anthropic } from '@anthropic-ai/sdk';
import type { Capabilities, ModelFacts } from '../../core/model-facts.js';
import { answerIn } from '../upstream/classify-error.js';
import { brokenAnswer } from '../upstream/model-errors.js';
import { modelIdIn } from '../upstream/model-id.js';
import { partOf } from './claude-event.js';

const MAX_PAGES = 10;
const MODELS_A_PAGE = 1_000;
const MAX_MODELS = 2_000;

interface Page {
  readonly models: readonly ModelFacts[];
  /** The id after which the next page begins, if there is one. */
  readonly next: string | undefined;
}

/** The models of an account, page by page, up to a bound. */
export async function listedModels(
  client: Anthropic,
  provider: string,
  signal: AbortSignal,
): Promise<readonly ModelFacts[]> {
  const models: ModelFacts[] = [];
  let after: string | undefined;
  for (let pages = 0; pages < MAX_PAGES && models.length < MAX_MODELS; pages += 1) {
    const query = { limit: MODELS_A_PAGE, ...(after === undefined ? {} : { after_id: after }) };
    const page = pageOf(provider, answerIn(await client.get('/v1/models', { query, signal }), provider));
    models.push(...page.models);
    if (page.next === undefined || page.next === after) break;
    after = page.next;
  }
  return models.slice(0, MAX_MODELS);
}

function pageOf(provider: string, body: unknown): Page {
  const { data, has_more: hasMore, last_id: lastId } = partOf(body);
  if (!Array.isArray(data)) throw brokenAnswer(provider, 'is no list of models');
  const next = hasMore === true && typeof lastId === 'string' && lastId !== '' ? lastId : undefined;
  return { models: data.flatMap((entry: unknown) => factsOf(partOf(entry))), next };
}

function factsOf(entry: Readonly<Record<string, unknown>>): readonly ModelFacts[] {
  const { max_input_tokens: window } = entry;
  const id = modelIdIn(entry['id']);
  if (id === undefined) return [];
  const capabilities = capabilitiesOf(entry['capabilities']);
  return [
    {
      id,
      ...(typeof window === 'number' && Number.isSafeInteger(window) && window > 0
        ? { contextWindow: window }
        : {}),
      ...(capabilities === undefined ? {} : { capabilities }),
    },
  ];
}

function capabilitiesOf(said: unknown): Partial<Capabilities> | undefined {
  const capabilities = partOf(said);
  if (Object.keys(capabilities).length === 0) return undefined;
  const has = (name: string) => partOf(capabilities[name])['supported'] === true;
  return {
    streaming: true,
    tools: true,
    json: has('structured_outputs'),
    vision: has('image_input'),
    reasoning: has('thinking'),
  };
}
