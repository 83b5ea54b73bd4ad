import pg from 'pg';
import { newId, type Caller } from '../../src/kernel/index.js';
import type { NewDocument } from '../../src/rag/ports/document-store.js';
import { testDatabase } from '../setup/test-database.js';
import { ragOn } from '../support/rag.js';

let pool: pg.Pool;
let rag: ReturnType<typeof ragOn>;
let store: typeof rag.store;
let search: typeof rag.search;

beforeAll(async () => {
  pool = new pg.Pool(await testDatabase());
  ({ store, search } = rag = ragOn(pool));
});

afterAll(() => pool.end());

function newCaller(): Caller {
  return {
    id: newId(),
    org: newId(),
    roles: ['user'],
    clearance: 'restricted',
    name: undefined,
    email: undefined,
  };
}

const add = (caller: Caller, content: string, given: Partial<NewDocument> = {}) =>
  rag.add(caller, content, given);

describe('the document store', () => {
  it('gives back what was put in, ready to be searched', async () => {
    const caller = newCaller();
    const added = await add(caller, 'A word about ünïcode.', {
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
    expect(await store.find(caller, added.id)).toEqual(added);
    expect(await store.list(caller, 10, undefined)).toEqual([added]);
  });

  it('keeps nothing of a document that could not be kept whole', async () => {
    const caller = newCaller();
    const { id } = await add(caller, 'First words.');
    await expect(add(caller, 'Second words.', { id })).rejects.toThrow();
    expect(await search.search(caller, 'words', 10)).toHaveLength(1);
    expect(await statistics(caller)).toEqual({ chunks: '1', terms: '3' });
  });

  it('counts every document that is put in and removed at the same time as others', async () => {
    const caller = newCaller();
    const documents = await Promise.all(
      Array.from({ length: 20 }, (_, index) => add(caller, `Number ${index}.`)),
    );
    const removals = documents
      .slice(0, 8)
      .flatMap(({ id }) => [store.remove(caller, id), store.remove(caller, id)]);
    const [outcomes] = await Promise.all([Promise.all(removals), add(caller, 'One more.')]);
    expect(outcomes.filter((outcome) => outcome === 'removed')).toHaveLength(8);
    expect((await statistics(caller)).chunks).toBe('13');
  });

  it('leaves no row of a removed document behind', async () => {
    const caller = newCaller();
    const { id } = await add(caller, 'Some words.\n\n'.repeat(300));
    const { rows: before } = await pool.query('SELECT id FROM rag_chunks WHERE document_id = $1', [id]);
    expect(before.length).toBeGreaterThan(1);
    expect(await store.remove(caller, id)).toBe('removed');
    expect(await search.search(caller, 'words', 10)).toEqual([]);
    await rag.tidy();
    const chunks = before.map((row: { id: string }) => row.id);
    const { rows: after } = await pool.query(
      `SELECT chunk_id AS id FROM rag_terms WHERE chunk_id = ANY ($1) UNION ALL
       SELECT id FROM rag_chunks WHERE document_id = $2`,
      [chunks, id],
    );
    expect(after).toEqual([]);
    expect(await statistics(caller)).toEqual({ chunks: '0', terms: '0' });
    expect(await search.search(caller, 'words', 10)).toEqual([]);
  });

  it('takes the longest names, words and texts it may get', async () => {
    const caller: Caller = { ...newCaller(), org: '組'.repeat(200) + newId(), id: '人'.repeat(255) };
    const words = [
      'w'.repeat(3_000),
      '字'.repeat(128),
      '字'.repeat(129),
      'http://example.org/' + 'p'.repeat(900),
      '😀'.repeat(900),
    ];
    const { id } = await add(caller, words.join(' '), { visibility: 'private', title: '題'.repeat(300) });
    const found = await search.search(caller, '字'.repeat(128), 10);
    expect(new Set(found.map(({ documentId }) => documentId))).toEqual(new Set([id]));
    const titled = await search.search(caller, '題'.repeat(300), 10);
    expect(new Set(titled.map(({ documentId }) => documentId))).toEqual(new Set([id]));
  });
});

describe('the search', () => {
  it('ranks by Okapi BM25 over title and content', async () => {
    const caller = newCaller();
    await add(caller, 'apples apples pears', { title: 'Fruit' });
    await add(caller, 'pears plums cherries grapes figs', { title: 'Fruit' });
    await add(caller, 'stones', { title: 'Apples' });
    const hits = await search.search(caller, 'apple', 10);
    const average = (4 + 6 + 2) / 3;
    const weight = Math.log(1 + (3 - 2 + 0.5) / (2 + 0.5));
    const bm25 = (frequency: number, length: number) =>
      (weight * frequency * 2.2) / (frequency + 1.2 * (0.25 + (0.75 * length) / average));
    expect(hits.map(({ title }) => title)).toEqual(['Fruit', 'Apples']);
    expect(hits[0]!.score).toBeCloseTo(bm25(2, 4), 10);
    expect(hits[1]!.score).toBeCloseTo(bm25(1, 2), 10);
  });

  it('finds any of the words, in whatever form, and the rarer first', async () => {
    const caller = newCaller();
    await add(caller, 'Running costs of the office.');
    await add(caller, 'The office is open.');
    await add(caller, 'Open the office windows.');
    const hits = await search.search(caller, 'What does it cost to run an office?', 10);
    expect(hits).toHaveLength(3);
    expect(hits[0]!.content).toBe('Running costs of the office.');
  });

  it('says where in its document a passage stands', async () => {
    const caller = newCaller();
    const content = `${'Filler about nothing. '.repeat(200)}\n\nThe 😀 needle is here.\n\n${'More filler. '.repeat(200)}`;
    await add(caller, content);
    const [hit] = await search.search(caller, 'needle', 1);
    expect(hit!.content).toContain('The 😀 needle is here.');
    expect(content.slice(hit!.offsets.start, hit!.offsets.end)).toBe(hit!.content);
  });

  it('narrows to documents, a source and a level', async () => {
    const caller = newCaller();
    const one = await add(caller, 'A shared word.', { source: 'wiki', securityLevel: 'public' });
    const two = await add(caller, 'A shared word.', { source: 'mail', securityLevel: 'public' });
    const three = await add(caller, 'A shared word.', { source: 'wiki', securityLevel: 'restricted' });
    const found = async (filter: Parameters<typeof search.search>[3]) =>
      (await search.search(caller, 'word', 10, filter)).map(({ documentId }) => documentId).sort();
    expect(await found({})).toEqual([one.id, two.id, three.id]);
    expect(await found({ documentIds: [two.id, newId()] })).toEqual([two.id]);
    expect(await found({ documentIds: [] })).toEqual([]);
    expect(await found({ source: 'wiki' })).toEqual([one.id, three.id]);
    expect(await found({ securityLevel: 'restricted' })).toEqual([three.id]);
    expect(await found({ source: 'mail', securityLevel: 'restricted' })).toEqual([]);
  });
});

async function statistics(caller: Caller): Promise<{ chunks: string; terms: string }> {
  const { rows } = await pool.query(
    'SELECT sum(chunk_count)::text AS chunks, sum(term_count)::text AS terms FROM rag_scopes WHERE org_id = $1',
    [caller.org],
  );
  return rows[0] as { chunks: string; terms: string };
}
