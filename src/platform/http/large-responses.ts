/** Characters and values from which on serialising a response takes milliseconds. */
const LARGE_CHARACTERS = 100_000;
const LARGE_VALUES = 5_000;

/** Whether a response is so large that other work should go first. It is traversed only until that is known. */
export function isLarge(answer: unknown): boolean {
  const left = [answer];
  let characters = 0;
  let values = 0;
  for (let value = left.pop(); value !== undefined || left.length > 0; value = left.pop()) {
    if (typeof value === 'string') characters += value.length;
    else if (typeof value === 'object' && value !== null) {
      const inner = Array.isArray(value) ? (value as unknown[]) : Object.values(value);
      values += inner.length;
      if (values > LARGE_VALUES) return true;
      for (const one of inner) left.push(one);
    }
    if (characters > LARGE_CHARACTERS) return true;
  }
  return false;
}
