import pg from 'pg';
import { newId, type Caller } from '../../src/kernel/index.js';
import { testDatabase } from '../setup/test-database.js';
import { ragOn } from '../support/rag.js';

let pool: pg.Pool;
let rag: ReturnType<typeof ragOn>;
const reader: Caller = {
  ...{ id: newId(), org: newId(), roles: ['user'], clearance: 'internal' },
  ...{ name: undefined, email: undefined },
};

beforeAll(async () => {
  pool = new pg.Pool(await testDatabase());
  rag = ragOn(pool);
});
afterAll(() => pool.end());

describe('the search of text without blanks', () => {
  it('in the middle of a long text without any blank finds its passage', async () => {
    const filler = Array.from({ length: 30_000 }, (_, index) =>
      String.fromCodePoint(0x4e00 + ((index * 7_919) % 900)),
    );
    const content = `${filler.slice(0, 15_000).join('')}鷺鷥在屋頂築巢${filler.slice(15_000).join('')}`;
    const { id, chunkCount } = await rag.add(reader, content);
    expect(chunkCount).toBeGreaterThan(20);
    const [first] = await rag.search.search(reader, '鷺鷥築巢', 10);
    expect(first).toMatchObject({
      documentId: id,
      content: expect.stringContaining('鷺鷥在屋頂築巢') as string,
    });
  });

  it('of a document that an earlier release has indexed finds it at once by its words, and by all of it soon', async () => {
    const { id } = await rag.add(reader, '項目計劃書 quarterly budget', { title: 'Old' });
    const chunks = await asIfIndexedBefore(id);
    const found = async (query: string) =>
      (await rag.search.search(reader, query, 10)).some(({ documentId }) => documentId === id);
    expect([await found('quarterly'), await found('計劃')]).toEqual([true, false]);

    await rag.renewAll();

    expect([await found('quarterly'), await found('計劃')]).toEqual([true, true]);
    const { rows } = await pool.query('SELECT id FROM rag_chunks WHERE document_id = $1', [id]);
    expect(rows.map((row: { id: string }) => row.id)).toEqual(chunks);
    expect(await sums()).toEqual(await countedSums());
  });
});

/** Its terms as they were before there were pairs. */
async function asIfIndexedBefore(id: string): Promise<string[]> {
  const { rows } = await pool.query<{ id: string; scope_id: number; content: string }>(
    'SELECT c.id, d.scope_id, c.content FROM rag_chunks c JOIN rag_documents d ON d.id = c.document_id WHERE d.id = $1',
    [id],
  );
  for (const chunk of rows) {
    await pool.query('DELETE FROM rag_terms WHERE chunk_id = $1', [chunk.id]);
    await pool.query(
      `INSERT INTO rag_terms SELECT $1, $2, cardinality(positions), 3, lexeme FROM unnest(to_tsvector('english', $3))`,
      [chunk.id, chunk.scope_id, chunk.content],
    );
  }
  await pool.query('UPDATE rag_documents SET index_version = 1 WHERE id = $1', [id]);
  await pool.query(
    `UPDATE rag_documents d SET term_count = (SELECT sum(frequency) FROM rag_terms t JOIN rag_chunks c ON c.id = t.chunk_id
       WHERE c.document_id = d.id) WHERE id = $1`,
    [id],
  );
  await pool.query(
    `UPDATE rag_scopes s SET term_count = (SELECT sum(frequency) FROM rag_terms t WHERE t.scope_id = s.id)
     WHERE org_id = $1`,
    [reader.org],
  );
  return rows.map((row) => row.id);
}

async function sums(): Promise<unknown> {
  const { rows } = await pool.query(
    `SELECT s.term_count::float8 AS scope, sum(d.term_count)::float8 AS documents FROM rag_scopes s
     JOIN rag_documents d ON d.scope_id = s.id WHERE s.org_id = $1 GROUP BY s.id`,
    [reader.org],
  );
  return rows[0];
}

async function countedSums(): Promise<unknown> {
  const { rows } = await pool.query<{ terms: number }>(
    `SELECT sum(frequency)::float8 AS terms FROM rag_terms t JOIN rag_scopes s ON s.id = t.scope_id WHERE s.org_id = $1`,
    [reader.org],
  );
  return { scope: rows[0]!.terms, documents: rows[0]!.terms };
}
