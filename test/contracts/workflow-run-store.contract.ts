import {
  LeaseLostError,
  newId,
  type Caller,
  type StepOutcome,
  type WorkflowState,
} from '../../src/kernel/index.js';
import type { WorkflowRun } from '../../src/workflow/core/run.js';
import type { StepRecord } from '../../src/workflow/core/step-record.js';
import type { JournalWriter } from '../../src/workflow/ports/run-journal.js';
import type { WorkflowRunStore } from '../../src/workflow/ports/workflow-run-store.js';
import { newUser } from '../support/callers.js';

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

    it('are begun once, although two processes run their first turn at the same instant', async () => {
      for (let round = 0; round < 10; round += 1) {
        const own = await setUp().newThread(alice);
        const writer = await setUp().newWriter(own);
        const fresh = { ...freshRun(), id: writer.turnId, threadId: own };
        const begin = async () => {
          const found = await store.current(own, fresh, writer.turnId);
          if (found.is === 'open') return found.run.id;
          return (await store.begin(writer, { run: fresh, entered: [] }, true)).run.id;
        };
        expect(await Promise.all([begin(), begin()])).toEqual([writer.turnId, writer.turnId]);
      }
    });

    it('move on with what the step has left, for the turn that completed it and for nobody else', async () => {
      const [first, second] = [await newTurn(), await newTurn()];
      const { run } = await current(first);
      expect(await store.completedBy(first)).toBeUndefined();
      await store.advance(run, CLARIFY, first, left('“é\u2028\\"” 😀'));
      expect(await store.completedBy(first)).toEqual(left('“é\u2028\\"” 😀'));
      expect(await store.current(threadId, freshRun(), first)).toEqual({
        is: 'left',
        left: left('“é\u2028\\"” 😀'),
      });
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

    describe('in a turn of several steps', () => {
      const within = (content: string): StepRecord => ({ ...left(content), opening: [] });
      const SUMMARISE = { step: 'summarise', status: 'waiting', stepsDone: 2 } as const;

      it('move on, and the turn has what each step has left', async () => {
        const writer = await setUp().newWriter(threadId);
        const { run } = await current(writer.turnId);
        expect(await store.stepsOf(writer.turnId)).toEqual([]);
        await store.advanceWithin(run, CLARIFY, writer, within('“é\u2028\\"” 😀'));
        await store.advanceWithin({ ...run, ...CLARIFY }, SUMMARISE, writer, within('second'));
        expect(await store.stepsOf(writer.turnId)).toEqual([within('“é\u2028\\"” 😀'), within('second')]);
        expect(await store.completedBy(writer.turnId)).toBeUndefined();
        const { run: moved, isBegun } = await current(writer.turnId);
        expect({ ...moved, isBegun }).toMatchObject({ id: run.id, ...SUMMARISE, isBegun: true });
        expect(await store.stepsOf(await newTurn())).toEqual([]);
      });

      it('move once, however often they are told, and not from where they are not', async () => {
        const writer = await setUp().newWriter(threadId);
        const { run } = await current(writer.turnId);
        await Promise.all([1, 2, 3].map(() => store.advanceWithin(run, CLARIFY, writer, within('first'))));
        await store.advanceWithin(run, CLARIFY, writer, within('late'));
        expect(await store.stepsOf(writer.turnId)).toEqual([within('first')]);
        const elsewhere = store.advanceWithin({ ...run, ...SUMMARISE }, CLARIFY, writer, within('never'));
        await expect(elsewhere).rejects.toThrow(/not at step/);
        expect((await store.find(alice, run.id))?.step).toBe('clarify');
      });

      it('move for nobody whose epoch has passed', async () => {
        const writer = await setUp().newWriter(threadId);
        const { run } = await current(writer.turnId);
        const next = await setUp().takeOver(writer);
        const late = store.advanceWithin(run, CLARIFY, writer, within('late'));
        await expect(late).rejects.toBeInstanceOf(LeaseLostError);
        expect(await store.stepsOf(writer.turnId)).toEqual([]);
        await store.advanceWithin(run, CLARIFY, next, within('own'));
        expect(await store.stepsOf(writer.turnId)).toEqual([within('own')]);
      });

      it('have in the order of the steps what many of them have left', async () => {
        const writer = await setUp().newWriter(threadId);
        const { run } = await current(writer.turnId);
        for (let stepsDone = 0; stepsDone < 12; stepsDone += 1) {
          const to = { step: 'ask', status: 'waiting', stepsDone: stepsDone + 1 } as const;
          await store.advanceWithin({ ...run, stepsDone }, to, writer, within(`Step ${stepsDone}`));
        }
        const contents = (await store.stepsOf(writer.turnId)).map(({ content }) => content);
        expect(contents).toEqual(Array.from({ length: 12 }, (_, at) => `Step ${at}`));
      });

      it('keep what people have entered, by either way on, until something else was entered', async () => {
        const writer = await setUp().newWriter(threadId);
        const { run, entered } = await current(writer.turnId);
        expect(entered).toEqual([]);
        const first = [{ step: 'ask', stepsDone: 0, content: { text: '“é\u2028\\"” 😀' } }];
        await store.advanceWithin(run, { ...CLARIFY, entered: first }, writer, within('first'));
        expect((await current(writer.turnId)).entered).toEqual(first);
        const moved = { ...run, ...CLARIFY };
        await store.advanceWithin(moved, SUMMARISE, writer, within('second'));
        expect((await current(writer.turnId)).entered).toEqual(first);
        const both = [...first, { step: 'summarise', stepsDone: 2, content: 2 }];
        const to = { step: 'ask', status: 'waiting', stepsDone: 3, entered: both } as const;
        await store.advance({ ...run, ...SUMMARISE }, to, writer.turnId, left('third'));
        expect((await current(await newTurn())).entered).toEqual(both);
      });
    });

    describe('of a branch', () => {
      /** A turn that has moved the run of the first branch, and one that begins another behind it. */
      async function branched() {
        const { turnId: parent } = await setUp().newWriter(threadId);
        const { run } = await current(parent);
        await store.advance(run, CLARIFY, parent, left('first'));
        const state = { runId: run.id, ...CLARIFY };
        await setUp().end(parent, state);
        const writer = await setUp().newWriter(threadId, { parent, branch: 1 });
        return { run, state, writer };
      }

      it('are nowhere at first, where the turns before have moved another one', async () => {
        const { run, state, writer } = await branched();
        expect(await store.current(threadId, freshRun(), writer.turnId)).toEqual({ is: 'nowhere' });
        expect(await store.before(writer.turnId)).toEqual({
          run: { ...run, ...CLARIFY, updatedAt: expect.any(String) as string },
          entered: [],
          state,
          step: null,
        });
      });

      it('have nothing before them where no turn has moved any', async () => {
        const { turnId: parent } = await setUp().newWriter(threadId);
        const { turnId } = await setUp().newWriter(threadId, { parent });
        expect(await store.before(parent)).toBeUndefined();
        expect(await store.before(turnId)).toBeUndefined();
        const beside = await setUp().newWriter(threadId, { branch: 1 });
        expect(await current(beside.turnId)).toMatchObject({ isBegun: true, run: { step: 'ask' } });
      });

      it('begin once, and go on apart from those of others', async () => {
        const { run, writer } = await branched();
        const entered = [{ step: 'ask', stepsDone: 0, content: { a: 1 } }];
        const next = { run: { ...freshRun(), ...CLARIFY }, entered };
        const begun = await store.begin(writer, next, false);
        expect(begun).toMatchObject({
          run: { id: next.run.id, threadId, ...CLARIFY },
          entered,
          isBegun: false,
        });
        expect(await store.begin(writer, { run: freshRun(), entered: [] }, true)).toEqual(begun);
        expect(await current(writer.turnId)).toEqual({ is: 'open', ...begun });
        expect((await current(await newTurn())).run.id).toBe(run.id);
        const follower = await setUp().newWriter(threadId, { parent: writer.turnId, branch: 1 });
        expect((await current(follower.turnId)).run.id).toBe(next.run.id);
      });

      it('are those of the turn that begins one, which is told so as often as it asks', async () => {
        const { writer } = await branched();
        expect(await store.begin(writer, { run: freshRun(), entered: [] }, true)).toMatchObject({
          isBegun: true,
        });
        expect((await current(writer.turnId)).isBegun).toBe(true);
      });

      it('begin for nobody whose epoch has passed', async () => {
        const { writer } = await branched();
        await setUp().takeOver(writer);
        const late = store.begin(writer, { run: freshRun(), entered: [] }, true);
        await expect(late).rejects.toBeInstanceOf(LeaseLostError);
        expect(await store.current(threadId, freshRun(), writer.turnId)).toEqual({ is: 'nowhere' });
      });

      it('are shown where their branch is', async () => {
        const { run, writer } = await branched();
        const { run: other } = await store.begin(writer, { run: freshRun(), entered: [] }, true);
        expect((await store.ofThread(alice, threadId))?.run?.id).toBe(run.id);
        await setUp().show(threadId, 1);
        expect((await store.ofThread(alice, threadId))?.run?.id).toBe(other.id);
        await setUp().show(threadId, 2);
        expect((await store.ofThread(alice, threadId))?.run).toBeNull();
      });
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
