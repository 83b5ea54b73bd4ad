import { Module } from '@nestjs/common';
import { PostgresChunkSearch } from './adapters/postgres-chunk-search.js';
import { PostgresDocumentStore } from './adapters/postgres-document-store.js';
import { AddDocument } from './app/add-document.js';
import { CheckCitations } from './app/check-citations.js';
import { DeleteDocument } from './app/delete-document.js';
import { GetDocument } from './app/get-document.js';
import { ListDocuments } from './app/list-documents.js';
import { RetrievePassages } from './app/retrieve-passages.js';
import { SearchDocuments } from './app/search-documents.js';
import { RagController } from './http/rag.controller.js';
import { CHUNK_SEARCH } from './ports/chunk-search.js';
import { DOCUMENT_STORE } from './ports/document-store.js';
import { RETRIEVER } from './ports/retriever.js';

/** Documents, their search, and the retriever a workflow asks. Needs the global Database and configuration. */
@Module({
  controllers: [RagController],
  providers: [
    AddDocument,
    ListDocuments,
    GetDocument,
    DeleteDocument,
    CheckCitations,
    SearchDocuments,
    { provide: DOCUMENT_STORE, useClass: PostgresDocumentStore },
    { provide: CHUNK_SEARCH, useClass: PostgresChunkSearch },
    { provide: RETRIEVER, useClass: RetrievePassages },
  ],
  exports: [RETRIEVER, CheckCitations],
})
export class RagModule {}
