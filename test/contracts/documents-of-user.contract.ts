import type { DocumentsOfUser } from '../../src/rag/ports/documents-of-user.js';
import { newReader, type Rag } from '../support/rag.js';

export interface DocumentsOfUserUnderTest extends Pick<Rag, 'store' | 'search' | 'add' | 'post'> {
  readonly documents: DocumentsOfUser;
}

/** Holds an implementation to every promise of {@link DocumentsOfUser}. */
export function describeDocumentsOfUser(name: string, setUp: () => Promise<DocumentsOfUserUnderTest>): void {
  describe(`the documents of one user in ${name}`, () => {
    let rag: DocumentsOfUserUnderTest;
    beforeAll(async () => {
      rag = await setUp();
    });

    const titles = async (caller: ReturnType<typeof newReader>) =>
      (await rag.store.list(caller, 50, undefined)).map(({ title }) => title).sort();

    it('are removed where they are private, however many, and stay where they are shared', async () => {
      const ada = newReader();
      for (let count = 0; count < 12; count += 1)
        await rag.post(ada, 'Words.', { visibility: 'private', title: 'private' });
      await rag.post(ada, 'Words.', { title: 'shared' });
      await rag.documents.remove(ada);
      expect(await titles(ada)).toEqual(['shared']);
      await rag.documents.remove(ada);
      expect(await titles(ada)).toEqual(['shared']);
    });

    it('are all removed where nobody else is in the organisation', async () => {
      const { id } = newReader();
      const alone = newReader({ id, org: `user:${id}` });
      await rag.post(alone, 'Words.');
      await rag.documents.remove(alone);
      expect(await titles(alone)).toEqual([]);
    });

    it('lose the name where they are shared, and are found as before', async () => {
      const ada = newReader();
      const bob = newReader({ org: ada.org });
      await rag.add(ada, 'Herons nest here.');
      const found = await rag.search.search(bob, 'herons', 5);
      await rag.documents.disown(ada);
      expect(await rag.search.search(bob, 'herons', 5)).toEqual(found);
      expect(await rag.store.remove(ada, found[0]!.documentId)).toBe('not_allowed');
      expect((await rag.store.count(ada)).user).toEqual({ documents: 0, bytes: 0 });
    });

    it('are nobody else’s: others keep theirs, also under the same name in another organisation', async () => {
      const ada = newReader();
      const others = [newReader({ org: ada.org }), newReader({ id: ada.id })];
      for (const caller of [ada, ...others])
        for (const visibility of ['org', 'private'] as const)
          await rag.post(caller, 'Words.', { visibility, title: visibility });
      const counts = () => Promise.all(others.map(async (other) => (await rag.store.count(other)).user));
      const before = await counts();
      await rag.documents.remove(ada);
      await rag.documents.disown(ada);
      expect(await titles(others[0]!)).toEqual(['org', 'org', 'private']);
      expect(await titles(others[1]!)).toEqual(['org', 'private']);
      expect(await counts()).toEqual(before);
    });
  });
}
