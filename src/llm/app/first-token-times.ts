import { Injectable } from '@nestjs/common';

const WEIGHT = 0.3;
const MAX_MODELS = 1_000;

/** Each model's recent time to first token in milliseconds: a moving average in this process. */
@Injectable()
export class FirstTokenTimes {
  private readonly averages = new Map<string, number>();

  /** Adds a measurement. */
  note(provider: string, model: string, milliseconds: number): void {
    const key = `${provider}/${model}`;
    const average = this.averages.get(key);
    // Insertion order is the order of the last measurement, so the oldest entry is evicted first.
    this.averages.delete(key);
    this.averages.set(
      key,
      average === undefined ? milliseconds : average + WEIGHT * (milliseconds - average),
    );
    if (this.averages.size > MAX_MODELS) this.averages.delete(this.averages.keys().next().value!);
  }

  /** The average, or `undefined` for a model without measurements. */
  of(provider: string, model: string): number | undefined {
    return this.averages.get(`${provider}/${model}`);
  }
}
