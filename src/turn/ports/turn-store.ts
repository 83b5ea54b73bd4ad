import type {
  Basis,
  Caller,
  ErrorBody,
  Message,
  ProviderMetadata,
  RequestedInput,
  Siblings,
  TurnOutcome,
  TurnRequest,
  UnplacedMessage,
  WorkflowState,
} from '../../kernel/index.js';
import type { LoggedEvent } from '../../log/index.js';
import type { Turn } from '../core/turn.js';
import type { FoundAlong, PinnedWorkflow, TurnContext } from './turn-executor.js';

/** A message to accept and its turn. The caller makes the ids, so that the event can be encoded beforehand. */
export interface NewTurn {
  readonly caller: Caller;
  readonly turnId: string;
  readonly userMessage: UnplacedMessage;
  /** The turn to follow, `null` for none; the thread's head by default. */
  readonly after?: string | null | undefined;
  /** The message is stored already: an earlier turn failed to answer it. */
  readonly isRetry: boolean;
  /** ISO 8601 UTC with milliseconds. */
  readonly acceptedAt: string;
  readonly assistantMessageId: string;
  readonly request: TurnRequest;
  /** The title for a thread that has none yet. */
  readonly title: string;
  readonly idempotency: { readonly key: string; readonly hash: Buffer } | undefined;
  /**
   * `message_saved`, as JSON text: all of a message that is in the thread already, and otherwise up to where its turn stands
   * in the thread's tree, which the store adds with the end.
   */
  readonly savedEvent: string;
}

/** A turn that was stored, and what was not known of it before. */
export interface StoredTurn {
  readonly turn: Turn;
  readonly firstSeq: number;
  readonly siblings: Siblings;
  readonly workflow: PinnedWorkflow;
  /** The whole of {@link NewTurn.savedEvent}, as it is logged. */
  readonly savedEvent: string;
}

export type Acceptance =
  /** The message is stored and this process holds the turn's lease. */
  | ({ readonly kind: 'accepted'; readonly along?: FoundAlong | undefined } & StoredTurn)
  /** The message is stored and its turn waits; its first event will have this sequence or a later one. */
  | ({ readonly kind: 'queued' } & StoredTurn)
  /** A repetition of an earlier request; this is its turn. */
  | { readonly kind: 'repeated'; readonly turn: Turn; readonly firstSeq: number }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'busy'; readonly turnId: string | undefined }
  /** The limit of queued turns is reached, for this thread or in total. */
  | { readonly kind: 'full'; readonly limit: number }
  | { readonly kind: 'not_found'; readonly what: 'thread' | 'turn' };

/** How a turn is put into its thread's queue. */
export interface QueuePlacement {
  /** Waits for a process only: refused as busy when the thread has any other active or queued turn. */
  readonly holdsThread: boolean;
  /** Stops the running turn, and comes next. */
  readonly interrupts: boolean;
}

/** Why a turn has to stop: it was cancelled, or interrupted by another message. */
export type StopReason = 'cancelled' | 'interrupted';

/** A turn whose lease this process holds, with what is needed to write its events. */
export interface Lease {
  readonly context: TurnContext;
  readonly epoch: number;
  readonly lastSeq: number;
  readonly along?: FoundAlong | undefined;
}

/**
 * Owners that may begin no turn in this process now: users as `org`, a line feed and their id, and whole organisations.
 */
export interface OwnersAtCapacity {
  readonly users: readonly string[];
  readonly orgs: readonly string[];
}

/** A queued turn that has begun: its first event is written. */
export interface ClaimedTurn extends Lease {
  readonly savedEvent: LoggedEvent;
  readonly stop: StopReason | undefined;
}

/** A turn claimed from a process that died, or that released it. */
export interface ExpiredTurn extends Lease {
  /** The sequence of the turn's first event. */
  readonly firstSeq: number;
  readonly attempt: number;
  readonly stop: StopReason | undefined;
  readonly wasReleased: boolean;
  /** It has waited, and what it asked for was resolved. */
  readonly isResuming: boolean;
  /** `false`: it is to be ended, because it was stopped or has been begun as often as it may. */
  readonly runsAgain: boolean;
}

/** The result of storing a turn's end. */
export interface FinishedTurn {
  /** `false`: the lease has passed to another process. */
  readonly isStored: boolean;
  /** The next turn in the thread's queue. */
  readonly nextId: string | undefined;
}

/** What a heartbeat reports about the turns of this process. */
export interface LeaseReport {
  readonly stopped: readonly { readonly turnId: string; readonly reason: StopReason }[];
  /** Turns that belong to another process now. */
  readonly lost: readonly string[];
}

/** Events that are stored along with something else of their turn, in one statement or not at all. */
export interface EventsAlong {
  readonly context: TurnContext;
  readonly epoch: number;
  readonly fromSeq: number;
  readonly events: readonly LoggedEvent[];
}

/** What is stored of an answer when it is complete. */
export interface AnswerEnd {
  /** `undefined`: it is stored already. */
  readonly messageId: string | undefined;
  readonly message: Pick<
    Message,
    'content' | 'status' | 'provider' | 'model' | 'usage' | 'citations' | 'toolCalls' | 'step'
  >;
  /** What the message is based on; `undefined`: unknown. */
  readonly basis?: Basis | undefined;
}

