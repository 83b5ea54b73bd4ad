import { newId, type Caller, type CompletedStep, type StepOutcome } from '../../src/kernel/index.js';
import type { WorkflowRun } from '../../src/workflow/core/run.js';
import type { WorkflowRunStore } from '../../src/workflow/ports/workflow-run-store.js';
import { newUser } from '../support/callers.js';

export interface WorkflowRunStoreUnderTest {
  readonly store: WorkflowRunStore;
  /** Makes a thread that is pinned to version 1 of `guided-intake`. */
  newThread(owner: Caller): Promise<string>;
  newTurn(threadId: string): Promise<string>;
}

const CLARIFY = { step: 'clarify', status: 'waiting', stepsDone: 1 } as const;

/** Holds an implementation to every promise of {@link WorkflowRunStore}. */
export function describeWorkflowRunStore(name: string, setUp: () => WorkflowRunStoreUnderTest): void {
  describe(`the runs of workflows in ${name}`, () => {
    const alice = newUser();
    let store: WorkflowRunStore;
    let threadId: string;
    beforeEach(async () => {
      ({ store } = setUp());
      threadId = await setUp().newThread(alice);
    });

    const newTurn = () => setUp().newTurn(threadId);
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
    const left = (content: string): CompletedStep => ({
      content,
      provider: 'steady',
      model: 'two',
      step: 'ask',
      outcome: { finishReason: 'stop' } as unknown as StepOutcome,
    });
    /** The run that a turn finds, and whether it has begun it. */
    async function current(turnId: string) {
      const found = await store.current(threadId, freshRun(), turnId);
      if (found.left !== undefined) throw new Error('the turn has completed its step');
      return found;
    }

    it('begin with the first turn that asks, which is told so as often as it asks', async () => {
      const [first, second] = [await newTurn(), await newTurn()];
      const begun = await current(first);
      expect(begun).toMatchObject({
        isBegun: true,
        run: { threadId, step: 'ask', status: 'waiting', stepsDone: 0 },
      });
      expect(await current(first)).toEqual(begun);
      expect(await current(second)).toEqual({ ...begun, isBegun: false });
    });

    it('move on with what the step has left, for the turn that completed it and for nobody else', async () => {
      const [first, second] = [await newTurn(), await newTurn()];
      const { run } = await current(first);
      expect(await store.completedBy(first)).toBeUndefined();
      await store.advance(run, CLARIFY, first, left('“é\u2028\\"” 😀'));
      expect(await store.completedBy(first)).toEqual(left('“é\u2028\\"” 😀'));
      expect(await store.current(threadId, freshRun(), first)).toEqual({ left: left('“é\u2028\\"” 😀') });
      expect(await store.completedBy(second)).toBeUndefined();
      expect((await current(second)).run).toMatchObject({ id: run.id, ...CLARIFY, endedAt: null });
    });

    it('are begun anew after the last step', async () => {
      const [first, second] = [await newTurn(), await newTurn()];
      const { run } = await current(first);
      await store.advance(run, { step: 'ask', status: 'completed', stepsDone: 1 }, first, left('done'));
      expect(await store.find(alice, run.id)).toMatchObject({
        status: 'completed',
        endedAt: expect.any(String) as string,
      });
      const next = await current(second);
      expect(next).toMatchObject({ isBegun: true, run: { step: 'ask', stepsDone: 0 } });
      expect(next.run.id).not.toBe(run.id);
    });

    it('are moved by a turn once, however often and however far ahead it is told', async () => {
      const turnId = await newTurn();
      const { run } = await current(turnId);
      await store.advance(run, CLARIFY, turnId, left('first'));
      await store.advance(run, CLARIFY, turnId, left('again'));
      await store.advance(
        { ...run, ...CLARIFY },
        { step: 'summarise', status: 'waiting', stepsDone: 2 },
        turnId,
        left('ahead'),
      );
      expect(await store.find(alice, run.id)).toMatchObject(CLARIFY);
      expect(await store.completedBy(turnId)).toEqual(left('first'));
    });

    it('stay as they are when they are elsewhere by now, and nothing is kept', async () => {
      const [turnId, late] = [await newTurn(), await newTurn()];
      const { run } = await current(turnId);
      await store.advance(run, CLARIFY, turnId, left('first'));
      await store.advance(run, CLARIFY, late, left('late'));
      expect(await store.completedBy(late)).toBeUndefined();
      expect(await store.find(alice, run.id)).toMatchObject(CLARIFY);
    });

    it('are shown to the owner of their thread and to nobody else', async () => {
      expect(await store.ofThread(alice, threadId)).toEqual({
        workflow: 'guided-intake',
        version: 1,
        run: null,
      });
      const { run } = await current(await newTurn());
      expect(await store.find(alice, run.id)).toEqual(run);
      expect(await store.ofThread(alice, threadId)).toEqual({ workflow: 'guided-intake', version: 1, run });
      for (const other of [newUser(), { ...alice, org: 'other' }]) {
        expect(await store.find(other, run.id)).toBeUndefined();
        expect(await store.ofThread(other, threadId)).toBeUndefined();
      }
      expect(await store.find(alice, newId())).toBeUndefined();
      expect(await store.ofThread(alice, newId())).toBeUndefined();
    });
  });
}
