/** Injection token of the {@link MessageIndex}. */
export const MESSAGE_INDEX = Symbol('MessageIndex');

/** The index for searches in messages. Messages that are not indexed are searched as well, but slowly. */
export interface MessageIndex {
  /**
   * Indexes messages of some threads whose turns have ended, a bounded amount of text. Returns the number of threads: 0
   * when nothing is pending, or another process is indexing.
   */
  indexPending(): Promise<number>;
}
