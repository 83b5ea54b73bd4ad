import { newId, type Caller } from '../../src/kernel/index.js';
import { newReader, type Rag } from '../support/rag.js';

type DocumentStoreUnderTest = Pick<Rag, 'store' | 'search' | 'add' | 'post'>;

/** Holds an implementation to every promise of {@link DocumentStore}. */
export function describeDocumentStore(name: string, setUp: () => Promise<DocumentStoreUnderTest>): void {
  describe(`the document store in ${name}`, () => {
    let rag: DocumentStoreUnderTest;
    beforeAll(async () => {
      rag = await setUp();
    });

    it('gives back what was put in, ready to be searched', async () => {
      const caller = newReader();
      const added = await rag.add(caller, 'A word about ünïcode.', {
        title: 'Words',
        source: 'https://example.org/words',
        metadata: { tags: ['a', 'b'], page: 3 },
        visibility: 'private',
        securityLevel: 'confidential',
      });
      expect(added).toEqual({
        id: expect.any(String),
        title: 'Words',
        source: 'https://example.org/words',
        contentType: 'text/plain',
        securityLevel: 'confidential',
        visibility: 'private',
        status: 'ready',
        chunkCount: 1,
        bytes: 23,
        metadata: { tags: ['a', 'b'], page: 3 },
        error: null,
        createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        updatedAt: expect.any(String),
      });
      expect(await rag.store.find(caller, added.id)).toEqual(added);
      expect(await rag.store.list(caller, 10, undefined)).toEqual([added]);
    });

    it('takes the longest names, words and texts it may get', async () => {
      const caller: Caller = { ...newReader(), org: '組'.repeat(200) + newId(), id: '人'.repeat(255) };
      const words = [
        'w'.repeat(3_000),
        '字'.repeat(128),
        '字'.repeat(129),
        'http://example.org/' + 'p'.repeat(900),
        '😀'.repeat(900),
      ];
      const { id } = await rag.add(caller, words.join(' '), {
        visibility: 'private',
        title: '題'.repeat(300),
      });
      const found = await rag.search.search(caller, '字'.repeat(128), 10);
      expect(new Set(found.map(({ documentId }) => documentId))).toEqual(new Set([id]));
      const titled = await rag.search.search(caller, '題'.repeat(300), 10);
      expect(new Set(titled.map(({ documentId }) => documentId))).toEqual(new Set([id]));
    });

    it('shows a document by no question to whoever may not read it', async () => {
      const owner = newReader({ clearance: 'internal' });
      const { id: shared } = await rag.post(owner, 'Words.', { securityLevel: 'internal' });
      const { id: hidden } = await rag.post(owner, 'Words.', {
        visibility: 'private',
        securityLevel: 'public',
      });
      const colleague = newReader({ org: owner.org, roles: ['user', 'admin'] });
      const foreigner = newReader({ id: owner.id });
      const uncleared = { ...owner, clearance: 'public' } as const;
      const blind: [Caller, string][] = [
        [colleague, hidden],
        [foreigner, shared],
        [foreigner, hidden],
        [uncleared, shared],
      ];
      for (const [caller, id] of blind) {
        expect(await rag.store.find(caller, id)).toBeUndefined();
        expect((await rag.store.list(caller, 50, undefined)).map((document) => document.id)).not.toContain(
          id,
        );
        expect([...(await rag.store.readableAmong(caller, [id]))]).toEqual([]);
        expect(await rag.store.remove(caller, id)).toBe('absent');
      }
      expect(await rag.store.readableAmong(owner, [shared, hidden, newId()])).toEqual(
        new Set([shared, hidden]),
      );
      expect(await rag.store.readableAmong(colleague, [shared, hidden])).toEqual(new Set([shared]));
    });

    it('lists the newest first, page by page', async () => {
      const caller = newReader();
      const ids: string[] = [];
      for (let count = 0; count < 5; count += 1) ids.unshift((await rag.post(caller, 'Words.')).id);
      const page = async (before: string | undefined) =>
        (await rag.store.list(caller, 2, before)).map(({ id }) => id);
      expect(await page(undefined)).toEqual(ids.slice(0, 2));
      expect(await page(ids[1])).toEqual(ids.slice(2, 4));
      expect(await page(ids[3])).toEqual(ids.slice(4));
      expect(await page(ids[4])).toEqual([]);
    });

    it('reads the beginning of a text, for those who may read the document', async () => {
      const owner = newReader();
      const { id } = await rag.add(owner, 'Herons nest here. 🦢 And swans.', {
        securityLevel: 'confidential',
      });
      const read = (caller: Caller, chars = 1_000) => rag.store.text(caller, id, chars);
      expect(await read(owner)).toMatchObject({ content: 'Herons nest here. 🦢 And swans.' });
      expect(await read(owner, 19)).toMatchObject({
        contentType: 'text/plain',
        content: 'Herons nest here. 🦢',
      });
      expect(await read(newReader({ org: owner.org, clearance: 'internal' }))).toBeUndefined();
      expect(await read(newReader())).toBeUndefined();
    });

    it('removes for the owner, and for an admin, at once and from every search', async () => {
      const owner = newReader();
      const colleague = newReader({ org: owner.org });
      const admin = newReader({ org: owner.org, roles: ['user', 'admin'] });
      for (const remover of [owner, admin]) {
        const { id } = await rag.add(owner, 'Herons nest here.');
        expect(await rag.store.remove(colleague, id)).toBe('not_allowed');
        expect(await rag.search.search(colleague, 'herons', 5)).toHaveLength(1);
        expect(await rag.store.remove(remover, id)).toBe('removed');
        expect(await rag.search.search(colleague, 'herons', 5)).toEqual([]);
        expect(await rag.store.find(owner, id)).toBeUndefined();
        expect(await rag.store.remove(remover, id)).toBe('absent');
      }
    });

    it('keeps nothing that is not admitted', async () => {
      const caller = newReader();
      const document = await rag.post(caller, 'Ten bytes.');
      const seen: unknown[] = [];
      const refused = rag.store.add(caller, { ...DOCUMENT, id: newId() }, ({ user, org }) => {
        seen.push(user, org);
        throw new Error('no more');
      });
      await expect(refused).rejects.toThrow('no more');
      expect(seen).toEqual([
        { documents: 2, bytes: 20 },
        { documents: 2, bytes: 20 },
      ]);
      expect(await rag.store.list(caller, 10, undefined)).toEqual([document]);
      expect((await rag.store.count(caller)).user).toEqual({ documents: 1, bytes: 10 });
    });

    it('counts exactly when much is put in and removed at once, so that nobody slips past the last place', async () => {
      const caller = newReader();
      const { queue: before } = await rag.store.count(caller);
      let admitted = 0;
      const attempt = () =>
        rag.store.add(caller, { ...DOCUMENT, id: newId() }, ({ user }) => {
          if (user.documents > 5) throw new Error('full');
          admitted += 1;
        });
      const outcomes = await Promise.allSettled(Array.from({ length: 20 }, attempt));
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
      expect(admitted).toBe(5);
      expect(await rag.store.count(caller)).toMatchObject({
        user: { documents: 5, bytes: 50 },
        org: { documents: 5, bytes: 50 },
        queue: { documents: before.documents + 5, bytes: before.bytes + 50 },
        userQueue: { documents: 5, bytes: 50 },
      });
      const [first] = await rag.store.list(caller, 1, undefined);
      await rag.store.remove(caller, first!.id);
      expect(await rag.store.count(caller)).toMatchObject({ user: { documents: 4 }, org: { bytes: 40 } });
    });
  });
}

const DOCUMENT = {
  title: 'T',
  source: undefined,
  contentType: 'text/plain',
  content: 'Ten bytes.',
  bytes: 10,
  securityLevel: 'internal',
  visibility: 'org',
  metadata: {},
} as const;
