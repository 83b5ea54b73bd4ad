import { foreignSchemaIssues, foreignSchemaProblem, isTooDeep } from './foreign-schema.js';

const nested = (levels: number, inner: unknown = {}) => {
  let value: unknown = inner;
  for (let level = 0; level < levels; level += 1) value = { a: value };
  return value as Record<string, unknown>;
};
const ofText = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] };

describe('a schema that somebody else has written', () => {
  it('is taken when it is one as most are', () => {
    expect(foreignSchemaProblem(ofText)).toBeUndefined();
    const local = { $defs: { a: { type: 'string' } }, properties: { a: { $ref: '#/$defs/a' } } };
    expect(foreignSchemaProblem(local)).toBeUndefined();
    expect(foreignSchemaProblem({ properties: { $ref: { type: 'string' } } })).toBeUndefined();
  });

  it.each<[unknown, RegExp]>([
    [{ properties: { a: { $ref: 'https://evil.example/schema.json' } } }, /elsewhere/],
    [{ $ref: 'file:///etc/passwd' }, /elsewhere/],
    [{ items: [{ $dynamicRef: 'other.json#a' }] }, /elsewhere/],
    [nested(40), /levels deep/],
    [{ enum: Array.from({ length: 5_000 }, (_, index) => index) }, /too large/],
    [{ description: 'x'.repeat(100_000) }, /too large/],
    ['text', /no object/],
    [null, /no object/],
    [[], /no object/],
  ])('is refused otherwise: %.60j', (schema, problem) => {
    expect(foreignSchemaProblem(schema)).toMatch(problem);
  });

  it('says what does not fit, and never the value', () => {
    expect(foreignSchemaIssues(ofText, { a: 'b' })).toEqual([]);
    expect(foreignSchemaIssues(ofText, { a: 1 })).toEqual([{ path: 'a', message: 'must be string' }]);
    expect(
      foreignSchemaIssues({ ...ofText, $schema: 'http://json-schema.org/draft-07/schema#' }, {}),
    ).toHaveLength(1);
  });

  it('is not checked where it is none', () => {
    expect(foreignSchemaIssues({ type: 'strange' }, { a: 1 })).toEqual([]);
    expect(foreignSchemaIssues({ properties: 7 }, { a: 1 })).toEqual([]);
    expect(foreignSchemaIssues({ $ref: '#/$defs/missing' }, { a: 1 })).toEqual([]);
  });

  const twice = (name: string) => ({ allOf: [{ $ref: `#/$defs/${name}` }, { $ref: `#/$defs/${name}` }] });
  const doubling = Object.fromEntries(
    Array.from({ length: 60 }, (_, level) => [
      `a${level}`,
      level === 59 ? { type: 'string' } : twice(`a${level + 1}`),
    ]),
  );
  const HOLDING_UP: readonly (readonly [string, Record<string, unknown>, unknown])[] = [
    ['a pattern that backtracks', { properties: { a: { pattern: '^(a+)+$' } } }, { a: `${'a'.repeat(40)}!` }],
    ['names that backtrack', { patternProperties: { '^(a+)+$': {} } }, { [`${'a'.repeat(40)}!`]: 1 }],
    [
      'a comparison of all with all',
      { properties: { a: { uniqueItems: true } } },
      { a: Array.from({ length: 50_000 }, (_, i) => ({ i })) },
    ],
    ['a circle', { $ref: '#' }, {}],
    [
      'a circle of two',
      { $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } }, $ref: '#/$defs/a' },
      {},
    ],
    ['what doubles with each level', { $defs: doubling, ...twice('a0') }, 1],
    [
      'what doubles with each level of the value',
      {
        $defs: {
          a: {
            allOf: [
              { properties: { a: { $ref: '#/$defs/a' } } },
              { properties: { a: { $ref: '#/$defs/a' } } },
            ],
          },
        },
        $ref: '#/$defs/a',
      },
      nested(60),
    ],
    ['a circle by name', { $defs: { a: { $anchor: 'x', items: { $ref: '#x' } } }, $ref: '#x' }, []],
  ];
  it.each(HOLDING_UP)('cannot hold up the process with %s', (_what, schema, value) => {
    expect(foreignSchemaProblem(schema)).toBeUndefined();
    // Whichever of them is looked at takes hours, or the stack.
    expect(foreignSchemaIssues(schema, value)).toEqual([]);
  });

  it('is not held against a value without a bottom', () => {
    expect(isTooDeep(nested(60))).toBe(false);
    expect(isTooDeep(nested(100_000))).toBe(true);
    expect(foreignSchemaIssues(ofText, nested(100_000))).toEqual([
      { path: '', message: expect.stringContaining('levels deep') as string },
    ]);
  });
});
