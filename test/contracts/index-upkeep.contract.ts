import { searchText } from '../../src/rag/core/search-text.js';
import { newReader, type Rag } from '../support/rag.js';

export interface IndexUpkeepUnderTest extends Pick<Rag, 'store' | 'search' | 'upkeep' | 'add'> {
  /** Makes the terms of a document an earlier version's. */
  outdate(id: string): Promise<void>;
}

const FIRST = '00000000-0000-0000-0000-000000000000';

/** Holds an implementation to every promise of {@link IndexUpkeep}; nobody else works on its index. */
export function describeIndexUpkeep(name: string, setUp: () => Promise<IndexUpkeepUnderTest>): void {
  describe(`the upkeep of the index in ${name}`, () => {
    let rag: IndexUpkeepUnderTest;
    beforeAll(async () => {
      rag = await setUp();
    });

    /** The outdated ones among these, in the order in which they are found. */
    async function outdatedAmong(ids: readonly string[]): Promise<string[]> {
      const found: string[] = [];
      for (let after = FIRST; ;) {
        const next = await rag.upkeep.findOutdated(after);
        if (next === undefined) return found.filter((id) => ids.includes(id));
        found.push((after = next.id));
      }
    }

    async function chunksOf(id: string) {
      const chunks = [];
      for (let position = -1; ; position = chunks.at(-1)!.position) {
        const page = await rag.upkeep.chunksAfter(id, position);
        if (page.length === 0) return chunks;
        chunks.push(...page);
      }
    }

    it('removes what documents have left behind until there is nothing', async () => {
      const caller = newReader();
      const { id } = await rag.add(caller, 'Some words.\n\n'.repeat(300));
      await rag.store.remove(caller, id);
      while (await rag.upkeep.removeSome());
      expect(await chunksOf(id)).toEqual([]);
      expect(await rag.upkeep.removeSome()).toBe(false);
    });

    it('finds each document of an earlier version once, until it is current', async () => {
      const caller = newReader();
      const ids: string[] = [];
      for (let count = 0; count < 3; count += 1) ids.push((await rag.add(caller, 'Words.')).id);
      expect(await outdatedAmong(ids)).toEqual([]);
      for (const id of ids) await rag.outdate(id);
      expect(await outdatedAmong(ids)).toEqual(ids.toSorted());
      await rag.upkeep.markCurrent(ids[1]!);
      expect(await outdatedAmong(ids)).toEqual([ids[0], ids[2]].toSorted());
      for (const id of ids) await rag.upkeep.markCurrent(id);
    });

    it('gives all chunks of a document, in their order', async () => {
      const { id, chunkCount } = await rag.add(newReader(), 'Herons nest in the tall reeds. '.repeat(5_000));
      const chunks = await chunksOf(id);
      expect(chunks.map(({ position }) => position)).toEqual([...Array(chunkCount).keys()]);
      expect(new Set(chunks.map((chunk) => chunk.id)).size).toBe(chunkCount);
    });

    it('replaces what a document is found by', async () => {
      const caller = newReader();
      const { id } = await rag.add(caller, 'Herons.');
      const chunks = await chunksOf(id);
      await rag.upkeep.replaceTerms(
        id,
        chunks.map((chunk) => ({ id: chunk.id, text: searchText('Storks.') })),
      );
      expect(await rag.search.search(caller, 'herons', 5)).toEqual([]);
      expect(await rag.search.search(caller, 'storks', 5)).toMatchObject([
        { documentId: id, content: 'Herons.' },
      ]);
    });

    it('replaces nothing of a document that is gone', async () => {
      const caller = newReader();
      const { id } = await rag.add(caller, 'Herons.');
      const chunks = await chunksOf(id);
      await rag.store.remove(caller, id);
      await rag.upkeep.replaceTerms(
        id,
        chunks.map((chunk) => ({ id: chunk.id, text: searchText('Storks.') })),
      );
      expect(await rag.search.search(caller, 'storks', 5)).toEqual([]);
    });
  });
}
