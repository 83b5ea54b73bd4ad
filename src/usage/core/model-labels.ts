/** What a model is called that nobody knows, or that is one too many to be called by its name. */
export const OTHER_MODEL = 'other';

const MOST_PAIRS = 200;

/**
 * Keeps the number of time series bounded: names of models come from clients, and each pair of provider and model that
 * is new after the first two hundred is counted under `other`.
 */
export class ModelLabels {
  private readonly pairs = new Set<string>();

  /** The labels of a model. */
  of(provider: string, model: string): { readonly provider: string; readonly model: string } {
    const pair = `${provider}\n${model}`;
    if (!this.pairs.has(pair)) {
      if (this.pairs.size >= MOST_PAIRS) return { provider, model: OTHER_MODEL };
      this.pairs.add(pair);
    }
    return { provider, model };
  }
}
