import type { AttemptEstimator } from '../../src/usage/ports/attempt-estimator.js';
import { attemptOf, begunOf } from '../support/attempts.js';

/** An estimator that knows `provider`'s `model` and what it costs, and no other. */
export interface AttemptEstimatorUnderTest {
  readonly estimator: AttemptEstimator;
  readonly provider: string;
  readonly model: string;
}

/** Holds an implementation to every promise of {@link AttemptEstimator}. */
export function describeAttemptEstimator(name: string, setUp: () => AttemptEstimatorUnderTest): void {
  describe(`the estimate of an attempt by ${name}`, () => {
    const { estimator, provider, model } = setUp();
    const begun = (promptChars: number, change = {}) =>
      begunOf(attemptOf('acme', 'ada', { provider, model, ...change }), promptChars);

    it('grows with the question and with what is known of the answer', async () => {
      const short = await estimator.estimate(begun(400), 'An answer.');
      const long = await estimator.estimate(begun(4_000), 'An answer. '.repeat(10));
      expect(short.inputTokens).toBeGreaterThan(0);
      expect(short.outputTokens).toBeGreaterThan(0);
      expect(long.inputTokens).toBeGreaterThan(short.inputTokens);
      expect(long.outputTokens).toBeGreaterThan(short.outputTokens);
      expect(long.cost).toBeGreaterThan(short.cost!);
    });

    it('has no tokens of an answer of which nothing is known', async () => {
      expect(await estimator.estimate(begun(400), '')).toMatchObject({ outputTokens: 0 });
    });

    it('leaves the cost open where the model’s price is unknown', async () => {
      expect((await estimator.estimate(begun(400, { model: 'unheard-of' }), 'Words.')).cost).toBeNull();
      expect((await estimator.estimate(begun(400, { provider: 'nobody' }), 'Words.')).cost).toBeNull();
    });

    it('gives a model its own name in public where it is known, and no other', () => {
      expect(estimator.publicName(provider, model)).toBe(model);
      expect(estimator.publicName(provider, 'unheard-of')).toBe('other');
      expect(estimator.publicName('nobody', model)).toBe('other');
    });
  });
}
