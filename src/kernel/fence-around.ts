/** Longer than any run of quotes in the texts, as Markdown does it: nothing that is quoted can end its quotation. */
export function fenceAround(texts: readonly string[]): string {
  const runs = texts.flatMap((text) => text.match(/"+/g) ?? []);
  return '"'.repeat(Math.max(3, ...runs.map(({ length }) => length + 1)));
}
