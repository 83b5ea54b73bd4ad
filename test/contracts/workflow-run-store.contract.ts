import { LeaseLostError, newId } from '../../src/kernel/index.js';
import type { StepRecord } from '../../src/workflow/core/step-record.js';
import { newUser } from '../support/callers.js';
import { describeRunsOfBranches } from './workflow-run-store/branches.js';
import { CLARIFY, workflowRunSuite, type WorkflowRunStoreUnderTest } from './workflow-run-store/suite.js';

/** Holds an implementation to every promise of the port `WorkflowRunStore`. */
export function describeWorkflowRunStore(name: string, setUp: () => WorkflowRunStoreUnderTest): void {
  describe(`the runs of workflows in ${name}`, () => {
    const on = workflowRunSuite(setUp);
    const { alice, newTurn, freshRun, left, current } = on;

    it('begin with the first turn that asks, which is told so as often as it asks', async () => {
      const [first, second] = [await newTurn(), await newTurn()];
      const begun = await current(first);
      expect(begun).toMatchObject({
        isBegun: true,
        run: { threadId: on.threadId, step: 'ask', status: 'waiting', stepsDone: 0 },
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
          const found = await on.store.current(own, fresh, writer.turnId);
          if (found.is === 'open') return found.run.id;
          return (await on.store.begin(writer, { run: fresh, entered: [] }, true)).run.id;
        };
        expect(await Promise.all([begin(), begin()])).toEqual([writer.turnId, writer.turnId]);
      }
    });

    it('move on with what the step has left, for the turn that completed it and for nobody else', async () => {
      const [first, second] = [await newTurn(), await newTurn()];
      const { run } = await current(first);
      expect(await on.store.completedBy(first)).toBeUndefined();
      await on.store.advance(run, CLARIFY, first, left('“é\u2028\\"” 😀'));
      expect(await on.store.completedBy(first)).toEqual(left('“é\u2028\\"” 😀'));
      expect(await on.store.current(on.threadId, freshRun(), first)).toEqual({
        is: 'left',
        left: left('“é\u2028\\"” 😀'),
      });
      expect(await on.store.completedBy(second)).toBeUndefined();
      expect((await current(second)).run).toMatchObject({ id: run.id, ...CLARIFY, endedAt: null });
    });

    it('are begun anew after the last step', async () => {
      const [first, second] = [await newTurn(), await newTurn()];
      const { run } = await current(first);
      await on.store.advance(run, { step: 'ask', status: 'completed', stepsDone: 1 }, first, left('done'));
      expect(await on.store.find(alice, run.id)).toMatchObject({
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
      await on.store.advance(run, CLARIFY, turnId, left('first'));
      await on.store.advance(run, CLARIFY, turnId, left('again'));
      await on.store.advance(
        { ...run, ...CLARIFY },
        { step: 'summarise', status: 'waiting', stepsDone: 2 },
        turnId,
        left('ahead'),
      );
      expect(await on.store.find(alice, run.id)).toMatchObject(CLARIFY);
      expect(await on.store.completedBy(turnId)).toEqual(left('first'));
    });

    it('stay as they are when they are elsewhere by now, and nothing is kept', async () => {
      const [turnId, late] = [await newTurn(), await newTurn()];
      const { run } = await current(turnId);
      await on.store.advance(run, CLARIFY, turnId, left('first'));
      await on.store.advance(run, CLARIFY, late, left('late'));
      expect(await on.store.completedBy(late)).toBeUndefined();
      expect(await on.store.find(alice, run.id)).toMatchObject(CLARIFY);
    });

    describe('in a turn of several steps', () => {
      const within = (content: string): StepRecord => ({ ...left(content), opening: [] });
      const SUMMARISE = { step: 'summarise', status: 'waiting', stepsDone: 2 } as const;

      it('move on, and the turn has what each step has left', async () => {
        const writer = await setUp().newWriter(on.threadId);
        const { run } = await current(writer.turnId);
        expect(await on.store.stepsOf(writer.turnId)).toEqual([]);
        await on.store.advanceWithin(run, CLARIFY, writer, within('“é\u2028\\"” 😀'));
        await on.store.advanceWithin({ ...run, ...CLARIFY }, SUMMARISE, writer, within('second'));
        expect(await on.store.stepsOf(writer.turnId)).toEqual([within('“é\u2028\\"” 😀'), within('second')]);
        expect(await on.store.completedBy(writer.turnId)).toBeUndefined();
        const { run: moved, isBegun } = await current(writer.turnId);
        expect({ ...moved, isBegun }).toMatchObject({ id: run.id, ...SUMMARISE, isBegun: true });
        expect(await on.store.stepsOf(await newTurn())).toEqual([]);
      });

      it('move once, however often they are told, and not from where they are not', async () => {
        const writer = await setUp().newWriter(on.threadId);
        const { run } = await current(writer.turnId);
        await Promise.all([1, 2, 3].map(() => on.store.advanceWithin(run, CLARIFY, writer, within('first'))));
        await on.store.advanceWithin(run, CLARIFY, writer, within('late'));
        expect(await on.store.stepsOf(writer.turnId)).toEqual([within('first')]);
        const elsewhere = on.store.advanceWithin({ ...run, ...SUMMARISE }, CLARIFY, writer, within('never'));
        await expect(elsewhere).rejects.toThrow(/not at step/);
        expect((await on.store.find(alice, run.id))?.step).toBe('clarify');
      });

      it('move for nobody whose epoch has passed', async () => {
        const writer = await setUp().newWriter(on.threadId);
        const { run } = await current(writer.turnId);
        const next = await setUp().takeOver(writer);
        const late = on.store.advanceWithin(run, CLARIFY, writer, within('late'));
        await expect(late).rejects.toBeInstanceOf(LeaseLostError);
        expect(await on.store.stepsOf(writer.turnId)).toEqual([]);
        await on.store.advanceWithin(run, CLARIFY, next, within('own'));
        expect(await on.store.stepsOf(writer.turnId)).toEqual([within('own')]);
      });

      it('have in the order of the steps what many of them have left', async () => {
        const writer = await setUp().newWriter(on.threadId);
        const { run } = await current(writer.turnId);
        for (let stepsDone = 0; stepsDone < 12; stepsDone += 1) {
          const to = { step: 'ask', status: 'waiting', stepsDone: stepsDone + 1 } as const;
          await on.store.advanceWithin({ ...run, stepsDone }, to, writer, within(`Step ${stepsDone}`));
        }
        const contents = (await on.store.stepsOf(writer.turnId)).map(({ content }) => content);
        expect(contents).toEqual(Array.from({ length: 12 }, (_, at) => `Step ${at}`));
      });

      it('keep what people have entered, by either way on, until something else was entered', async () => {
        const writer = await setUp().newWriter(on.threadId);
        const { run, entered } = await current(writer.turnId);
        expect(entered).toEqual([]);
        const first = [{ step: 'ask', stepsDone: 0, content: { text: '“é\u2028\\"” 😀' } }];
        await on.store.advanceWithin(run, { ...CLARIFY, entered: first }, writer, within('first'));
        expect((await current(writer.turnId)).entered).toEqual(first);
        const moved = { ...run, ...CLARIFY };
        await on.store.advanceWithin(moved, SUMMARISE, writer, within('second'));
        expect((await current(writer.turnId)).entered).toEqual(first);
        const both = [...first, { step: 'summarise', stepsDone: 2, content: 2 }];
        const to = { step: 'ask', status: 'waiting', stepsDone: 3, entered: both } as const;
        await on.store.advance({ ...run, ...SUMMARISE }, to, writer.turnId, left('third'));
        expect((await current(await newTurn())).entered).toEqual(both);
      });
    });

    describeRunsOfBranches(on);

    it('are shown to the owner of their thread and to nobody else', async () => {
      expect(await on.store.ofThread(alice, on.threadId)).toEqual({
        workflow: 'guided-intake',
        version: 1,
        run: null,
      });
      const { run } = await current(await newTurn());
      expect(await on.store.find(alice, run.id)).toEqual(run);
      expect(await on.store.ofThread(alice, on.threadId)).toEqual({
        workflow: 'guided-intake',
        version: 1,
        run,
      });
      for (const other of [newUser(), { ...alice, org: 'other' }]) {
        expect(await on.store.find(other, run.id)).toBeUndefined();
        expect(await on.store.ofThread(other, on.threadId)).toBeUndefined();
      }
      expect(await on.store.find(alice, newId())).toBeUndefined();
      expect(await on.store.ofThread(alice, newId())).toBeUndefined();
    });
  });
}
