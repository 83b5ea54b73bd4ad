import { formsIn, variablesOf, type Entered } from './results.js';

const form = (step: string, content: unknown): Entered => ({ step, stepsDone: 0, content });
const value = (step: string, content: unknown): Entered => ({ ...form(step, content), isValue: true });

describe('what people have entered', () => {
  it('is the last of each form, and no other result', () => {
    const results = [form('ask', 1), value('note', 2), form('check', 3), form('ask', 4)];
    expect(formsIn(results).map(({ step, content }) => [step, content])).toEqual([
      ['ask', 4],
      ['check', 3],
    ]);
  });

  it('is forgotten when the step that it is inside of begins anew, as its variables are', () => {
    const opened = value('reviews', { one: {}, two: {} });
    const results = [
      opened,
      form('reviews/one/check', 1),
      form('reviews-2', 2),
      opened,
      form('reviews/two/check', 3),
    ];
    expect(formsIn(results).map(({ content }) => content)).toEqual([2, 3]);
    expect(variablesOf(results)).toEqual({ reviews: { one: {}, two: { check: 3 } }, 'reviews-2': 2 });
  });
});
