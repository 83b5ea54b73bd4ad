import { Logger } from '@nestjs/common';
import pg from 'pg';
import { newId, type Caller } from '../../src/kernel/index.js';
import { Listener } from '../../src/platform/database/index.js';
import { PostgresIngestionSignals } from '../../src/rag/adapters/postgres-ingestion-signals.js';
import { chunk } from '../../src/rag/core/chunk.js';
import { searchText } from '../../src/rag/core/search-text.js';
import type { ClaimedIngestion } from '../../src/rag/ports/ingestion-store.js';
import { describeIngestionSignals } from '../contracts/ingestion-signals.contract.js';
import { describeIngestionStore } from '../contracts/ingestion-store.contract.js';
import { freshDatabase, type FreshDatabase } from '../setup/test-database.js';
import { ragOn } from '../support/rag.js';

const LONG = Array.from({ length: 4_000 }, (_, index) => `Sentence ${index} speaks of herons.`).join(' ');
const CHUNKS = chunk(LONG, 'text/plain').length;
const never = new AbortController().signal;

let database: FreshDatabase;
let pool: pg.Pool;
let rag: ReturnType<typeof ragOn>;

// Whoever else takes documents in would take these.
beforeEach(async () => {
  database = await freshDatabase();
  pool = new pg.Pool(database);
  rag = ragOn(pool);
});
afterEach(async () => {
  await pool.end();
  await database.drop();
});

function newCaller(given: Partial<Caller> = {}): Caller {
  const everyone = { roles: ['user'], clearance: 'internal', name: undefined, email: undefined } as const;
  return { id: newId(), org: newId(), ...everyone, ...given };
}

/** Writes the first so many chunks, as a process does that dies then. */
async function begin(claimed: ClaimedIngestion, count: number): Promise<boolean> {
  const chunks = chunk(LONG, 'text/plain').slice(0, count);
  return rag.queue.write(
    claimed,
    chunks.map((each, position) => ({ ...each, position, text: searchText(`Untitled\n${each.content}`) })),
  );
}

const diesNow = () => pool.query(`UPDATE rag_ingestions SET lease_until = now() - interval '1 second'`);

/** What there is of a caller's documents: rows, and the sums that are kept of them. */
async function stored(caller: Caller): Promise<Record<string, number>> {
  const { rows } = await pool.query<Record<string, number>>(
    `SELECT count(*)::float8 AS chunks, count(DISTINCT (c.document_id, c.position))::float8 AS places,
       (SELECT count(*)::float8 FROM rag_terms t JOIN rag_scopes s ON s.id = t.scope_id WHERE s.org_id = $1) AS rows,
       (SELECT COALESCE(sum(t.frequency), 0)::float8 FROM rag_terms t JOIN rag_scopes s ON s.id = t.scope_id WHERE s.org_id = $1)
         AS terms,
       (SELECT COALESCE(sum(chunk_count), 0)::float8 FROM rag_scopes WHERE org_id = $1) AS "keptChunks",
       (SELECT COALESCE(sum(term_count), 0)::float8 FROM rag_scopes WHERE org_id = $1) AS "keptTerms"
     FROM rag_chunks c WHERE EXISTS (SELECT FROM rag_terms t JOIN rag_scopes s ON s.id = t.scope_id
       WHERE t.chunk_id = c.id AND s.org_id = $1)`,
    [caller.org],
  );
  return rows[0]!;
}

describeIngestionStore('Postgres', () => ({
  ...rag,
  lapse: async () => void (await diesNow()),
  outdate: async () => void (await pool.query('UPDATE rag_ingestions SET index_version = 99')),
}));

