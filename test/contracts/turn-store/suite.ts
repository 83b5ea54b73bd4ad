import type { Caller } from '../../../src/kernel/index.js';
import type { TurnEventLog } from '../../../src/log/index.js';
import type { Lease, NewTurn, QueuePlacement, TurnStore } from '../../../src/turn/ports/turn-store.js';
import { newUser } from '../../support/callers.js';
import { contextOf, newTurn, turnEnd } from '../../support/turns.js';

/** What the suite needs of an implementation. */
export interface TurnStoreUnderTest {
  /** Leases are given for three attempts. */
  readonly store: TurnStore;
  /** The log that the store's turns are written to. */
  readonly log: TurnEventLog;
  /** The same store with room for so many turns that wait. */
  bounded(maxQueuedTurns: number): TurnStore;
  /** A thread pinned to the first version of a workflow. */
  newThread(owner: Caller, workflow?: string): Promise<string>;
  /** The role and the turn of each message of the branch that ends in a turn, of the thread's head by default. */
  messagesOf(caller: Caller, threadId: string, branch?: string): Promise<readonly string[]>;
  /** Removes every thread there is. */
  removeThreads(): Promise<void>;
  /** Lets the lease of a turn run out. */
  lapse(turnId: string): Promise<void>;
  /** Makes the lease of a turn another process's. */
  giveAway(turnId: string): Promise<void>;
}

/** Whose threads they are. */
export const caller = newUser('line');
/** Behind what runs and waits. */
export const LINED_UP: QueuePlacement = { holdsThread: false, interrupts: false };
/** Where no other turn runs or waits. */
export const HOLDING: QueuePlacement = { holdsThread: true, interrupts: false };
/** In front of what waits, and instead of what runs. */
export const INTERRUPTING: QueuePlacement = { holdsThread: false, interrupts: true };

/** A store under test, and the ways its threads get turns that run or wait. */
export type TurnStoreSuite = ReturnType<typeof turnStoreSuite>;

/** What all suites of a turn store have in common. */
export function turnStoreSuite(setUp: () => Promise<TurnStoreUnderTest>) {
  let subject: TurnStoreUnderTest;
  beforeAll(async () => {
    subject = await setUp();
  });

  /** A thread whose first turn runs, and that turn's lease. */
  async function busyThread() {
    const threadId = await subject.newThread(caller);
    const turn = newTurn(caller, threadId);
    const acceptance = await subject.store.accept(turn);
    if (acceptance.kind !== 'accepted') throw new Error(acceptance.kind);
    return { threadId, lease: leaseOf(turn, acceptance.firstSeq) };
  }

  async function lineUp(threadId: string, place = LINED_UP): Promise<string> {
    const turn = newTurn(caller, threadId);
    expect((await subject.store.enqueue(turn, place)).kind).toBe('queued');
    return turn.turnId;
  }

  const end = (lease: Lease, outcome: 'cancelled' | 'interrupted' = 'cancelled') =>
    subject.store.finish(turnEnd(lease, outcome));

  return {
    get subject() {
      return subject;
    },
    get store() {
      return subject.store;
    },
    busyThread,
    lineUp,
    end,
  };
}

/** The siblings of a turn that has none but itself, as text. */
export function alone(turnId: string): string {
  return JSON.stringify({ index: 0, count: 1, turnIds: [turnId] });
}

/** The first lease of a turn, whose message is at `lastSeq`. */
export function leaseOf(turn: NewTurn, lastSeq: number): Lease {
  return { context: contextOf(turn), epoch: 1, lastSeq };
}
