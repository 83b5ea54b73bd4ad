import { newId } from '../../src/kernel/index.js';
import { QUERY_LENGTH } from '../../src/rag/ports/chunk-search.js';
import { newReader, type Rag } from '../support/rag.js';

type ChunkSearchUnderTest = Pick<Rag, 'search' | 'add'>;

/** Holds an implementation to every promise of {@link ChunkSearch}. */
export function describeChunkSearch(name: string, setUp: () => Promise<ChunkSearchUnderTest>): void {
  describe(`the search by ${name}`, () => {
    let rag: ChunkSearchUnderTest;
    beforeAll(async () => {
      rag = await setUp();
    });

    it('ranks by Okapi BM25 over title and content', async () => {
      const caller = newReader();
      await rag.add(caller, 'apples apples pears', { title: 'Fruit' });
      await rag.add(caller, 'pears plums cherries grapes figs', { title: 'Fruit' });
      await rag.add(caller, 'stones', { title: 'Apples' });
      const hits = await rag.search.search(caller, 'apple', 10);
      const average = (4 + 6 + 2) / 3;
      const weight = Math.log(1 + (3 - 2 + 0.5) / (2 + 0.5));
      const bm25 = (frequency: number, length: number) =>
        (weight * frequency * 2.2) / (frequency + 1.2 * (0.25 + (0.75 * length) / average));
      expect(hits.map(({ title }) => title)).toEqual(['Fruit', 'Apples']);
      expect(hits[0]!.score).toBeCloseTo(bm25(2, 4), 10);
      expect(hits[1]!.score).toBeCloseTo(bm25(1, 2), 10);
    });

    it('finds any of the words, in whatever form, and the rarer first', async () => {
      const caller = newReader();
      await rag.add(caller, 'Running costs of the office.');
      await rag.add(caller, 'The office is open.');
      await rag.add(caller, 'Open the office windows.');
      const hits = await rag.search.search(caller, 'What does it cost to run an office?', 10);
      expect(hits).toHaveLength(3);
      expect(hits[0]!.content).toBe('Running costs of the office.');
    });

    it('says where in its document a passage stands', async () => {
      const caller = newReader();
      const content = `${'Filler about nothing. '.repeat(200)}\n\nThe 😀 needle is here.\n\n${'More filler. '.repeat(200)}`;
      await rag.add(caller, content);
      const [hit] = await rag.search.search(caller, 'needle', 1);
      expect(hit!.content).toContain('The 😀 needle is here.');
      expect(content.slice(hit!.offsets.start, hit!.offsets.end)).toBe(hit!.content);
    });

    it('narrows to documents, a source and a level', async () => {
      const caller = newReader();
      const one = await rag.add(caller, 'A shared word.', { source: 'wiki', securityLevel: 'public' });
      const two = await rag.add(caller, 'A shared word.', { source: 'mail', securityLevel: 'public' });
      const three = await rag.add(caller, 'A shared word.', { source: 'wiki', securityLevel: 'restricted' });
      const found = async (filter: Parameters<typeof rag.search.search>[3]) =>
        (await rag.search.search(caller, 'word', 10, filter)).map(({ documentId }) => documentId).sort();
      expect(await found({})).toEqual([one.id, two.id, three.id]);
      expect(await found({ documentIds: [two.id, newId()] })).toEqual([two.id]);
      expect(await found({ documentIds: [] })).toEqual([]);
      expect(await found({ source: 'wiki' })).toEqual([one.id, three.id]);
      expect(await found({ securityLevel: 'restricted' })).toEqual([three.id]);
      expect(await found({ source: 'mail', securityLevel: 'restricted' })).toEqual([]);
    });

    it('finds nothing for a text without words, and looks at the beginning of a long one', async () => {
      const caller = newReader();
      await rag.add(caller, 'A needle.');
      for (const text of ['', ' ', '\0', 'the of and', ':* & | !'])
        expect(await rag.search.search(caller, text, 5)).toEqual([]);
      expect(await rag.search.search(caller, `needle ${'x '.repeat(QUERY_LENGTH)}`, 5)).toHaveLength(1);
      expect(await rag.search.search(caller, `${'x '.repeat(QUERY_LENGTH)} needle`, 5)).toEqual([]);
    });

    it('finds no more than the limit, best first', async () => {
      const caller = newReader();
      for (const content of [
        'Herons.',
        'Herons herons and more.',
        'Herons among many other birds of the shore.',
      ])
        await rag.add(caller, content);
      const hits = await rag.search.search(caller, 'herons', 2);
      expect(hits).toHaveLength(2);
      expect(hits[0]!.score).toBeGreaterThanOrEqual(hits[1]!.score);
      const all = await rag.search.search(caller, 'herons', 10);
      expect(all.slice(0, 2)).toEqual(hits);
    });

    it('finds only what the caller may read, with the level of each document', async () => {
      const owner = newReader();
      await rag.add(owner, 'Herons nest here.', { securityLevel: 'public' });
      await rag.add(owner, 'Herons sleep here.', { securityLevel: 'restricted' });
      await rag.add(owner, 'Herons eat here.', { securityLevel: 'public', visibility: 'private' });
      const contents = async (caller: typeof owner) =>
        (await rag.search.search(caller, 'herons', 5))
          .map(({ content, level }) => `${level} ${content}`)
          .sort();
      expect(await contents(owner)).toEqual([
        '0 Herons eat here.',
        '0 Herons nest here.',
        '3 Herons sleep here.',
      ]);
      expect(await contents(newReader({ org: owner.org, clearance: 'public' }))).toEqual([
        '0 Herons nest here.',
      ]);
      expect(await contents(newReader({ id: owner.id }))).toEqual([]);
    });

    it('reads chunks by their ids, those that the caller may read', async () => {
      const owner = newReader();
      await rag.add(owner, 'Storks nest here.', { securityLevel: 'public' });
      await rag.add(owner, 'Storks sleep here.', { securityLevel: 'restricted' });
      const hits = await rag.search.search(owner, 'storks', 5);
      const ids = hits.map(({ chunkId }) => chunkId);
      const read = async (caller: typeof owner) =>
        (await rag.search.read(caller, [...ids, newId()])).toSorted((one, other) => one.level - other.level);
      const chunks = hits.map(({ score: _score, ...chunk }) => chunk);
      expect(await read(owner)).toEqual(chunks.toSorted((one, other) => one.level - other.level));
      expect(await read(newReader({ org: owner.org, clearance: 'public' }))).toMatchObject([
        { content: 'Storks nest here.', level: 0 },
      ]);
      expect(await read(newReader({ id: owner.id }))).toEqual([]);
      expect(await rag.search.read(owner, [])).toEqual([]);
    });
  });
}
