export { CheckCitations } from './app/check-citations.js';
export { RETRIEVER, type Retriever } from './ports/retriever.js';
export { RagModule } from './rag.module.js';
