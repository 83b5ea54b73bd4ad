import { newId, type Caller } from '../../src/kernel/index.js';
import type { DefinitionStore } from '../../src/workflow/ports/definition-store.js';
import { newUser } from '../support/callers.js';

/** What the suite needs of an implementation. */
export interface DefinitionStoreUnderTest {
  readonly store: DefinitionStore;
  /** A run of the organisation follows the version, until it is completed. */
  begin(org: string, name: string, version: number): Promise<{ complete(): Promise<void> }>;
}

/** Holds an implementation to every promise of {@link DefinitionStore}. */
export function describeDefinitionStore(name: string, setUp: () => DefinitionStoreUnderTest): void {
  describe(`the definitions in ${name}`, () => {
    let store: DefinitionStore;
    let ada: Caller;
    beforeEach(() => {
      ({ store } = setUp());
      ada = { ...newUser(), org: newId() };
    });

    it('are the organisation’s, in versions that are counted from those before', async () => {
      expect(await store.publish(ada, 'tea', 0, { title: 'One' })).toBe(1);
      expect(await store.publish(ada, 'tea', 0, { title: 'Two' })).toBe(2);
      expect(await store.publish(ada, 'intake', 2, { title: 'Ours' })).toBe(3);
      expect(await store.find(ada.org, 'tea', 1)).toEqual({
        name: 'tea',
        version: 1,
        definition: { title: 'One' },
      });
      expect(await store.find(ada.org, 'tea')).toMatchObject({ version: 2 });
      const listed = await store.list(ada.org);
      expect(listed.map((one) => `${one.name} ${one.version}`)).toEqual(['intake 3', 'tea 2']);
      const org = newId();
      expect([await store.find(org, 'tea'), await store.list(org)]).toEqual([undefined, []]);
    });

    it('have a version each when they are published at once', async () => {
      const versions = await Promise.all(
        Array.from({ length: 5 }, (_, at) => store.publish(ada, 'tea', 0, { at })),
      );
      expect(versions.toSorted()).toEqual([1, 2, 3, 4, 5]);
    });

    it('are found by their versions when they were deleted, and listed no more', async () => {
      await store.publish(ada, 'tea', 0, { title: 'One' });
      await store.publish(ada, 'tea', 0, { title: 'Two' });
      expect(await store.remove(ada.org, 'tea', 2)).toBe('removed');
      expect(await store.remove(ada.org, 'tea', 2)).toBe('missing');
      expect(await store.remove(newId(), 'tea', 1)).toBe('missing');
      expect(await store.find(ada.org, 'tea')).toMatchObject({ version: 1 });
      expect(await store.find(ada.org, 'tea', 2)).toMatchObject({ definition: { title: 'Two' } });
      // A number is never given twice.
      expect(await store.publish(ada, 'tea', 0, { title: 'Three' })).toBe(3);
    });

    it('are not deleted while a run follows them', async () => {
      await store.publish(ada, 'tea', 0, {});
      const run = await setUp().begin(ada.org, 'tea', 1);
      expect(await store.remove(ada.org, 'tea', 1)).toBe('live');
      await run.complete();
      expect(await store.remove(ada.org, 'tea', 1)).toBe('removed');
    });
  });
}
