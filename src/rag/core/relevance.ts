/** A passage is cited only if it has at least this share of the best one's score. */
const MIN_SHARE = 0.25;

/** The ranked items, best first, without those that match little better than by chance. */
export function relevant<Scored extends { readonly score: number }>(ranked: readonly Scored[]): Scored[] {
  const least = (ranked[0]?.score ?? 0) * MIN_SHARE;
  return ranked.filter(({ score }) => score > 0 && score >= least);
}
