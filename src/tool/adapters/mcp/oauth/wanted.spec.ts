import type { Found } from './discover.js';
import type { Grant } from './grant.js';
import { wantedOf } from './wanted.js';

const found = (change: Partial<Found> = {}, scopes: readonly string[] = []): Found => ({
  ...{ issuer: 'https://login.example', foundAt: 'https://login.example', resource: 'https://a.example/mcp' },
  scope: undefined,
  metadata: {
    ...{ issuer: 'https://login.example', authorization_endpoint: 'https://login.example/a' },
    ...{ token_endpoint: 'https://login.example/t', response_types_supported: ['code'] },
    scopes_supported: [...scopes],
  },
  ...change,
});
const before = (change: Partial<Grant> = {}): Grant => ({
  ...{ url: 'https://a.example/mcp', issuer: 'https://login.example', foundAt: 'https://login.example' },
  ...{ saidAt: undefined, authority: undefined, client: { information: { client_id: 'c' } } },
  ...{ resource: 'https://a.example/mcp', scope: 'read', fruitless: 0, since: Date.now() },
  tokens: { access: 'a', refresh: undefined, endsAt: undefined },
  ...change,
});
const nothing = { challenged: undefined, beyond: undefined };
const scopeOf = (...given: Parameters<typeof wantedOf> extends [string, ...infer Rest] ? Rest : never) =>
  wantedOf('notes', ...given).scope;

describe('what a login asks for', () => {
  it('is what the server wants, or what is usual there, or nothing in particular', () => {
    const usual = found({ scope: 'read write' });
    expect(scopeOf(usual, undefined, { ...nothing, challenged: 'admin' })).toBe('admin');
    expect(scopeOf(usual, undefined, nothing)).toBe('read write');
    expect(scopeOf(found(), undefined, nothing)).toBeUndefined();
  });

  it('is to last where the authorization server offers that, and something is asked for at all', () => {
    const offered = ['offline_access'];
    expect(scopeOf(found({ scope: 'read' }, offered), undefined, nothing)).toBe('read offline_access');
    expect(scopeOf(found({ scope: 'read' }), undefined, nothing)).toBe('read');
    expect(scopeOf(found({}, offered), undefined, nothing)).toBeUndefined();
  });

  it('has in it what was agreed upon before', () => {
    expect(scopeOf(found(), before(), { challenged: 'list', beyond: 'write read' })).toBe('read write list');
  });

  it('is no more than before once, and then not again for an hour', () => {
    const wants = { ...nothing, beyond: 'read' };
    const once = wantedOf('notes', found(), before(), wants);
    expect(once).toMatchObject({ scope: 'read', fruitless: 1 });
    expect(() => wantedOf('notes', found(), before(once), wants)).toThrow('was given all that it asks for');
    const later = before({ ...once, since: Date.now() - 3_600_001 });
    expect(wantedOf('notes', found(), later, wants)).toMatchObject({ fruitless: 0 });
  });

  it('may be the same as often as the person likes where the token was taken back, or is not known any more', () => {
    const tired = before({ fruitless: 1 });
    expect(scopeOf(found(), { ...tired, tokens: undefined }, { ...nothing, beyond: 'read' })).toBe('read');
    expect(scopeOf(found(), tired, { ...nothing, challenged: 'read' })).toBe('read');
    expect(scopeOf(found(), tired, { ...nothing, beyond: 'write' })).toBe('read write');
  });
});
