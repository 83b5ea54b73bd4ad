import { newId, type Caller } from '../../src/kernel/index.js';
import { MAX_MEMORIES } from '../../src/profile/core/profile.js';
import type { ProfileStore } from '../../src/profile/ports/profile-store.js';
import { newUser } from '../support/callers.js';

const ADA = { name: 'Ada', language: 'German', tone: null, about: 'I sail.' };

/** Holds an implementation to every promise of {@link ProfileStore}. */
export function describeProfileStore(name: string, setUp: () => ProfileStore): void {
  describe(`the profiles in ${name}`, () => {
    let store: ProfileStore;
    let ada: Caller;
    beforeEach(() => {
      store = setUp();
      ada = newUser();
    });
    const contents = async (caller = ada, limit = 1_000) =>
      (await store.memories(caller, limit, undefined)).map(({ content }) => content);

    it('are as they were written last', async () => {
      expect(await store.profile(ada)).toBeUndefined();
      const put = await store.put(ada, { ...ADA, tone: 'dry' });
      expect(put).toEqual({ ...ADA, tone: 'dry', updatedAt: new Date(put.updatedAt!).toISOString() });
      const again = await store.put(ada, ADA);
      expect(await store.profile(ada)).toEqual({ ...ADA, updatedAt: again.updatedAt });
    });

    it('are not there because of a memory', async () => {
      await store.add(ada, 'Has a cat.');
      expect(await store.profile(ada)).toBeUndefined();
      await store.put(ada, ADA);
      expect(await contents()).toEqual(['Has a cat.']);
    });

    it('come with memories, the newest first, page by page', async () => {
      for (const content of ['one', 'two', 'three']) await store.add(ada, content);
      expect(await contents()).toEqual(['three', 'two', 'one']);
      const [first, second] = await store.memories(ada, 2, undefined);
      expect([first!.content, second!.content]).toEqual(['three', 'two']);
      expect(first!.createdAt).toBe(new Date(first!.createdAt).toISOString());
      expect((await store.memories(ada, 2, second!.id)).map(({ content }) => content)).toEqual(['one']);
    });

    it('forget one memory, once', async () => {
      const memory = (await store.add(ada, 'one'))!;
      await store.add(ada, 'two');
      expect(await store.remove(ada, memory.id)).toBe(true);
      expect(await store.remove(ada, memory.id)).toBe(false);
      expect(await store.remove(ada, newId())).toBe(false);
      expect(await contents()).toEqual(['two']);
    });

    it('have so many memories and no more, whoever adds them at the same time', async () => {
      for (let one = 0; one < MAX_MEMORIES - 3; one += 1) await store.add(ada, `${one}`);
      const added = await Promise.all(Array.from({ length: 12 }, (_, one) => store.add(ada, `last ${one}`)));
      expect(added.filter((memory) => memory !== undefined)).toHaveLength(3);
      expect(await contents()).toHaveLength(MAX_MEMORIES);
      await store.remove(ada, added.find((memory) => memory !== undefined)!.id);
      expect(await store.add(ada, 'again')).toMatchObject({ content: 'again' });
      expect(await store.add(ada, 'too many')).toBeUndefined();
    });

    it('are nobody else’s, also not of the same name in another organisation', async () => {
      await store.put(ada, ADA);
      const memory = (await store.add(ada, 'mine'))!;
      for (const other of [newUser(), { ...newUser(), org: ada.org }, { ...ada, org: newId() }]) {
        expect(await store.profile(other)).toBeUndefined();
        expect(await store.memories(other, 10, undefined)).toEqual([]);
        expect(await store.remove(other, memory.id)).toBe(false);
        await store.put(other, { ...ADA, name: 'Eve' });
        await store.add(other, 'theirs');
        await store.removeAll(other);
      }
      expect(await store.profile(ada)).toMatchObject(ADA);
      expect(await contents()).toEqual(['mine']);
    });

    it('are gone when all of a person is removed', async () => {
      await store.put(ada, ADA);
      await store.add(ada, 'one');
      await store.removeAll({ org: ada.org, id: ada.id });
      await store.removeAll({ org: ada.org, id: ada.id });
      expect(await store.profile(ada)).toBeUndefined();
      expect(await contents()).toEqual([]);
    });
  });
}
