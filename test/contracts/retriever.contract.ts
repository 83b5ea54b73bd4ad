import type { Caller } from '../../src/kernel/index.js';
import type { Retriever } from '../../src/rag/index.js';

export interface RetrieverUnderTest {
  readonly retriever: Retriever;
  /** Lets the retriever find a text, for those of the org who are cleared for internal matters. */
  readonly put: (org: string, title: string, content: string) => Promise<void>;
  /** A caller of an org that nobody else uses, cleared for internal matters. */
  readonly newCaller: () => Caller;
}

/** What `Retriever` promises, whoever implements it. */
export function retrieverContract(name: string, setUp: () => Promise<RetrieverUnderTest>): void {
  describe(`${name} as a retriever`, () => {
    it('finds nothing where there is nothing', async () => {
      const { retriever, newCaller } = await setUp();
      expect(await retriever.retrieve(newCaller(), 'anything at all', 5)).toEqual([]);
    });

    it('numbers what it finds in the order of its rank', async () => {
      const { retriever, put, newCaller } = await setUp();
      const caller = newCaller();
      await put(caller.org, 'Leave', 'Employees have thirty days of paid vacation every year.');
      await put(caller.org, 'Vacation', 'Vacation is asked for in writing. Unused vacation is lost.');
      await put(caller.org, 'Canteen', 'Lunch is served at noon.');
      const passages = await retriever.retrieve(caller, 'How is vacation asked for?', 5);
      expect(passages.map(({ marker, title }) => [marker, title])).toEqual([
        ['[1]', 'Vacation'],
        ['[2]', 'Leave'],
      ]);
      expect(passages[0]!.score).toBeGreaterThan(passages[1]!.score);
      expect(passages[0]!.content).toContain('asked for in writing');
    });

    it('gives no more than it was asked for', async () => {
      const { retriever, put, newCaller } = await setUp();
      const caller = newCaller();
      for (const room of ['north', 'south', 'west'])
        await put(caller.org, room, `The ${room} room has a projector.`);
      expect(await retriever.retrieve(caller, 'projector', 2)).toHaveLength(2);
    });

    it('reads again what was found, as it was numbered, for whoever may read it then', async () => {
      const { retriever, put, newCaller } = await setUp();
      const caller = newCaller();
      for (const room of ['north', 'south']) await put(caller.org, room, `The ${room} room has a projector.`);
      const passages = await retriever.retrieve(caller, 'projector', 2);
      const found = passages.map(({ content: _content, ...passage }) => passage);
      expect(await retriever.reread(caller, found)).toEqual(passages);
      expect(await retriever.reread(caller, found.slice(1))).toEqual(passages.slice(1));
      expect(await retriever.reread(caller, [])).toEqual([]);
      expect(await retriever.reread(newCaller(), found)).toEqual([]);
      expect(await retriever.reread({ ...caller, clearance: 'public' }, found)).toEqual([]);
    });

    it('finds nothing of another org', async () => {
      const { retriever, put, newCaller } = await setUp();
      await put(newCaller().org, 'Secret', 'The launch code is kept in the safe.');
      expect(await retriever.retrieve(newCaller(), 'launch code', 5)).toEqual([]);
    });

    it('takes any text for a query', async () => {
      const { retriever, put, newCaller } = await setUp();
      const caller = newCaller();
      await put(caller.org, 'Words', 'Ordinary words.');
      const queries = [
        '',
        ' ',
        '\0',
        '\ud83d',
        "'\\",
        ':* & | !',
        'the of and',
        '<b>',
        'x'.repeat(100_000),
        '𝕨'.repeat(1_001),
      ];
      for (const query of queries) expect(await retriever.retrieve(caller, query, 5)).toEqual([]);
      expect(await retriever.retrieve(caller, `words ${'filler '.repeat(10_000)}`, 5)).toHaveLength(1);
    });
  });
}
