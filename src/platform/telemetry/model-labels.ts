/** What a model is called once there are too many to call each by its name. */
export const OTHER_MODEL = 'other';

const MOST_PAIRS = 200;

/** Labels of one model. */
export interface ModelLabels {
  readonly provider: string;
  readonly model: string;
}

/**
 * Keeps the number of time series bounded: names of models come from clients, and each pair of provider and model that
 * is new after the first two hundred is counted under `other`.
 */
export class KnownModels {
  private readonly pairs = new Set<string>();

  labels(provider: string, model: string): ModelLabels {
    const pair = `${provider}\n${model}`;
    if (!this.pairs.has(pair)) {
      if (this.pairs.size >= MOST_PAIRS) return { provider, model: OTHER_MODEL };
      this.pairs.add(pair);
    }
    return { provider, model };
  }
}
