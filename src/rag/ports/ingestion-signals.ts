/** Injection token of the {@link IngestionSignals}. */
export const INGESTION_SIGNALS = Symbol('IngestionSignals');

/** Signals between processes about documents. A lost signal only causes a delay. */
export interface IngestionSignals {
  /** There may be a document to ingest or to remove. */
  onWork(wake: () => void): Promise<void>;
  /** The document was ingested or has failed; `undefined`: any document may have. */
  onEnded(ended: (documentId: string | undefined) => void): Promise<void>;
}
