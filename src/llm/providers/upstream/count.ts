/** More tokens than any answer has; sums of such counts fit into their columns. */
const MAX_TOKENS = 1_000_000_000;

/** Whether a value is a number of tokens. */
export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= MAX_TOKENS;
}