describe('its signals', () => {
  const opened: Listener[] = [];
  beforeAll(() => Logger.overrideLogger(false));
  afterEach(() => Promise.all(opened.splice(0).map((listener) => listener.close())));
  afterAll(() => Logger.overrideLogger(['log', 'error', 'warn']));

  describeIngestionSignals('NOTIFY', () => ({
    ...rag,
    listen() {
      const listener = new Listener(database.connectionString);
      opened.push(listener);
      return new PostgresIngestionSignals(listener);
    },
    cut: async () =>
      void (await pool.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE application_name = 'threadline-listener' AND datname = current_database()`,
      )),
  }));
});

describe('a document that is put in', () => {
  it('waits, is taken in, and is found as a whole when it is ready and not before', async () => {
    const caller = newCaller();
    const posted = await rag.post(caller, LONG);
    expect(posted).toMatchObject({ status: 'queued', chunkCount: 0, error: null });
    const claimed = (await rag.queue.claim())!;
    expect(await rag.store.find(caller, posted.id)).toMatchObject({ status: 'processing', chunkCount: 0 });
    await begin(claimed, CHUNKS - 1);
    expect(await rag.search.search(caller, 'herons', 10)).toEqual([]);
    expect(await stored(caller)).toMatchObject({ keptChunks: 0, keptTerms: 0 });

    await rag.ingest.ingest({ ...claimed, written: CHUNKS - 1 }, never);

    expect(await rag.store.find(caller, posted.id)).toMatchObject({ status: 'ready', chunkCount: CHUNKS });
    expect(await rag.search.search(caller, 'herons', 10)).toHaveLength(10);
  });

  it('moves no score of what is ready while it is being taken in or cleared away', async () => {
    const caller = newCaller();
    await rag.add(caller, 'Herons nest here.');
    const before = await rag.search.search(caller, 'herons speak', 10);
    const { id } = await rag.post(caller, LONG);
    const claimed = (await rag.queue.claim())!;
    await begin(claimed, 50);
    expect(await rag.search.search(caller, 'herons speak', 10)).toEqual(before);
    await rag.ingest.ingest({ ...claimed, written: 50 }, never);
    expect(await rag.search.search(caller, 'herons speak', 10)).not.toEqual(before);
    await rag.store.remove(caller, id);
    expect(await rag.search.search(caller, 'herons speak', 10)).toEqual(before);
  });

  it('is taken up where its process died, and has one set of passages in the end', async () => {
    const caller = newCaller();
    const { id } = await rag.post(caller, LONG);
    await begin((await rag.queue.claim())!, 70);
    await diesNow();

    expect(await rag.takeIn(caller, id)).toMatchObject({ status: 'ready', chunkCount: CHUNKS });

    const { chunks, places, terms, keptChunks, keptTerms } = await stored(caller);
    expect({ chunks, places, keptChunks, keptTerms }).toEqual({
      ...{ chunks: CHUNKS, places: CHUNKS, keptChunks: CHUNKS },
      keptTerms: terms,
    });
  });

  it('is written by nobody who has lost it to another process', async () => {
    const caller = newCaller();
    const { id } = await rag.post(caller, LONG);
    const first = (await rag.queue.claim())!;
    await diesNow();
    const second = (await rag.queue.claim())!;
    expect(second).toMatchObject({ documentId: id, attempts: 2 });
    expect(await begin(first, 10)).toBe(false);
    expect(await rag.queue.finish(first)).toBe(false);
    expect(await rag.queue.fail(first, { ...FAILURE })).toBe(false);
    await rag.ingest.ingest(second, never);
    expect(await stored(caller)).toMatchObject({ chunks: CHUNKS, places: CHUNKS });
  });

  it('is begun anew when another version has written of it, without what that one wrote', async () => {
    const caller = newCaller();
    const { id } = await rag.post(caller, LONG);
    await begin((await rag.queue.claim())!, 40);
    await pool.query('UPDATE rag_ingestions SET index_version = 99');
    await diesNow();
    expect(await rag.takeIn(caller, id)).toMatchObject({ status: 'ready', chunkCount: CHUNKS });
    const { terms, ...rest } = await stored(caller);
    expect(rest).toMatchObject({ chunks: CHUNKS, places: CHUNKS, keptTerms: terms });
  });

  it('fails in words when process after process has died over it, and leaves nothing to be found', async () => {
    const caller = newCaller();
    const { id } = await rag.post(caller, LONG);
    await begin((await rag.queue.claim())!, 30);
    for (let deaths = 0; deaths < 3; deaths += 1) {
      await diesNow();
      expect(await rag.queue.claim()).toMatchObject({ documentId: id, attempts: deaths + 1 });
    }
    await diesNow();
    const failed = await rag.takeIn(caller, id);
    expect(failed).toMatchObject({
      status: 'failed',
      error: { code: 'INTERNAL', message: expect.stringContaining('could not be taken in') as string },
    });
    expect(await rag.search.search(caller, 'herons', 10)).toEqual([]);
    await rag.tidy();
    expect(await stored(caller)).toMatchObject({ rows: 0, keptChunks: 0 });
    expect(await rag.store.find(caller, id)).toEqual(failed);
  });

  it('fails with the reason when it is what cannot be taken in', async () => {
    const caller = newCaller();
    const failed = await rag.add(caller, 'x'.repeat(1_200 * 20_000));
    expect(failed).toMatchObject({
      status: 'failed',
      error: { code: 'PAYLOAD_TOO_LARGE', retryable: false },
    });
  });

  it('can be deleted while it waits and while it is taken in, and comes back from neither', async () => {
    const caller = newCaller();
    const waiting = await rag.post(caller, LONG);
    expect(await rag.store.remove(caller, waiting.id)).toBe('removed');
    expect(await rag.queue.claim()).toBeUndefined();
    const { id } = await rag.post(caller, LONG);
    const claimed = (await rag.queue.claim())!;
    await begin(claimed, 20);
    expect(await rag.store.remove(caller, id)).toBe('removed');
    expect(await begin(claimed, 20)).toBe(false);
    await rag.ingest.ingest({ ...claimed, written: 20 }, never);
    expect(await rag.store.find(caller, id)).toBeUndefined();
    await rag.tidy();
    expect(await stored(caller)).toMatchObject({ rows: 0, keptChunks: 0, keptTerms: 0 });
  });
});

describe('documents of several users', () => {});

describe('the sums of what was put in', () => {});

const FAILURE = { error: '', message: '', code: 'INTERNAL', retryable: false, details: {} } as const;
