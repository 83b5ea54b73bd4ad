/** There is a document to ingest, or one to remove. */
export const INGESTION_CHANNEL = 'rag_ingestion';

/** A document was ingested, or has failed; the payload is its id. */
export const INGESTED_CHANNEL = 'rag_ingested';
