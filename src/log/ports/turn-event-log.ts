import type { LoggedEvent } from '../core/logged-event.js';

/** A writer's next events. They follow `fromSeq` without a gap and belong to one turn. */
export interface AppendRequest {
  readonly threadId: string;
  readonly turnId: string;
  /** The fencing token of the lease the writer holds. */
  readonly epoch: number;
  /** Where the thread's log must end at present. */
  readonly fromSeq: number;
  readonly events: readonly LoggedEvent[];
}

export interface LogPage {
  readonly events: readonly LoggedEvent[];
  /** Whether more may follow right now. */
  readonly more: boolean;
  /**
   * Whether compaction has merged the first event with some at or before `after`: a reader that has those would receive
   * their text twice.
   */
  readonly startsInside: boolean;
}

/** Injection token of the {@link TurnEventLog}. */
export const TURN_EVENT_LOG = Symbol('TurnEventLog');

/**
 * The log of what happened in every turn: one gap-free sequence a thread. What every implementation promises,
 * and `test/contracts/turn-event-log.contract.ts` holds it to:
 *
 * - `append` takes each request whole or not at all, and answers with the turns whose request it took. It
 *   refuses a writer whose epoch has passed, and one that does not continue where the log ends.
 * - A request that was taken before, and whose answer was lost, is taken again without writing anything.
 * - What `append` has confirmed can be read by every process.
 * - `read` answers events in order, the first one after `after`, at most `limit` and about 64 kB a page, with their data
 *   unchanged. It never hides that compaction has passed `after`.
 * - `onAppended` only wakes, and wakes may be lost or doubled: whoever is woken reads by cursor. What its own process appends
 *   wakes nobody.
 */
export interface TurnEventLog {
  append(requests: readonly AppendRequest[]): Promise<ReadonlySet<string>>;
  read(threadId: string, after: number, limit: number): Promise<LogPage>;
  /** Where each thread's log ends; a thread that does not exist is absent. */
  heads(threadIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Calls back with the thread whose log another process has appended to, or with `undefined` when it may be any. */
  onAppended(wake: (threadId: string | undefined) => void): Promise<void>;
}
