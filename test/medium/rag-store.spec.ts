import pg from 'pg';
import type { Caller } from '../../src/kernel/index.js';
import { Database } from '../../src/platform/database/index.js';
import { PostgresDocumentsOfUser } from '../../src/rag/adapters/postgres-documents-of-user.js';
import type { NewDocument } from '../../src/rag/ports/document-store.js';
import { describeChunkSearch } from '../contracts/chunk-search.contract.js';
import { describeDocumentStore } from '../contracts/document-store.contract.js';
import { describeDocumentsOfUser } from '../contracts/documents-of-user.contract.js';
import { describeIndexUpkeep } from '../contracts/index-upkeep.contract.js';
import { freshDatabase, type FreshDatabase } from '../setup/test-database.js';
import { newReader, ragOn, type Rag } from '../support/rag.js';

let fresh: FreshDatabase;
let pool: pg.Pool;
let rag: Rag;
let store: Rag['store'];
let search: Rag['search'];

beforeAll(async () => {
  // Of their own: what waits and what is to be tidied is asked of the whole database.
  fresh = await freshDatabase();
  pool = new pg.Pool({ connectionString: fresh.connectionString });
  ({ store, search } = rag = ragOn(pool));
});

afterAll(async () => {
  await pool.end();
  await fresh.drop();
});

const add = (caller: Caller, content: string, given: Partial<NewDocument> = {}) =>
  rag.add(caller, content, given);

describe('documents in Postgres', () => {
  it('keeps nothing of a document that could not be kept whole', async () => {
    const caller = newReader();
    const { id } = await add(caller, 'First words.');
    await expect(add(caller, 'Second words.', { id })).rejects.toThrow();
    expect(await search.search(caller, 'words', 10)).toHaveLength(1);
    expect(await statistics(caller)).toEqual({ chunks: '1', terms: '3' });
  });

  it('counts every document that is put in and removed at the same time as others', async () => {
    const caller = newReader();
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
    const caller = newReader();
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
});

describeDocumentStore('Postgres', () => Promise.resolve(rag));
describeChunkSearch('BM25 in Postgres', () => Promise.resolve(rag));
describeDocumentsOfUser('Postgres', () =>
  Promise.resolve({ ...rag, documents: new PostgresDocumentsOfUser(new Database(pool)) }),
);
describeIndexUpkeep('Postgres', () =>
  Promise.resolve({
    ...rag,
    outdate: async (id) =>
      void (await pool.query('UPDATE rag_documents SET index_version = 1 WHERE id = $1', [id])),
  }),
);

async function statistics(caller: Caller): Promise<{ chunks: string; terms: string }> {
  const { rows } = await pool.query(
    'SELECT sum(chunk_count)::text AS chunks, sum(term_count)::text AS terms FROM rag_scopes WHERE org_id = $1',
    [caller.org],
  );
  return rows[0] as { chunks: string; terms: string };
}
