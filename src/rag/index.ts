export * as documentSql from './adapters/document-sql.js';
export { CheckCitations } from './app/check-citations.js';
export { DOCUMENTS_OF_USER, type DocumentsOfUser } from './ports/documents-of-user.js';
export { RETRIEVER, type FoundPassage, type RetrievedPassage, type Retriever } from './ports/retriever.js';
export { RagModule } from './rag.module.js';
