/** A passage is worth citing when it scores at least this share of what the best one does. */
const LEAST_SHARE = 0.25;

/** The scored things, best first, without those that match by little more than chance. */
export function relevant<Scored extends { readonly score: number }>(ranked: readonly Scored[]): Scored[] {
  const least = (ranked[0]?.score ?? 0) * LEAST_SHARE;
  return ranked.filter(({ score }) => score > 0 && score >= least);
}
