import type { Caller } from '../../kernel/index.js';
import type { StoredContent } from '../core/result-plan.js';

/** The execution of a turn, which may write until another one has begun. */
export interface CallWriter {
  readonly threadId: string;
  readonly turnId: string;
  readonly epoch: number;
}

/** Where a content is served, and how many bytes it has. */
export interface ContentReference {
  readonly url: string;
  readonly size: number;
}

/** Bytes that are stored of the results of one turn, at most. */
export const MAX_STORED_BYTES = 128_000_000;

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
  /**
   * Stores what is served of a call's result, in place of what an earlier execution has stored of it, and answers where, in
   * the same order. It is served once the message with the result is stored, and deleted with its thread. Absent, and nothing
   * stored, where the turn would have more than {@link MAX_STORED_BYTES}. Throws a `LeaseLostError` when the epoch has passed.
   */
  keep(
    writer: CallWriter,
    callId: string,
    contents: readonly StoredContent[],
  ): Promise<readonly ContentReference[] | undefined>;
  /**
   * A content that is served at an address, in Base64; absent where it is longer than `maxBytes`, or nothing of the caller's
   * thread that the caller may read.
   */
  contentAt(caller: Caller, threadId: string, url: string, maxBytes: number): Promise<string | undefined>;
}
