import { Module, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Database, SEARCH_CONNECTIONS, SEARCH_DATABASE } from '../platform/database/index.js';
import { PostgresChunkSearch } from './adapters/postgres-chunk-search.js';
import { PostgresDocumentStore } from './adapters/postgres-document-store.js';
import { PostgresDocumentsOfUser } from './adapters/postgres-documents-of-user.js';
import { PostgresIndexUpkeep } from './adapters/postgres-index-upkeep.js';
import { PostgresIngestionSignals } from './adapters/postgres-ingestion-signals.js';
import { PostgresIngestionStore } from './adapters/postgres-ingestion-store.js';
import { AddDocument } from './app/add-document.js';
import { CheckCitations } from './app/check-citations.js';
import { DeleteDocument } from './app/delete-document.js';
import { IngestionWaiters } from './app/ingestion-waiters.js';
import { FairSearch } from './app/fair-search.js';
import { GetDocument } from './app/get-document.js';
import { IngestDocument } from './app/ingest-document.js';
import { IngestDocuments } from './app/ingest-documents.js';
import { ListDocuments } from './app/list-documents.js';
import { ReadDocument } from './app/read-document.js';
import { RetrievePassages } from './app/retrieve-passages.js';
import { SearchDocuments } from './app/search-documents.js';
import { TidyIndex } from './app/tidy-index.js';
import { RagController } from './http/rag.controller.js';
import { CHUNK_SEARCH } from './ports/chunk-search.js';
import { DOCUMENT_STORE } from './ports/document-store.js';
import { DOCUMENTS_OF_USER } from './ports/documents-of-user.js';
import { INDEX_UPKEEP } from './ports/index-upkeep.js';
import { INGESTION_SIGNALS } from './ports/ingestion-signals.js';
import { INGESTION_STORE } from './ports/ingestion-store.js';
import { RETRIEVER } from './ports/retriever.js';

/** Documents, their search, and the retriever for workflows. Needs the global databases and configuration. */
@Module({
  controllers: [RagController],
  providers: [
    AddDocument,
    ListDocuments,
    GetDocument,
    DeleteDocument,
    CheckCitations,
    ReadDocument,
    SearchDocuments,
    IngestionWaiters,
    IngestDocument,
    IngestDocuments,
    TidyIndex,
    { provide: INGESTION_STORE, useClass: PostgresIngestionStore },
    { provide: INGESTION_SIGNALS, useClass: PostgresIngestionSignals },
    { provide: INDEX_UPKEEP, useClass: PostgresIndexUpkeep },
    { provide: DOCUMENTS_OF_USER, useClass: PostgresDocumentsOfUser },
    { provide: DOCUMENT_STORE, useClass: PostgresDocumentStore },
    {
      provide: CHUNK_SEARCH,
      inject: [SEARCH_DATABASE],
      useFactory: (database: Database) =>
        new FairSearch(new PostgresChunkSearch(database), SEARCH_CONNECTIONS),
    },
    { provide: RETRIEVER, useClass: RetrievePassages },
  ],
  exports: [DOCUMENTS_OF_USER, RETRIEVER, CheckCitations, ListDocuments, ReadDocument, SearchDocuments],
})
export class RagModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(private readonly ingest: IngestDocuments) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.ingest.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.ingest.stop();
  }
}
