import { Injectable } from '@nestjs/common';

const WEIGHT = 0.3;
const MOST_MODELS = 1_000;

/** How long each model took to its first token lately, in milliseconds: a moving average in this process. */
@Injectable()
export class FirstTokenTimes {
  private readonly averages = new Map<string, number>();

  /** Notes a measurement. */
  note(provider: string, model: string, milliseconds: number): void {
    const key = `${provider}/${model}`;
    const average = this.averages.get(key);
    // The one that was noted longest ago is at the front, and goes first.
    this.averages.delete(key);
    this.averages.set(
      key,
      average === undefined ? milliseconds : average + WEIGHT * (milliseconds - average),
    );
    if (this.averages.size > MOST_MODELS) this.averages.delete(this.averages.keys().next().value!);
  }

  /** The average, or `undefined` for a model that nobody has asked yet. */
  of(provider: string, model: string): number | undefined {
    return this.averages.get(`${provider}/${model}`);
  }
}
