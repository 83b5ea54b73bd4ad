import pg from 'pg';
import { freshDatabase, type FreshDatabase } from '../setup/test-database.js';
import { longText } from '../support/long-text.js';
import { untilTakenIn } from '../support/put-in.js';
import { startServerProcess, type ServerProcess } from '../support/server-process.js';
import { until } from '../support/until.js';

describe('a document whose process ends while it takes it in', () => {
  let database: FreshDatabase;
  let pool: pg.Pool;
  let server: ServerProcess;
  beforeEach(async () => {
    database = await freshDatabase();
    pool = new pg.Pool({ connectionString: database.connectionString, max: 1 });
  });
  afterEach(async () => {
    await server?.end('SIGKILL');
    await pool.end();
    await database.drop();
  });

  it.each(['SIGKILL', 'SIGTERM'] as const)(
    'by %s is ready after the next start, with exactly one set of passages',
    async (signal) => {
      const environment = { DATABASE_URL: database.connectionString };
      server = await startServerProcess(environment);
      const alice = await server.user();
      const content = longText(2_000_000, 2);
      const { status, body } = await alice.ask('POST', '/rag/documents', { title: 'Long', content });
      expect(status).toBe(202);
      const id: string = body.document.id;
      const written = async () => {
        const { rows } = await pool.query<{ count: number }>('SELECT count(*)::integer FROM rag_chunks');
        return rows[0]!.count;
      };
      await until(async () => (await written()) > 0);
      await server.end(signal);
      const before = await written();

      server = await startServerProcess(environment);
      const again = await server.user();
      const document = await untilTakenIn(again, id);

      expect(document).toMatchObject({ status: 'ready', error: null });
      expect(document.chunkCount).toBeGreaterThan(before);
      const { rows } = await pool.query(
        `SELECT count(*)::integer AS chunks, count(DISTINCT position)::integer AS places, max(position) + 1 AS last,
           (SELECT chunk_count::integer FROM rag_scopes) AS counted, (SELECT count(*)::integer FROM rag_ingestions) AS waiting,
           (SELECT term_count FROM rag_scopes) = (SELECT sum(frequency) FROM rag_terms) AS exact
         FROM rag_chunks`,
      );
      const { chunkCount } = document;
      expect(rows).toEqual(
        [...[{ chunks: chunkCount, places: chunkCount, last: chunkCount, counted: chunkCount }]].map(
          (row) => ({ ...row, waiting: 0, exact: true }),
        ),
      );
    },
    120_000,
  );
});
