import type { Caller, ErrorBody, Message, TurnOutcome } from '../../kernel/index.js';
import type { LoggedEvent } from '../core/logged-event.js';
import type { Turn } from '../core/turn.js';
import type { TurnContext, TurnRequest } from './turn-executor.js';

/** A message that asks for a turn. Ids are made by the caller so that its event can be encoded beforehand. */
export interface NewTurn {
  readonly caller: Caller;
  readonly turnId: string;
  readonly userMessage: Message;
  /** The message is in the thread already: an earlier turn was to answer it, and did not. */
  readonly isAskedAgain: boolean;
  /** ISO 8601 UTC with milliseconds. */
  readonly acceptedAt: string;
  readonly assistantMessageId: string;
  readonly request: TurnRequest;
  /** The thread's title, if it has none yet. */
  readonly title: string;
  readonly idempotency: { readonly key: string; readonly hash: Buffer } | undefined;
  /** `message_saved`, as JSON text. */
  readonly savedEvent: string;
  readonly owner: string;
}

export type Acceptance =
  /** The message is stored and this process holds the turn's lease. */
  | { readonly kind: 'accepted'; readonly turn: Turn; readonly firstSeq: number }
  /** The same request came before; this is its turn. */
  | { readonly kind: 'repeated'; readonly turn: Turn; readonly firstSeq: number }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'busy'; readonly turnId: string | undefined }
  | { readonly kind: 'not_found' };

/** A turn whose lease this process holds: what is needed to write on. */
export interface Lease {
  readonly context: TurnContext;
  readonly epoch: number;
  readonly lastSeq: number;
}

/** A lease taken over from a process that is gone. */
export interface ExpiredTurn extends Lease {
  /** The sequence of the turn's first event. */
  readonly firstSeq: number;
  readonly cancelRequested: boolean;
}

/** How a turn ended, with its last events. Written in one statement or not at all. */
export interface TurnEnd {
  readonly context: TurnContext;
  readonly epoch: number;
  readonly fromSeq: number;
  readonly events: readonly LoggedEvent[];
  readonly outcome: TurnOutcome;
  readonly error: ErrorBody | null;
  readonly workflowRunId: string | null;
  readonly message: Pick<
    Message,
    'content' | 'status' | 'provider' | 'model' | 'usage' | 'citations' | 'toolCalls' | 'step'
  >;
}

/** Injection token of the {@link TurnStore}. */
export const TURN_STORE = Symbol('TurnStore');

/**
 * Turns and their leases. Whoever holds a turn's lease and newest epoch is its one writer; a write with an
 * older epoch changes nothing and answers `false`. Ownership is part of every question asked for a caller.
 */
export interface TurnStore {
  /** Claims the idempotency key, stores the message and starts the turn, in one statement. */
  accept(turn: NewTurn): Promise<Acceptance>;
  find(caller: Caller, threadId: string, turnId: string): Promise<Turn | undefined>;
  /** The last turn that a user's message started, and the sequence of its first event. */
  findByMessage(
    caller: Caller,
    userMessageId: string,
  ): Promise<{ readonly turn: Turn; readonly firstSeq: number } | undefined>;
  /** Marks a running turn as to be cancelled and tells every process; answers the turn as it now is. */
  requestCancel(caller: Caller, threadId: string, turnId: string): Promise<Turn | undefined>;
  /** Stores the end of a turn. `false`: the lease has passed to another process. */
  finish(end: TurnEnd): Promise<boolean>;
  /** Extends the leases this process holds; answers those of the turns that somebody wants cancelled. */
  extendLeases(owner: string, turnIds: readonly string[]): Promise<readonly string[]>;
  /** Takes over turns whose lease has run out, a few at a time. */
  takeExpired(owner: string): Promise<readonly ExpiredTurn[]>;
  /** Lets every lease run out now: only for a process that knows itself alone with the database. */
  expireAllLeases(): Promise<void>;
  /** Forgets idempotency keys that have outlived their day. */
  sweep(): Promise<void>;
}
