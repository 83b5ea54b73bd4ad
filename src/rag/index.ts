export * as documentSql from './adapters/document-sql.js';
export { CheckCitations } from './app/check-citations.js';
export { ListDocuments } from './app/list-documents.js';
export { ReadDocument } from './app/read-document.js';
export { SEARCH_MODES, SearchDocuments } from './app/search-documents.js';
export { DOCUMENTS_OF_USER, type DocumentsOfUser } from './ports/documents-of-user.js';
export { RETRIEVER, type FoundPassage, type RetrievedPassage, type Retriever } from './ports/retriever.js';
export { RagModule } from './rag.module.js';
