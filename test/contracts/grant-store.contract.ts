import { createHash, randomUUID } from 'node:crypto';
import { newId, type Person } from '../../src/kernel/index.js';
import { MAX_LOGINS, type GrantStore } from '../../src/tool/ports/grant-store.js';

const hashOf = (state: string) => createHash('sha256').update(state).digest();
const grantOf = (sealed: string) => ({ id: newId(), issuer: 'https://login.example', sealed });
const MINUTE = 60_000;

/** Holds an implementation to every promise of {@link GrantStore}. */
export function describeGrantStore(name: string, setUp: () => GrantStore): void {
  describe(`the grants in ${name}`, () => {
    let store: GrantStore;
    let ada: Person;
    beforeEach(() => {
      store = setUp();
      ada = { org: newId(), id: 'ada' };
    });
    const stranger = () => ({ ...ada, id: 'eve' });
    const elsewhere = () => ({ ...ada, org: newId() });
    const loginOf = (person: Person, sealed = 'sealed') => ({
      person: { org: person.org, id: person.id },
      ...{ server: 'files', sealed },
    });

    it('are there for one person and server, one each, with the id of the last login', async () => {
      const [first, second] = [grantOf('one'), grantOf('two')];
      await store.put(ada, 'files', first);
      await store.put(ada, 'files', second);
      await store.put(ada, 'mail', first);
      expect(await store.find(ada, 'files')).toEqual({ ...second, wantedScope: undefined });
      for (const person of [stranger(), elsewhere()])
        expect(await store.find(person, 'files')).toBeUndefined();
      expect(await store.remove(stranger(), 'files')).toBeUndefined();
      expect(await store.remove(ada, 'files')).toMatchObject(second);
      expect(await store.remove(ada, 'files')).toBeUndefined();
      expect(await store.find(ada, 'mail')).toMatchObject(first);
    });

    it('are renewed by one at a time, and by another when that one is not heard of any more', async () => {
      const grant = grantOf('old');
      await store.put(ada, 'files', grant);
      const claims = await Promise.all([1, 2, 3].map(() => store.claim(ada, grant.id, MINUTE)));
      expect(claims.filter(Boolean)).toHaveLength(1);
      await store.renew(ada, grant.id, 'new');
      expect(await store.find(ada, 'files')).toMatchObject({ id: grant.id, sealed: 'new' });
      expect(await store.claim(ada, grant.id, MINUTE)).toBe(true);
      expect(await store.claim(ada, grant.id, MINUTE)).toBe(false);
      await store.release(ada, grant.id);
      expect(await store.claim(ada, grant.id, 1)).toBe(true);
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(await store.claim(ada, grant.id, MINUTE)).toBe(true);
    });

    it('are not changed for what was before the last login, or by others', async () => {
      const [old, now] = [grantOf('old'), grantOf('now')];
      await store.put(ada, 'files', old);
      await store.put(ada, 'files', now);
      await store.renew(ada, old.id, 'late');
      await store.want(ada, old.id, 'late');
      await store.renew(stranger(), now.id, 'theirs');
      expect(await store.claim(ada, old.id, MINUTE)).toBe(false);
      expect(await store.claim(stranger(), now.id, MINUTE)).toBe(false);
      expect(await store.find(ada, 'files')).toEqual({ ...now, wantedScope: undefined });
    });

    it('know what a server has asked for beyond them, until there is another login', async () => {
      const grant = grantOf('one');
      await store.put(ada, 'files', grant);
      await store.want(ada, grant.id, 'files:write');
      expect((await store.find(ada, 'files'))?.wantedScope).toBe('files:write');
      await store.put(ada, 'files', grantOf('two'));
      expect((await store.find(ada, 'files'))?.wantedScope).toBeUndefined();
    });

    it('come of logins, each of which is taken once and in time', async () => {
      const [hash, late] = [hashOf(randomUUID()), hashOf(randomUUID())];
      await store.begin(hash, loginOf(ada), MINUTE);
      await store.begin(late, loginOf(ada), 0);
      expect(await store.take(hashOf('another'))).toBeUndefined();
      expect(await store.take(late)).toBeUndefined();
      const taken = await Promise.all([store.take(hash), store.take(hash)]);
      expect(taken.filter((one) => one !== undefined)).toEqual([loginOf(ada)]);
      expect(await store.take(hash)).toBeUndefined();
    });

    it('come of so many logins of a person at most, and of none that was taken back', async () => {
      const hashes = Array.from({ length: MAX_LOGINS + 1 }, () => hashOf(randomUUID()));
      const other = hashOf(randomUUID());
      await store.begin(other, loginOf(stranger()), MINUTE);
      for (const [index, hash] of hashes.entries()) await store.begin(hash, loginOf(ada), MINUTE + index);
      expect(await store.take(hashes[0]!)).toBeUndefined();
      expect(await store.take(hashes[1]!)).toEqual(loginOf(ada));
      await store.remove(ada, 'files');
      expect(await store.take(hashes[2]!)).toBeUndefined();
      expect(await store.take(other)).toEqual(loginOf(stranger()));
    });
  });
}
