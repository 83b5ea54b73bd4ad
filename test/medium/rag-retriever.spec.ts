import pg from 'pg';
import { newId, type Caller } from '../../src/kernel/index.js';
import { Database } from '../../src/platform/database/index.js';
import { PostgresChunkSearch } from '../../src/rag/adapters/postgres-chunk-search.js';
import { PostgresDocumentStore } from '../../src/rag/adapters/postgres-document-store.js';
import { AddDocument } from '../../src/rag/app/add-document.js';
import { RetrievePassages } from '../../src/rag/app/retrieve-passages.js';
import { retrieverContract } from '../contracts/retriever.contract.js';
import { testDatabase } from '../setup/test-database.js';

let pool: pg.Pool;

beforeAll(async () => {
  pool = new pg.Pool(await testDatabase());
});

afterAll(() => pool.end());

retrieverContract('BM25 in Postgres', () => {
  const database = new Database(pool);
  const documents = new AddDocument(new PostgresDocumentStore(database), { MAX_DOCUMENT_BYTES: 100_000 });
  return Promise.resolve({
    retriever: new RetrievePassages(new PostgresChunkSearch(database)),
    put: async (org, title, content) => {
      await documents.add(member(org), { title, content });
    },
    newCaller: () => member(newId()),
  });
});

function member(org: string): Caller {
  return { id: newId(), org, roles: ['user'], clearance: 'internal', name: undefined, email: undefined };
}
