/** The log cannot go on from a cursor: compaction has made the event at it and later ones one. A snapshot stands for them. */
export class CompactedCursorError extends Error {
  override readonly name = 'CompactedCursorError';

  constructor(readonly cursor: number) {
    super(`the log has been compacted past ${cursor}`);
  }
}
