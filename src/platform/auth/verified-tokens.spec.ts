import { VerifiedTokens } from './verified-tokens.js';

const NOW = 1_800_000_000;
const claims = { sub: 'alice', exp: NOW + 60 };
const version = {};
const keys: { version: object | undefined } = { version };
let now: number;

beforeEach(() => {
  now = NOW;
  keys.version = version;
  jest.spyOn(Date, 'now').mockImplementation(() => now * 1_000);
});
afterEach(() => jest.restoreAllMocks());

describe('a token that was verified', () => {
  it('is known until it expires, with the tolerance of clocks', () => {
    const tokens = new VerifiedTokens();
    tokens.keep('token', claims, keys, version);
    now = NOW + 64;
    expect(tokens.find('token')).toBe(claims);
    now = NOW + 65;
    expect(tokens.find('token')).toBeUndefined();
    expect(tokens.size).toBe(0);
  });

  it('is not known before it begins, should the clock have been set back', () => {
    const tokens = new VerifiedTokens();
    tokens.keep('token', { ...claims, nbf: NOW }, keys, version);
    now = NOW - 5;
    expect(tokens.find('token')).toBeDefined();
    now = NOW - 6;
    expect(tokens.find('token')).toBeUndefined();
  });

  it.each([
    ['other ones', {}],
    ['out of date', undefined],
  ])('is not known any more once the keys are %s', (_, other) => {
    const tokens = new VerifiedTokens();
    tokens.keep('token', claims, keys, version);
    keys.version = other;
    expect(tokens.find('token')).toBeUndefined();
    keys.version = version;
    expect(tokens.find('token')).toBeUndefined();
  });

  it('says nothing about another one', () => {
    const tokens = new VerifiedTokens();
    tokens.keep('token', claims, keys, version);
    expect(tokens.find('tokem')).toBeUndefined();
  });

  it('gives way, when there are many, to those that were used since', () => {
    const tokens = new VerifiedTokens(3);
    for (const token of ['a', 'b', 'c']) tokens.keep(token, claims, keys, version);
    tokens.find('a');
    tokens.keep('d', claims, keys, version);

    expect(tokens.size).toBe(3);
    expect(['a', 'b', 'c', 'd'].filter((token) => tokens.find(token) !== undefined)).toEqual(['a', 'c', 'd']);
  });

  it('is not kept when it is long', () => {
    const tokens = new VerifiedTokens();
    tokens.keep('x'.repeat(100_000), claims, keys, version);
    expect(tokens.size).toBe(0);
  });
});
