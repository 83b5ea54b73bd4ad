/** There is something to do: a document to take in, or one to clear away. */
export const INGESTION_CHANNEL = 'rag_ingestion';

/** A document has been taken in, or has failed; the payload is its id. */
export const INGESTED_CHANNEL = 'rag_ingested';
