import { LeaseLostError } from '../../../src/kernel/index.js';
import { CLARIFY, type WorkflowRunSuite } from './suite.js';

/** The runs of branches, each apart from those of others. */
export function describeRunsOfBranches(on: WorkflowRunSuite): void {
  const { alice, setUp, newTurn, freshRun, left, current } = on;

  describe('of a branch', () => {
    /** A turn that has moved the run of the first branch, and one that begins another behind it. */
    async function branched() {
      const { turnId: parent } = await setUp().newWriter(on.threadId);
      const { run } = await current(parent);
      await on.store.advance(run, CLARIFY, parent, left('first'));
      const state = { runId: run.id, ...CLARIFY };
      await setUp().end(parent, state);
      const writer = await setUp().newWriter(on.threadId, { parent, branch: 1 });
      return { run, state, writer };
    }

    it('are nowhere at first, where the turns before have moved another one', async () => {
      const { run, state, writer } = await branched();
      expect(await on.store.current(on.threadId, freshRun(), writer.turnId)).toEqual({ is: 'nowhere' });
      expect(await on.store.before(writer.turnId)).toEqual({
        run: { ...run, ...CLARIFY, updatedAt: expect.any(String) as string },
        entered: [],
        state,
        step: null,
      });
    });

    it('have nothing before them where no turn has moved any', async () => {
      const { turnId: parent } = await setUp().newWriter(on.threadId);
      const { turnId } = await setUp().newWriter(on.threadId, { parent });
      expect(await on.store.before(parent)).toBeUndefined();
      expect(await on.store.before(turnId)).toBeUndefined();
      const beside = await setUp().newWriter(on.threadId, { branch: 1 });
      expect(await current(beside.turnId)).toMatchObject({ isBegun: true, run: { step: 'ask' } });
    });

    it('begin once, and go on apart from those of others', async () => {
      const { run, writer } = await branched();
      const entered = [{ step: 'ask', stepsDone: 0, content: { a: 1 } }];
      const next = { run: { ...freshRun(), ...CLARIFY }, entered };
      const begun = await on.store.begin(writer, next, false);
      expect(begun).toMatchObject({
        run: { id: next.run.id, threadId: on.threadId, ...CLARIFY },
        entered,
        isBegun: false,
      });
      expect(await on.store.begin(writer, { run: freshRun(), entered: [] }, true)).toEqual(begun);
      expect(await current(writer.turnId)).toEqual({ is: 'open', ...begun });
      expect((await current(await newTurn())).run.id).toBe(run.id);
      const follower = await setUp().newWriter(on.threadId, { parent: writer.turnId, branch: 1 });
      expect((await current(follower.turnId)).run.id).toBe(next.run.id);
    });

    it('are those of the turn that begins one, which is told so as often as it asks', async () => {
      const { writer } = await branched();
      expect(await on.store.begin(writer, { run: freshRun(), entered: [] }, true)).toMatchObject({
        isBegun: true,
      });
      expect((await current(writer.turnId)).isBegun).toBe(true);
    });

    it('begin for nobody whose epoch has passed', async () => {
      const { writer } = await branched();
      await setUp().takeOver(writer);
      const late = on.store.begin(writer, { run: freshRun(), entered: [] }, true);
      await expect(late).rejects.toBeInstanceOf(LeaseLostError);
      expect(await on.store.current(on.threadId, freshRun(), writer.turnId)).toEqual({ is: 'nowhere' });
    });

    it('are shown where their branch is', async () => {
      const { run, writer } = await branched();
      const { run: other } = await on.store.begin(writer, { run: freshRun(), entered: [] }, true);
      expect((await on.store.ofThread(alice, on.threadId))?.run?.id).toBe(run.id);
      await setUp().show(on.threadId, 1);
      expect((await on.store.ofThread(alice, on.threadId))?.run?.id).toBe(other.id);
      await setUp().show(on.threadId, 2);
      expect((await on.store.ofThread(alice, on.threadId))?.run).toBeNull();
    });
  });
}
