import type { Caller } from '../../kernel/index.js';

/** The execution of a turn, which may write until another one has begun. */
export interface PartWriter {
  readonly threadId: string;
  readonly turnId: string;
  readonly epoch: number;
}

/** A content of a call's result that is stored beside the message. */
export interface NewPart {
  readonly id: string;
  readonly mediaType: string;
  /** A text, or bytes in Base64. */
  readonly content: { readonly text: string } | { readonly data: string };
  /** It is the text of the whole result. */
  readonly isWholeText?: true;
}

/** A stored content, and its bytes piece by piece: each is read when it is asked for. */
export interface ServedPart {
  readonly mediaType: string;
  readonly size: number;
  readonly pieces: () => AsyncGenerator<Uint8Array, void>;
}

/** Injection token of {@link ResultParts}. */
export const RESULT_PARTS = Symbol('ResultParts');

/**
 * What of the results of calls is served by reference. It is deleted with its thread, and read by those alone who may read
 * the message with the result, once that is stored.
 */
export interface ResultParts {
  /**
   * Stores the contents of one call's result in place of what an earlier execution has stored of it. `false`, and nothing is
   * stored, where the turn would have more than `maxBytes`. Throws a `LeaseLostError` when the epoch has passed. Storing goes
   * on for half a minute while the database is away.
   */
  keep(writer: PartWriter, callId: string, parts: readonly NewPart[], maxBytes: number): Promise<boolean>;
  open(caller: Caller, threadId: string, id: string): Promise<ServedPart | undefined>;
}
