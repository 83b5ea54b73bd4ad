import { wellFormed } from './well-formed.js';

describe('the mending of texts', () => {
  it('reaches every text in a value, keys among them, and leaves the rest', () => {
    expect(wellFormed({ a: ['x\ud83d', { '\ude80k': '🚀' }], n: 1, yes: true, nothing: null })).toEqual({
      a: ['x\ufffd', { '\ufffdk': '🚀' }],
      n: 1,
      yes: true,
      nothing: null,
    });
  });

  it('does not mistake a key for the prototype', () => {
    const mended = wellFormed(JSON.parse('{"__proto__": {"x": 1}}') as object);
    expect(JSON.stringify(mended)).toBe('{"__proto__":{"x":1}}');
  });
});
