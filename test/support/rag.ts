import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'pg';
import { newId, type Caller } from '../../src/kernel/index.js';
import { Database } from '../../src/platform/database/index.js';
import { PostgresChunkSearch } from '../../src/rag/adapters/postgres-chunk-search.js';
import { PostgresDocumentStore } from '../../src/rag/adapters/postgres-document-store.js';
import { PostgresIndexUpkeep } from '../../src/rag/adapters/postgres-index-upkeep.js';
import { PostgresIngestionStore } from '../../src/rag/adapters/postgres-ingestion-store.js';
import { IngestDocument } from '../../src/rag/app/ingest-document.js';
import { TidyIndex } from '../../src/rag/app/tidy-index.js';
import type { RagDocument } from '../../src/rag/core/document.js';
import type { ChunkSearch } from '../../src/rag/ports/chunk-search.js';
import type { DocumentStore, NewDocument } from '../../src/rag/ports/document-store.js';
import type { IndexUpkeep } from '../../src/rag/ports/index-upkeep.js';
import type { IngestionStore } from '../../src/rag/ports/ingestion-store.js';

const TIMEOUT_MS = 60_000;
const POLL_MS = 10;

/** The ports of one implementation: what is put in by one is seen by the others. */
export interface Rag {
  readonly store: DocumentStore;
  readonly queue: IngestionStore;
  readonly upkeep: IndexUpkeep;
  readonly search: ChunkSearch;
  readonly ingest: IngestDocument;
  /** Takes in whatever waits, this document among it. */
  takeIn(caller: Caller, id: string): Promise<RagDocument>;
  /** Puts in a document that waits to be taken in. */
  post(caller: Caller, content: string, given?: Partial<NewDocument>): Promise<RagDocument>;
  /** Puts in a document, and waits until it is ready or has failed. */
  add(caller: Caller, content: string, given?: Partial<NewDocument>): Promise<RagDocument>;
  /** Indexes anew what an earlier version has indexed. */
  renewAll(): Promise<void>;
  /** Clears away what removed documents have left. */
  tidy(): Promise<void>;
}

/** Documents and their search over the pool, without a server. */
export function ragOn(pool: Pool): Rag {
  const database = new Database(pool);
  const store = new PostgresDocumentStore(database, database);
  const queue = new PostgresIngestionStore(database);
  const upkeep = new PostgresIndexUpkeep(database);
  const ingest = new IngestDocument(queue);

  async function takeIn(caller: Caller, id: string): Promise<RagDocument> {
    for (const deadline = performance.now() + TIMEOUT_MS; performance.now() < deadline;) {
      const claimed = await queue.claim();
      if (claimed !== undefined) await ingest.ingest(claimed, new AbortController().signal);
      const document = await store.find(caller, id);
      if (document === undefined || !['queued', 'processing'].includes(document.status)) return document!;
      if (claimed === undefined) await sleep(POLL_MS);
    }
    throw new Error(`the document ${id} was not taken in`);
  }

  return {
    store,
    queue,
    upkeep,
    ingest,
    search: new PostgresChunkSearch(database),
    takeIn,
    post: (caller: Caller, content: string, given: Partial<NewDocument> = {}) =>
      store.add(caller, documentOf(content, given), () => undefined),
    async add(caller: Caller, content: string, given: Partial<NewDocument> = {}): Promise<RagDocument> {
      const { id } = await store.add(caller, documentOf(content, given), () => undefined);
      return takeIn(caller, id);
    },
    async renewAll(): Promise<void> {
      const tidy = new TidyIndex(upkeep);
      tidy.wake(new AbortController().signal);
      await tidy.idle();
    },
    async tidy(): Promise<void> {
      while (await upkeep.removeSome());
    },
  };
}

function documentOf(content: string, given: Partial<NewDocument>): NewDocument {
  return {
    id: newId(),
    title: 'Untitled',
    source: undefined,
    contentType: 'text/plain',
    content,
    bytes: Buffer.byteLength(content),
    securityLevel: 'internal',
    visibility: 'org',
    metadata: {},
    ...given,
  };
}

/** Somebody of an organisation that nobody else is in, cleared for everything, unless it is given otherwise. */
export function newReader(given: Partial<Caller> = {}): Caller {
  const everyone = { roles: ['user'], clearance: 'restricted', name: undefined, email: undefined } as const;
  return { id: newId(), org: newId(), ...everyone, ...given };
}
