import { evaluate, expressionProblem } from './expression.js';
import { render, templateProblem } from './template.js';

const view = {
  state: { count: 3, text: 'Hello', list: [{ ok: true }, { ok: false }], 'with-dash': { score: 0.5 } },
  message: 'Hi',
};

describe('an expression', () => {
  it.each([
    ['state.count + 1 == 4', true],
    ['state.count > 2.5 && message == "Hi"', true],
    ['state.list.filter(one, one.ok).size() == 1', true],
    ['state.list.exists(one, one.ok) ? "yes" : "no"', 'yes'],
    ['state["with-dash"].score >= 0.5', true],
    ['has(state.missing)', false],
    ['has(state.constructor)', false],
    ['{"total": state.count}', { total: 3 }],
  ])('%s', (expression, value) => {
    expect(expressionProblem(expression)).toBeUndefined();
    expect(evaluate(expression, view)).toEqual(value);
  });

  it.each([
    ['state.count ==', 'cannot be read'],
    ['process.exit(1)', 'calls "exit"'],
    ['state.text.matches("(a+)+$")', 'calls "matches"'],
    ['cel.bind(x, state.text + state.text, x + x)', 'calls "bind"'],
    ['state.list.all(a, state.list.all(b, a == b))', 'goes through a list inside'],
    ['unknown == 1', 'is not valid'],
    [`state.a${'.a'.repeat(1_000)}`, 'more than 2000 characters'],
    [`${'('.repeat(500)}1${')'.repeat(500)}`, 'cannot be read'],
    [Array.from({ length: 300 }, () => '1').join('+'), 'cannot be read'],
  ])('%s is refused', (expression, problem) => {
    expect(expressionProblem(expression)).toContain(problem);
  });

  it('finds nothing that values inherit', () => {
    for (const name of ['constructor', '__proto__', 'toString'])
      expect(() => evaluate(`state["${name}"]`, view)).toThrow('No such key');
  });

  it('does not look at more than a bounded part of the state', () => {
    expect(() =>
      evaluate('size(state.list) > 0', { state: { list: Array.from({ length: 501 }, () => 0) } }),
    ).toThrow('cannot be looked at');
  });
});

describe('a template', () => {
  it('has values in place of their names, and sections for lists', () => {
    const template =
      'It is {{state.count}}: {{#state.list}}[{{ok}}]{{/state.list}}{{^state.none}} none{{/state.none}} {{{message}}}';
    expect(templateProblem(template)).toBeUndefined();
    expect(render(template, view)).toBe('It is 3: [true][false] none Hi');
  });

  it('finds nothing that values inherit, and calls nothing', () => {
    for (const name of ['constructor', '__proto__', 'list.toString', 'list.constructor.constructor'])
      expect(render(`<{{state.${name}}}>`, view)).toBe('<>');
    expect(render('{{#state.list}}{{constructor}}{{/state.list}}', view)).toBe('');
    expect(render('{{#state.call}}x{{/state.call}}', { state: { call: 'text' } })).toBe('x');
  });

  it.each([
    ['{{#state.list}}', 'Unclosed section'],
    ['{{> other}}', 'no partials'],
    ['{{=<% %>=}}', 'no other delimiters'],
    ['{{process.env}}', 'names "process.env"'],
    [`${'{{#state.list}}'.repeat(20)}${'{{/state.list}}'.repeat(20)}`, 'levels deep'],
  ])('%s is refused', (template, problem) => {
    expect(templateProblem(template)).toContain(problem);
  });

  it('is not rendered without a bound', () => {
    const list = Array.from({ length: 100 }, () => 0);
    const nested =
      '{{#state.list}}{{#state.list}}{{#state.list}}x{{/state.list}}{{/state.list}}{{/state.list}}';
    expect(() => render(nested, { state: { list } })).toThrow(RangeError);
    expect(() =>
      render('{{#state.list}}{{message}}{{/state.list}}', { state: { list }, message: 'x'.repeat(10_000) }),
    ).toThrow(RangeError);
  });
});
