import type { Capabilities, ModelFacts, Price } from '../../core/model-facts.js';
import { describeListed } from '../openai/openai-profile.js';

const MILLION = 1_000_000;

/** The facts about a model in OpenRouter's list. */
export function describeOpenRouterModel(listed: Readonly<Record<string, unknown>>): Omit<ModelFacts, 'id'> {
  const price = priceOf(listed['pricing']);
  const capabilities = capabilitiesOf(listed);
  return {
    ...describeListed(listed),
    ...(capabilities === undefined ? {} : { capabilities }),
    ...(price === undefined ? {} : { price }),
  };
}

/** The price in dollars a token, as text; a negative one means that it is known only afterwards. */
function priceOf(pricing: unknown): Price | undefined {
  if (typeof pricing !== 'object' || pricing === null) return undefined;
  const { prompt, completion, input_cache_read: cached } = pricing as Record<string, unknown>;
  const input = perMillion(prompt);
  const output = perMillion(completion);
  if (input === undefined || output === undefined) return undefined;
  const cachedInput = perMillion(cached);
  return cachedInput === undefined ? { input, output } : { input, output, cachedInput };
}

function perMillion(said: unknown): number | undefined {
  if (typeof said !== 'string' || said.trim() === '') return undefined;
  const dollars = Number(said) * MILLION;
  // Removes the rounding error of binary fractions.
  return Number.isFinite(dollars) && dollars >= 0 ? Math.round(dollars * MILLION) / MILLION : undefined;
}

function capabilitiesOf(listed: Readonly<Record<string, unknown>>): Capabilities | undefined {
  const parameters = listed['supported_parameters'];
  if (!Array.isArray(parameters)) return undefined;
  const modalities = (listed['architecture'] as { input_modalities?: unknown } | null | undefined)
    ?.input_modalities;
  return {
    streaming: true,
    tools: parameters.includes('tools'),
    json: parameters.includes('response_format') || parameters.includes('structured_outputs'),
    vision: Array.isArray(modalities) && modalities.includes('image'),
    reasoning: parameters.includes('reasoning'),
  };
}
