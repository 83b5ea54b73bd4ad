import type { Caller } from '../../kernel/index.js';

/** Injection token of {@link StoredResults}. */
export const STORED_RESULTS = Symbol('StoredResults');

/** The results of calls as a thread has them, as a whole. */
export interface StoredResults {
  /**
   * `length` characters from `from` on of what came of a call, and how long that is; absent where the caller's thread has none
   * that the caller may read.
   */
  read(
    caller: Caller,
    threadId: string,
    callId: string,
    from: number,
    length: number,
  ): Promise<{ readonly content: string; readonly length: number } | undefined>;
}
