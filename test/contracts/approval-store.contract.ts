import { newId, type Caller } from '../../src/kernel/index.js';
import { MAX_APPROVALS, type ApprovalStore } from '../../src/tool/ports/approval-store.js';
import { newUser } from '../support/callers.js';

/** Holds an implementation to every promise of {@link ApprovalStore}. */
export function describeApprovalStore(name: string, setUp: () => ApprovalStore): void {
  describe(`the approvals in ${name}`, () => {
    let store: ApprovalStore;
    let ada: Caller;
    beforeEach(() => {
      store = setUp();
      ada = newUser();
    });
    const listed = async (caller = ada) =>
      (await store.list(caller)).map(({ tool, definitionHash }) => `${tool} ${definitionHash}`);

    it('are of one tool in one definition', async () => {
      expect(await store.has(ada, 'search_web', 'one')).toBe(false);
      await store.add(ada, 'search_web', 'one');
      expect(await store.has(ada, 'search_web', 'one')).toBe(true);
      expect(await store.has(ada, 'search_web', 'two')).toBe(false);
      expect(await store.has(ada, 'search', 'one')).toBe(false);
    });

    it('are listed with the newest first, and when each was given', async () => {
      for (const hash of ['one', 'two']) await store.add(ada, 'search_web', hash);
      await store.add(ada, 'files__read', 'three');
      expect(await listed()).toEqual(['files__read three', 'search_web two', 'search_web one']);
      const [newest] = await store.list(ada);
      expect(newest!.createdAt).toBe(new Date(newest!.createdAt).toISOString());
    });

    it('stay as they are when they are given again', async () => {
      await store.add(ada, 'search_web', 'one');
      await store.add(ada, 'search_web', 'two');
      const before = await store.list(ada);
      await store.add(ada, 'search_web', 'one');
      await Promise.all([1, 2, 3].map(() => store.add(ada, 'search_web', 'two')));
      expect(await store.list(ada)).toEqual(before);
    });

    it('are taken back one by one', async () => {
      await store.add(ada, 'search_web', 'one');
      await store.add(ada, 'search_web', 'two');
      const { id } = (await store.list(ada))[1]!;
      expect(await store.remove(ada, id)).toBe(true);
      expect(await store.remove(ada, id)).toBe(false);
      expect(await store.remove(ada, newId())).toBe(false);
      expect(await listed()).toEqual(['search_web two']);
      expect(await store.has(ada, 'search_web', 'one')).toBe(false);
    });

    it('are nobody else’s, also not of the same name in another organisation', async () => {
      await store.add(ada, 'search_web', 'one');
      const { id } = (await store.list(ada))[0]!;
      for (const other of [newUser(), { ...ada, org: newId() }]) {
        expect(await store.has(other, 'search_web', 'one')).toBe(false);
        expect(await store.list(other)).toEqual([]);
        expect(await store.remove(other, id)).toBe(false);
        await store.add(other, 'search_web', 'one');
        await store.removeAll(other);
        expect(await store.list(other)).toEqual([]);
      }
      expect(await listed()).toEqual(['search_web one']);
    });

    it('are gone when all of a person are removed', async () => {
      await store.add(ada, 'search_web', 'one');
      await store.add(ada, 'files__read', 'two');
      await store.removeAll({ org: ada.org, id: ada.id });
      expect(await listed()).toEqual([]);
      await store.removeAll({ org: ada.org, id: ada.id });
    });

    it('are so many at most, of which the oldest gives way to a new one and to no other', async () => {
      for (let one = 0; one < MAX_APPROVALS; one += 1) await store.add(ada, 'search_web', `${one}`);
      const full = await listed();
      expect(full).toHaveLength(MAX_APPROVALS);
      await store.add(ada, 'search_web', '0');
      expect(await listed()).toEqual(full);
      await store.add(ada, 'search_web', 'new');
      expect(await listed()).toEqual(['search_web new', ...full.slice(0, -1)]);
      expect(await store.has(ada, 'search_web', '0')).toBe(false);
    });
  });
}
