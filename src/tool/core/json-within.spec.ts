import { loopTurnsDuring } from '../../../test/support/loop-turns.js';
import { jsonWithin } from './json-within.js';

const LONG = 'x'.repeat(300_000);
const records = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    index,
    name: `name "${index}"`,
    share: index / 3,
    ok: null,
  }));

describe('a value as JSON', () => {
  it.each<[string, unknown]>([
    ['a small one', { a: [1, 'b', null, { c: true }] }],
    ['nothing in it', [[], {}, '']],
    ['nothing at all', undefined],
    ['a long text', LONG],
    ['a long text of characters of two halves', `a${'😀'.repeat(600_000)}`],
    ['a long text with halves of characters and controls', '\ud800\n"\0'.repeat(200_000)],
    ['many records', records(20_000)],
    ['many members', Object.fromEntries(records(20_000).map((record) => [record.name, record]))],
    [
      'large ones in small ones',
      { before: 1, large: { list: records(9_000) }, after: [LONG, 2, LONG, 'é😀'.repeat(200_000)] },
    ],
    [
      'what is no JSON',
      { a: undefined, large: LONG, b: () => 1, list: [undefined, LONG, () => 1], c: undefined },
    ],
    [
      'only what is no JSON, and much of it',
      Object.fromEntries(records(20_000).map(({ name }) => [name, undefined])),
    ],
    ['what says itself what it is', [new Date(0), LONG, { toJSON: () => 5, large: LONG }]],
    ['names that are numbers', { b: LONG, 2: LONG, 1: 'one', a: 1 }],
    ['a name that objects have', JSON.parse(`{"__proto__":"${LONG}","a":{"__proto__":1}}`)],
  ])('is the same as at once: %s', async (_what, value) => {
    const json = await jsonWithin(value, Infinity);
    expect(json === (JSON.stringify(value) ?? 'null')).toBe(true);
  });

  it('is none where it would be too long', async () => {
    expect(await jsonWithin({ a: 'b' }, 9)).toBe('{"a":"b"}');
    expect(await jsonWithin({ a: 'b' }, 8)).toBeUndefined();
    expect(await jsonWithin(records(50_000), 500_000)).toBeUndefined();
  });

  it('is none of a circle, which says so', async () => {
    const circle: Record<string, unknown> = { large: LONG };
    circle.self = circle;
    await expect(jsonWithin(circle, Infinity)).rejects.toThrow(TypeError);
  });

  it('lets others work in between', async () => {
    expect(await loopTurnsDuring(() => jsonWithin(records(50_000), Infinity))).toBeGreaterThan(10);
  });
});
