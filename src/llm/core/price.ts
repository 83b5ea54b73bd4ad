import type { Usage } from '../../kernel/index.js';
import type { Price } from './model-facts.js';

const TOKENS_PER_PRICE = 1_000_000;
/** Billionths of a dollar: a token of the cheapest models costs more than one. */
const FRACTIONS_OF_A_DOLLAR = 1_000_000_000;

/**
 * The cost of an answer in US dollars, to nine decimals; `null` if the price is unknown. Input from the provider's
 * cache has its own price.
 */
export function costOf(
  usage: Pick<Usage, 'inputTokens' | 'outputTokens' | 'cachedTokens'>,
  price: Price | undefined,
): number | null {
  if (price === undefined) return null;
  const input = amount(usage.inputTokens);
  const cached = Math.min(amount(usage.cachedTokens ?? 0), input);
  const dollars =
    ((input - cached) * price.input +
      cached * (price.cachedInput ?? price.input) +
      amount(usage.outputTokens) * price.output) /
    TOKENS_PER_PRICE;
  return Math.round(dollars * FRACTIONS_OF_A_DOLLAR) / FRACTIONS_OF_A_DOLLAR;
}

/** Providers have been seen to report negative counts. */
function amount(tokens: number): number {
  return Number.isFinite(tokens) ? Math.max(0, tokens) : 0;
}
