/** Makes a `switch` over a closed union exhaustive: a member without a case is a compile error. */
export function assertNever(value: never): never {
  throw new Error(`unexpected member of a closed union: ${JSON.stringify(value)}`);
}
