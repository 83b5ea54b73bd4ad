export * as documentSql from './adapters/document-sql.js';
export { CheckCitations } from './app/check-citations.js';
export { RETRIEVER, type RetrievedPassage, type Retriever } from './ports/retriever.js';
export { RagModule } from './rag.module.js';
