import { endsInPlan, planIn } from './plan.js';

const PLAN = '{"steps":[{"title":"Sand {it}","more":{"steps":[1]}},{"title":"Paint"}]}';

describe('a plan in a text', () => {
  it.each<[why: string, text: string, ends: boolean]>([
    ['alone', PLAN, true],
    ['behind words with braces', `First {this}:\n${PLAN}\n`, true],
    ['of other steps', '{"steps":["one"]}', true],
    ['before other words', `${PLAN} Good luck.`, false],
    ['in a block of code', `\`\`\`json\n${PLAN}\n\`\`\``, false],
    ['without steps', '{"steps":[]}', false],
    ['broken off', PLAN.slice(0, -3), false],
    ['of braces alone', '{'.repeat(5_000), false],
    ['of nothing', '', false],
  ])('is at its end or not: %s', (_why, text, ends) => {
    expect(endsInPlan(text)).toBe(ends);
  });

  it('is found before what follows it', () => {
    for (const text of [`\`\`\`json\n${PLAN}\n\`\`\``, `${PLAN} Good luck.`])
      expect(planIn(text)).toEqual(JSON.parse(PLAN));
  });

  it('is made of a list, or of all of the text', () => {
    expect(planIn('So:\n1. Sand it\n  2) Paint it\n- Wait')).toEqual({
      steps: [{ title: 'Sand it' }, { title: 'Paint it' }, { title: 'Wait' }],
    });
    expect(planIn('Just\n paint it.')).toEqual({ steps: [{ title: 'Just paint it.' }] });
    expect(planIn('')).toEqual({ steps: [{ title: 'Do what was asked for.' }] });
  });
});
