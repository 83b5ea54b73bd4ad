import { Sealer } from '../../../../platform/secrets/index.js';
import { GrantSeals, type Grant } from './grant.js';

const grant: Grant = {
  ...{ url: 'https://a.example/mcp', issuer: 'https://login.example', foundAt: 'https://login.example' },
  ...{ saidAt: undefined, authority: undefined, client: { information: { client_id: 'c' } } },
  ...{ resource: 'https://a.example/mcp', scope: 'read', fruitless: 0, since: 1 },
  tokens: { access: 'secret', refresh: undefined, endsAt: undefined },
};
const ada = { org: 'acme', id: 'ada' };

describe('a sealed grant', () => {
  const seals = new GrantSeals(new Sealer([Buffer.alloc(32, 7)]));
  const sealed = seals.sealGrant(ada, 'notes', 'id', grant);
  const stored = { id: 'id', issuer: grant.issuer, sealed, wantedScope: undefined };

  it('opens where it belongs, and hides what is in it', () => {
    expect(seals.openGrant(ada, 'notes', grant.url, stored)).toEqual(JSON.parse(JSON.stringify(grant)));
    expect(sealed).not.toContain(Buffer.from('secret').toString('base64url').slice(0, 6));
  });

  it('opens for nobody else, no other server, address or authorization server, and under no other key', () => {
    const open = (...given: Parameters<GrantSeals['openGrant']>) => seals.openGrant(...given);
    expect(open({ ...ada, id: 'eve' }, 'notes', grant.url, stored)).toBeUndefined();
    expect(open({ ...ada, org: 'other' }, 'notes', grant.url, stored)).toBeUndefined();
    expect(open(ada, 'mail', grant.url, stored)).toBeUndefined();
    expect(open(ada, 'notes', 'https://b.example/mcp', stored)).toBeUndefined();
    expect(open(ada, 'notes', grant.url, { ...stored, issuer: 'https://evil.example' })).toBeUndefined();
    expect(open(ada, 'notes', grant.url, { ...stored, id: 'another' })).toBeUndefined();
    const other = new GrantSeals(new Sealer([Buffer.alloc(32, 8)]));
    expect(other.openGrant(ada, 'notes', grant.url, stored)).toBeUndefined();
  });
});
