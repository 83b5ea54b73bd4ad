import { definitionOf } from '../../../test/support/tools.js';
import { checkArguments } from './check-arguments.js';

const check = (text: string) => checkArguments(definitionOf(), text);
const problemOf = (text: string) => check(text).problem;

describe('the arguments of a call', () => {
  it('are taken when they fit the parameters', () => {
    expect(check('{"by": 2, "note": "é"}')).toEqual({ args: { by: 2, note: 'é' } });
  });

  it.each(['', ' \n '])('are none where the model sends %j', (text) => {
    const definition = definitionOf({ parameters: { type: 'object', additionalProperties: false } });
    expect(checkArguments(definition, text)).toEqual({ args: {} });
    expect(problemOf(text)).toContain("must have required property 'by'");
  });

  it.each(['{"by": 1', 'by: 1', '{"by": 1}}'])('are called no valid JSON when they are %j', (text) => {
    expect(problemOf(text)).toBe(
      'The arguments of count_up are no valid JSON. Call it again with a JSON object.',
    );
  });

  it.each(['[]', 'null', '7', '"by"'])('have to be an object, and not %s', (text) => {
    expect(problemOf(text)).toBe('The arguments of count_up must be a JSON object.');
  });

  it('are answered with each thing that does not fit, and where it is', () => {
    const lines = problemOf('{"by": 0, "note": 1, "more": true}')!.split('\n');
    expect(lines[0]).toBe('The arguments of count_up do not fit its parameters:');
    expect(lines.slice(1).toSorted()).toEqual([
      '- by: must be >= 1',
      '- note: must be string',
      '- the arguments: must NOT have additional properties: more',
    ]);
  });

  it('are not quoted in what is said of them', () => {
    expect(problemOf('{"by": "secret"}')).not.toContain('secret');
  });

  it('are answered with ten things that do not fit at most', () => {
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`field${at}`, at]));
    expect(problemOf(JSON.stringify({ by: 1, ...many }))!.split('\n')).toHaveLength(11);
  });

  it('are not read when they are too long', () => {
    const long = (length: number) => JSON.stringify({ by: 1, note: 'x'.repeat(length) });
    expect(problemOf(long(199_000))).toBeUndefined();
    expect(problemOf(long(200_000))).toBe('The arguments of count_up are too long. Send less.');
  });
});
