import type { Basis, Caller, Message, HistoryMessage, WithheldReason } from '../../kernel/index.js';

export interface MessagePage {
  readonly messages: readonly Message[];
  /** The position the next page begins behind, when there is one. */
  readonly next: number | undefined;
}

/** Injection token of the {@link MessageStore}. */
export const MESSAGE_STORE = Symbol('MessageStore');

/**
 * The messages of threads, read for their owner. Messages are written by turns. An answer that is drawn from documents
 * above the caller's clearance is `[withheld]` in whatever this answers, and so is, if the configuration says so, one whose
 * documents were deleted.
 */
export interface MessageStore {
  /** A page of the thread's messages; absent when the caller has no such thread. */
  page(
    caller: Caller,
    threadId: string,
    order: 'asc' | 'desc',
    limit: number,
    after: number | undefined,
  ): Promise<MessagePage | undefined>;
  /** The user's message and the answer of one turn. */
  ofTurn(caller: Caller, turnId: string): Promise<readonly Message[]>;
  /** Those of the caller's turns whose answers the caller may not read, and why. */
  withheldTurns(caller: Caller, turnIds: readonly string[]): Promise<ReadonlyMap<string, WithheldReason>>;
  /** Whether the message has said anything that counts by this event of its turn. */
  hasSpokenBy(caller: Caller, turnId: string, messageId: string, seq: number): Promise<boolean>;
  /** What was said in the caller's thread before the turn, oldest first, as far back as a prompt should reach. */
  historyBefore(caller: Caller, threadId: string, turnId: string): Promise<History>;
  /** What that was drawn from, as far as the caller may read it. */
  basisBefore(caller: Caller, threadId: string, turnId: string): Promise<Basis>;
}

/** What was said, and what those of it were drawn from that can be read. */
export interface History {
  readonly messages: readonly HistoryMessage[];
  readonly basis: Basis;
}
