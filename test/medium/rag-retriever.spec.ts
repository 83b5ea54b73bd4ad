import pg from 'pg';
import { newId, type Caller } from '../../src/kernel/index.js';
import { RetrievePassages } from '../../src/rag/app/retrieve-passages.js';
import { retrieverContract } from '../contracts/retriever.contract.js';
import { testDatabase } from '../setup/test-database.js';
import { ragOn } from '../support/rag.js';

let pool: pg.Pool;

beforeAll(async () => {
  pool = new pg.Pool(await testDatabase());
});

afterAll(() => pool.end());

retrieverContract('BM25 in Postgres', () => {
  const rag = ragOn(pool);
  return Promise.resolve({
    retriever: new RetrievePassages(rag.search),
    put: async (org, title, content) => {
      await rag.add(member(org), content, { title });
    },
    newCaller: () => member(newId()),
  });
});

function member(org: string): Caller {
  return { id: newId(), org, roles: ['user'], clearance: 'internal', name: undefined, email: undefined };
}
