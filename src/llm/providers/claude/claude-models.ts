import type { Capabilities, ModelFacts, Price } from '../../core/model-facts.js';

/** The model that is asked when a request names none. */
export const DEFAULT_CLAUDE_MODEL = 'claude-sonnet-5-5';

const SEES: Capabilities = { streaming: true, tools: true, json: false, vision: true, reasoning: false };
const THINKS: Capabilities = { ...SEES, reasoning: true };
const ALL: Capabilities = { ...THINKS, json: true };

const MILLION = 1_000_000;
const CLASSIC = 200_000;

const FABLE: Price = { input: 10, output: 50, cachedInput: 0.25 };
const OPUS_5_5: Price = { input: 4, output: 20, cachedInput: 0.2 };
const SONNET_5_5: Price = { input: 2, output: 10, cachedInput: 0.1 };
// Prompts above 100,000 tokens cost five times as much, which one price cannot express.
const HAIKU_5_5: Price = { input: 0.1, output: 0.5, cachedInput: 0.01 };
const OPUS_4_5: Price = { input: 5, output: 25, cachedInput: 0.5 };
const OPUS: Price = { input: 15, output: 75, cachedInput: 1.5 };
const SONNET_5: Price = { input: 2, output: 10, cachedInput: 0.2 };
const SONNET: Price = { input: 3, output: 15, cachedInput: 0.3 };
const HAIKU_4_5: Price = { input: 1, output: 5, cachedInput: 0.1 };
const HAIKU_3_5: Price = { input: 0.8, output: 4, cachedInput: 0.08 };

function model(id: string, contextWindow: number, capabilities: Capabilities, price: Price): ModelFacts {
  return { id, contextWindow, capabilities, price };
}

/** Anthropic's models as published in November 2026, including retired ones that are still requested. */
export const CLAUDE_MODELS: readonly ModelFacts[] = [
  model('claude-fable-5-1', MILLION, ALL, FABLE),
  model('claude-opus-5-5', MILLION, ALL, OPUS_5_5),
  model('claude-sonnet-5-5', MILLION, ALL, SONNET_5_5),
  model('claude-haiku-5-5', MILLION, ALL, HAIKU_5_5),
  model('claude-opus-5', MILLION, ALL, OPUS_4_5),
  model('claude-sonnet-5', MILLION, ALL, SONNET_5),
  model('claude-opus-4-8', MILLION, ALL, OPUS_4_5),
  model('claude-opus-4-7', MILLION, ALL, OPUS_4_5),
  model('claude-opus-4-6', MILLION, ALL, OPUS_4_5),
  model('claude-sonnet-4-6', MILLION, ALL, SONNET),
  model('claude-opus-4-5', CLASSIC, ALL, OPUS_4_5),
  model('claude-sonnet-4-5', CLASSIC, ALL, SONNET),
  model('claude-haiku-4-5', CLASSIC, ALL, HAIKU_4_5),
  model('claude-opus-4-1', CLASSIC, THINKS, OPUS),
  model('claude-opus-4-0', CLASSIC, THINKS, OPUS),
  model('claude-sonnet-4-0', CLASSIC, THINKS, SONNET),
  model('claude-3-7-sonnet-latest', CLASSIC, THINKS, SONNET),
  model('claude-3-5-sonnet-latest', CLASSIC, SEES, SONNET),
  model('claude-3-5-haiku-latest', CLASSIC, SEES, HAIKU_3_5),
  model('claude-3-opus-latest', CLASSIC, SEES, OPUS),
];
