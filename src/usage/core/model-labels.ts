/** The label of unknown models, and of all beyond the limit. */
export const OTHER_MODEL = 'other';

const MOST_PAIRS = 200;

/**
 * Bounds the number of time series: names of models come from clients, and each new pair of provider and model after
 * the first two hundred is counted under `other`.
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
