import type { Caller, Message } from '../../kernel/index.js';

export interface MessagePage {
  readonly messages: readonly Message[];
  /** The position the next page begins behind, when there is one. */
  readonly next: number | undefined;
}

/** Injection token of the {@link MessageStore}. */
export const MESSAGE_STORE = Symbol('MessageStore');

/** The messages of threads, read for their owner. Messages are written by turns. */
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
  /** What was said in the thread before the turn, oldest first, as far back as a prompt should reach. */
  historyBefore(threadId: string, turnId: string): Promise<readonly Spoken[]>;
}

export interface Spoken {
  readonly role: 'user' | 'assistant';
  readonly content: string;
}
