import { newId, type Caller, type StepOutcome, type WorkflowState } from '../../../src/kernel/index.js';
import type { WorkflowRun } from '../../../src/workflow/core/run.js';
import type { StepRecord } from '../../../src/workflow/core/step-record.js';
import type { JournalWriter } from '../../../src/workflow/ports/run-journal.js';
import type { WorkflowRunStore } from '../../../src/workflow/ports/workflow-run-store.js';
import { newUser } from '../../support/callers.js';

/** What the suite needs of an implementation. */
export interface WorkflowRunStoreUnderTest {
  readonly store: WorkflowRunStore;
  /** Makes a thread that is pinned to version 1 of `guided-intake`. */
  newThread(owner: Caller): Promise<string>;
  /** Makes a turn that writes the log of its thread. */
  newWriter(threadId: string, place?: TurnPlace): Promise<JournalWriter>;
  /** Another process takes the turn over; answers the writer that it is then. */
  takeOver(writer: JournalWriter): Promise<JournalWriter>;
  /** The turn is complete, and has left the workflow there. */
  end(turnId: string, state: WorkflowState): Promise<void>;
  /** Shows another branch of the thread. */
  show(threadId: string, branch: number): Promise<void>;
}

/** Where a turn stands in the tree of its thread. */
export interface TurnPlace {
  readonly parent?: string;
  readonly branch?: number;
}

/** Where a run is after its first step. */
export const CLARIFY = { step: 'clarify', status: 'waiting', stepsDone: 1 } as const;

/** A store under test, with a new thread and its turns for each test. */
export type WorkflowRunSuite = ReturnType<typeof workflowRunSuite>;

/** What all suites of the runs of workflows have in common. */
export function workflowRunSuite(setUp: () => WorkflowRunStoreUnderTest) {
  const alice = newUser();
  let store: WorkflowRunStore;
  let threadId: string;
  beforeEach(async () => {
    ({ store } = setUp());
    threadId = await setUp().newThread(alice);
  });

  const newTurn = async () => (await setUp().newWriter(threadId)).turnId;
  const freshRun = (): WorkflowRun => ({
    id: newId(),
    threadId,
    workflow: 'guided-intake',
    version: 1,
    step: 'ask',
    status: 'waiting',
    stepsDone: 0,
    createdAt: '',
    updatedAt: '',
    endedAt: null,
  });
  const left = (content: string): StepRecord => ({
    content,
    provider: 'steady',
    model: 'two',
    step: 'ask',
    outcome: { finishReason: 'stop' } as unknown as StepOutcome,
  });
  /** The run that a turn finds, and whether it has begun it. */
  async function current(turnId: string) {
    const found = await store.current(threadId, freshRun(), turnId);
    if (found.is !== 'open') throw new Error('the turn has completed its step');
    return found;
  }

  return {
    alice,
    setUp,
    get store() {
      return store;
    },
    get threadId() {
      return threadId;
    },
    newTurn,
    freshRun,
    left,
    current,
  };
}
