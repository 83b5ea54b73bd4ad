import { callerFromClaims } from './claims.js';

describe('the caller a token speaks for', () => {
  it('has everything the claims say', () => {
    const claims = {
      sub: 'ada',
      org: 'acme',
      roles: ['admin', 'user'],
      clearance: 'restricted',
      name: 'Ada',
      email: 'ada@example.com',
    };
    expect(callerFromClaims(claims)).toEqual({
      id: 'ada',
      org: 'acme',
      roles: ['user', 'admin'],
      clearance: 'restricted',
      name: 'Ada',
      email: 'ada@example.com',
    });
  });

  it('is a plain user of an organisation of their own when the claims say no more', () => {
    expect(callerFromClaims({ sub: 'ada' })).toEqual({
      id: 'ada',
      org: 'user:ada',
      roles: ['user'],
      clearance: 'internal',
      name: undefined,
      email: undefined,
    });
  });

  it.each([
    [{ org: 'a', org_id: 'b', orgId: 'c' }, 'a'],
    [{ org_id: 'b', orgId: 'c' }, 'b'],
    [{ org: null, orgId: 'c' }, 'c'],
  ])('takes the organisation from the first claim that has one: %j', (claims, org) => {
    expect(callerFromClaims({ sub: 'ada', ...claims }).org).toBe(org);
  });

  it('takes the names of an organisation’s own roles along, and drops what is no name of one', () => {
    const rolesOf = (...roles: readonly unknown[]) => callerFromClaims({ sub: 'ada', roles }).roles;
    expect(rolesOf('reviewer', 'admin', 'reviewer')).toEqual(['admin', 'reviewer']);
    expect(rolesOf('reviewer')).toEqual(['user', 'reviewer']);
    expect(rolesOf('', 'two words', 7, null, 'a'.repeat(65))).toEqual(['user']);
    expect(rolesOf(...Array.from({ length: 100 }, (_, index) => `r${index}`))).toHaveLength(33);
    expect(callerFromClaims({ sub: 'ada', roles: { admin: true } }).roles).toEqual(['user']);
    expect(callerFromClaims({ sub: 'ada', roles: 'admin' }).roles).toEqual(['admin']);
  });

  it.each(['secret', 'RESTRICTED', '', 3, ['restricted']])(
    'reads the clearance %j as the least one',
    (clearance) => {
      expect(callerFromClaims({ sub: 'ada', clearance }).clearance).toBe('public');
    },
  );

  it.each([undefined, '', 42, 'a\u0000b', 'a\nb', 'a\u0085b', 'a'.repeat(256), 'a\ud800'])(
    'is nobody when the subject is %j',
    (sub) => {
      expect(() => callerFromClaims({ sub })).toThrow(expect.objectContaining({ code: 'UNAUTHENTICATED' }));
    },
  );

  it.each(['', 42, 'a\u0000b', 'a'.repeat(256)])('is nobody when the organisation is %j', (org) => {
    expect(() => callerFromClaims({ sub: 'ada', org })).toThrow(
      expect.objectContaining({ code: 'UNAUTHENTICATED' }),
    );
  });
});
