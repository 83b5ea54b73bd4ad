/** Injection token of the {@link IngestionSignals}. */
export const INGESTION_SIGNALS = Symbol('IngestionSignals');

/** What processes tell each other of documents. A lost signal costs time, nothing else. */
export interface IngestionSignals {
  /** There may be something to take in or to clear away. */
  onWork(wake: () => void): Promise<void>;
  /** The document has been taken in or has failed; `undefined`: any may have. */
  onEnded(ended: (documentId: string | undefined) => void): Promise<void>;
}