/** How a turn ended, with its last events and the message that answers it. */
export interface TurnEnd extends EventsAlong, AnswerEnd {
  readonly outcome: TurnOutcome;
  readonly error: ErrorBody | null;
  readonly workflowRunId: string | null;
  /** `undefined`: as it was before. */
  readonly workflowState?: WorkflowState | undefined;
  /** Inputs are open that nobody needs to answer any more. */
  readonly closesInputs: boolean;
}

/** A message is complete, and its turn goes on. */
export interface MessageDone extends EventsAlong, AnswerEnd {
  /** What its provider wants back with its calls. */
  readonly metadata?: ProviderMetadata | undefined;
}

/** A further message of a turn: an answer that begins, or what came of a call. */
export interface MessageBegun extends EventsAlong {
  /** A message of the turn that is there. */
  readonly besideId: string;
  readonly message: Pick<Message, 'id' | 'content' | 'status'> & {
    readonly role: 'assistant' | 'tool';
    readonly toolCallId: string | null;
    /** Of what came of a call. */
    readonly parts?: Message['parts'];
    readonly createdAt: string;
  };
}

/** A turn that waits, with the events that say for what. */
export interface TurnWait extends EventsAlong {
  readonly inputs: readonly RequestedInput[];
  readonly workflowRunId: string | null;
  readonly workflowState?: WorkflowState | undefined;
}

/** What came of suspending a turn. `stopped`: it waits, and somebody wanted it to end meanwhile. */
export type Suspension = 'waiting' | 'stopped' | 'lost';

/** Injection token of the {@link TurnStore}. */
export const TURN_STORE = Symbol('TurnStore');

/**
 * Turns and their leases. The holder of a turn's lease and newest epoch is its only writer; a write with an older epoch
 * changes nothing and reports so. Ownership is part of every query made for a caller.
 */
export interface TurnStore {
  /**
   * Claims the idempotency key, stores the message and starts the turn under this process's lease: the thread's head from
   * then on. One statement, or, when it says what it follows, a transaction. Who is refused changes nothing. Throws
   * `STATE_CONFLICT` where it would begin a branch behind too many others.
   */
  accept(turn: NewTurn): Promise<Acceptance>;
  /** The same for a turn that has to wait in the queue. */
  enqueue(turn: NewTurn, place: QueuePlacement): Promise<Acceptance>;
  /**
   * Begins a queued turn, if no turn of its thread is running, none is ahead of it and its owner is not in `without`:
   * this process then holds its lease.
   */
  claim(turnId: string, without?: OwnersAtCapacity): Promise<ClaimedTurn | undefined>;
  /** The same for the oldest turns that can begin, `limit` at most. */
  claimWaiting(limit: number, without?: OwnersAtCapacity): Promise<readonly ClaimedTurn[]>;
  find(caller: Caller, threadId: string, turnId: string): Promise<Turn | undefined>;
  /** The last turn that was started for a user's message, and the sequence of its first event. */
  findByMessage(
    caller: Caller,
    userMessageId: string,
  ): Promise<{ readonly turn: Turn; readonly firstSeq: number } | undefined>;
  /** Marks a turn as to be cancelled and notifies every process; returns the updated turn. */
  requestCancel(caller: Caller, threadId: string, turnId: string): Promise<Turn | undefined>;
  /** The same for every running or queued turn of a thread. */
  requestCancelAll(
    caller: Caller,
    threadId: string,
  ): Promise<readonly { readonly id: string; readonly isQueued: boolean }[]>;
  /**
   * Ends the turns that were stopped in the queue of a thread whose turn waits for a person, and returns their events, which
   * come in between those of that turn. None where it does not wait, or is to end itself: theirs follow its own.
   */
  endStopped(threadId: string): Promise<readonly LoggedEvent[]>;
  /** Stores a message that is complete while its turn goes on. `false`: the lease has passed to another process. */
  endMessage(done: MessageDone): Promise<boolean>;
  /** Stores a further message; an answer is the turn's from here on. `false`: the lease has passed to another process. */
  beginMessage(begun: MessageBegun): Promise<boolean>;
  /** Stores what a turn waits for, and lets go of it: it has no lease until every input is closed, or somebody stops it. */
  suspend(wait: TurnWait): Promise<Suspension>;
  /** Stores the end of a turn. */
  finish(end: TurnEnd): Promise<FinishedTurn>;
  /** Extends the leases this process holds. */
  extendLeases(turnIds: readonly string[]): Promise<LeaseReport>;
  /** Releases a turn, for another process to claim. `false`: this process does not hold it. */
  release(lease: Lease): Promise<boolean>;
  /** Claims turns whose lease has expired, `limit` at most. */
  claimExpired(limit: number): Promise<readonly ExpiredTurn[]>;
  /** The same for one turn. */
  claimExpiredTurn(turnId: string): Promise<ExpiredTurn | undefined>;
  /** Takes over one turn that was stopped, from whoever has it, to end it: also one that waits, which nobody has. */
  claimStoppedTurn(turnId: string): Promise<ExpiredTurn | undefined>;
  /** Lets every lease run out now: only for a process that knows itself alone with the database. */
  expireAllLeases(): Promise<void>;
  /** Deletes idempotency keys older than a day, `limit` at most; returns how many. */
  forgetKeys(limit: number): Promise<number>;
}
