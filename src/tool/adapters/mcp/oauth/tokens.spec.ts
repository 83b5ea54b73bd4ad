import { isFresh, tokensOf } from './tokens.js';

const given = (change: object = {}) => ({ access_token: 'abc', token_type: 'bearer', ...change });

describe('the tokens of an authorization server', () => {
  it('are taken as they are, with their end', () => {
    const tokens = tokensOf(given({ refresh_token: 'def', expires_in: 60 }));
    expect(tokens).toMatchObject({ access: 'abc', refresh: 'def' });
    expect(tokens!.endsAt! - Date.now()).toBeGreaterThan(50_000);
    expect(tokensOf(given())).toEqual({ access: 'abc', refresh: undefined, endsAt: undefined });
    expect(tokensOf(given({ expires_in: -1 }))?.endsAt).toBeUndefined();
  });

  it.each([
    ['of another kind', { token_type: 'DPoP' }],
    ['with a line of their own', { access_token: 'abc\r\nx: y' }],
    ['that are empty', { access_token: '' }],
    ['that are too long', { access_token: 'a'.repeat(16_001) }],
    ['whose second one is none', { refresh_token: 'a b' }],
  ])('are refused %s', (_which, change) => {
    expect(tokensOf(given(change))).toBeUndefined();
  });

  it('are used to their end where there is no other, and not quite where there is', () => {
    const soon = Date.now() + 10_000;
    expect(isFresh({ access: 'a', refresh: undefined, endsAt: soon })).toBe(true);
    expect(isFresh({ access: 'a', refresh: 'r', endsAt: soon })).toBe(false);
    expect(isFresh({ access: 'a', refresh: undefined, endsAt: Date.now() - 1 })).toBe(false);
    expect(isFresh({ access: 'a', refresh: 'r', endsAt: undefined })).toBe(true);
  });
});
