import type { Basis, Caller, Message, HistoryMessage, WithheldReason } from '../../kernel/index.js';

/** Where a page of messages begins: behind a message, or, where no part is named, behind all of one position. */
export interface MessagePosition {
  readonly position: number;
  readonly part?: number | undefined;
}

export interface MessagePage {
  readonly messages: readonly Message[];
  /** The number of the branch that they are of. It stays the same while turns follow each other, and the first one's is 0. */
  readonly branch: number;
  /** Where the next page begins, if there is one. */
  readonly next: MessagePosition | undefined;
}

/** Injection token of the {@link MessageStore}. */
export const MESSAGE_STORE = Symbol('MessageStore');

/**
 * The messages of threads, read for their owner. Messages are written by turns. An answer based on documents above the
 * caller's clearance is returned as `[withheld]`, and so is, if configured, one whose documents were deleted.
 */
export interface MessageStore {
  /**
   * A page of the messages up to a turn and of the turns that it goes back to: the thread's head when none is named. Absent
   * when the caller has no such thread, or the thread no such turn.
   */
  page(
    caller: Caller,
    threadId: string,
    order: 'asc' | 'desc',
    limit: number,
    after: MessagePosition | undefined,
    branch?: string,
  ): Promise<MessagePage | undefined>;
  /** The user's message of one turn, and everything else that it said, in order. */
  ofTurn(caller: Caller, turnId: string): Promise<readonly Message[]>;
  /** Those of the caller's turns whose answers the caller may not read, and the reasons. */
  withheldTurns(caller: Caller, turnIds: readonly string[]): Promise<ReadonlyMap<string, WithheldReason>>;
  /** Whether the message has any text, not discarded by a reset, as of this event of its turn. */
  hasSpokenBy(caller: Caller, turnId: string, messageId: string, seq: number): Promise<boolean>;
  /** The messages of the turn's branch before the turn, oldest first, as far back as a prompt should reach. */
  historyBefore(caller: Caller, threadId: string, turnId: string): Promise<History>;
  /**
   * A part of what came of a call in the caller's thread, `length` characters from `from` on; of several calls with that
   * name the newest one's. Absent where there is none that the caller may read.
   */
  resultOf(
    caller: Caller,
    threadId: string,
    callId: string,
    from: number,
    length: number,
  ): Promise<ResultPart | undefined>;
  /** What those messages are based on, as far as the caller may read it. */
  basisBefore(caller: Caller, threadId: string, turnId: string): Promise<Basis>;
}

/** A part of a call's result, and the length of the whole in characters. */
export interface ResultPart {
  readonly content: string;
  readonly length: number;
}

/** The messages, and what the readable ones are based on. */
export interface History {
  readonly messages: readonly HistoryMessage[];
  readonly basis: Basis;
}
