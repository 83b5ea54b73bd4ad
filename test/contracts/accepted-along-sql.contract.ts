import type pg from 'pg';
import type { Caller } from '../../src/kernel/index.js';
import type { NewTurn } from '../../src/turn/ports/turn-store.js';
import type { OpenRun, WorkflowRunStore } from '../../src/workflow/ports/workflow-run-store.js';
import { newUser } from '../support/callers.js';
import { newReader, type Rag } from '../support/rag.js';
import { until } from '../support/until.js';

/** What a turn is given when it is accepted. */
export interface FoundForTurn {
  readonly id: string;
  readonly hasDocuments: boolean | undefined;
  readonly open: (OpenRun & { readonly isBegun: boolean }) | undefined;
}

export interface AcceptedAlongSqlUnderTest {
  /** The database that the turns are in. */
  readonly pool: pg.Pool;
  readonly runs: Pick<WorkflowRunStore, 'current'>;
  readonly rag: Rag;
  /** A thread pinned to the first version of a workflow, `chat` by default. */
  newThread(owner: Caller, workflow?: string): Promise<string>;
  accept(caller: Caller, threadId: string, change?: Partial<NewTurn>): Promise<FoundForTurn>;
}

/** Holds fragments of SQL to every promise of `AcceptedAlongSql`, in the statement that accepts a turn. */
export function describeAcceptedAlongSql(name: string, setUp: () => AcceptedAlongSqlUnderTest): void {
  describe(`what is found along with a turn that is accepted, in SQL of ${name}`, () => {
    const alice = newUser();
    const { accept, newThread } = {
      accept: (...turn: Parameters<AcceptedAlongSqlUnderTest['accept']>) => setUp().accept(...turn),
      newThread: (workflow?: string) => setUp().newThread(alice, workflow),
    };
    const query = (text: string, values: readonly unknown[]) => setUp().pool.query(text, [...values]);
    const end = (turnId: string) =>
      query(`UPDATE turns SET status = 'completed', ended_at = now() WHERE id = $1`, [turnId]);
    async function ended(threadId: string, change?: Partial<NewTurn>) {
      const turn = await accept(alice, threadId, change);
      await end(turn.id);
      return turn;
    }

    describe('its run', () => {
      it('begins with the first turn, as it does where it is looked for', async () => {
        const threadId = await newThread('guided-intake');
        const { id, open } = await ended(threadId);
        const { createdAt } = open!.run;
        expect(open).toMatchObject({ isBegun: true, entered: [] });
        expect(open!.run).toEqual({
          ...{ id: expect.any(String), threadId, workflow: 'guided-intake', version: 1, step: 'ask' },
          ...{ status: 'waiting', stepsDone: 0, createdAt, updatedAt: createdAt, endedAt: null },
        });
        expect(createdAt).toMatch(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
        expect(await setUp().runs.current(threadId, open!.run, id)).toEqual({ is: 'open', ...open });
      });

      it('is the open one of its branch afterwards, with what was entered into its forms', async () => {
        const threadId = await newThread('guided-intake');
        const { open } = await ended(threadId);
        const entered = [{ step: 'form', stepsDone: 0, content: { name: 'Ada' } }];
        await query(`UPDATE workflow_runs SET step = 'clarify', steps_done = 1, entered = $2 WHERE id = $1`, [
          open!.run.id,
          JSON.stringify(entered),
        ]);
        const found = (await ended(threadId)).open!;
        expect(found).toMatchObject({ isBegun: false, entered });
        expect(found.run).toMatchObject({ id: open!.run.id, step: 'clarify', stepsDone: 1 });
      });

      it('is another one where the last is complete', async () => {
        const threadId = await newThread();
        const { open } = await ended(threadId);
        await query(`UPDATE workflow_runs SET status = 'completed', ended_at = now() WHERE id = $1`, [
          open!.run.id,
        ]);
        const next = (await ended(threadId)).open!;
        expect(next.isBegun).toBe(true);
        expect(next.run.id).not.toBe(open!.run.id);
      });

      it('is not told of a branch that goes on with that of another, and begins with one that does not', async () => {
        const threadId = await newThread();
        const first = await ended(threadId);
        await ended(threadId);
        expect((await ended(threadId, { after: first.id })).open).toBeUndefined();
        const edited = await ended(threadId, { after: null });
        expect(edited.open).toMatchObject({ isBegun: true });
        expect(edited.open!.run.id).not.toBe(first.open!.run.id);
      });

      it('is not begun of a workflow that this release does not know', async () => {
        const threadId = await newThread('of-tomorrow');
        expect((await ended(threadId)).open).toBeUndefined();
      });

      it('is not told when the turn before it ended while it was waited for', async () => {
        const threadId = await newThread();
        const first = await accept(alice, threadId);
        const ending = await setUp().pool.connect();
        try {
          await ending.query('BEGIN');
          await ending.query('UPDATE thread_heads SET epoch = epoch WHERE thread_id = $1', [threadId]);
          await ending.query(`UPDATE turns SET status = 'completed', ended_at = now() WHERE id = $1`, [
            first.id,
          ]);
          await ending.query(`UPDATE workflow_runs SET steps_done = 7 WHERE thread_id = $1`, [threadId]);
          const accepting = accept(alice, threadId);
          await until(async () => {
            const { rows } = await setUp().pool.query(
              `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
            );
            return rows.length > 0;
          });
          await ending.query('COMMIT');
          expect((await accepting).open).toBeUndefined();
        } finally {
          ending.release();
        }
      });
    });

    describe('whether there are documents', () => {
      const hasDocuments = async (caller: Caller) =>
        (await accept(caller, await setUp().newThread(caller))).hasDocuments;

      it('is told once a search can find one', async () => {
        const reader = newReader();
        const { id } = await setUp().rag.post(reader, 'Words of my own.');
        expect(await hasDocuments(reader)).toBe(false);
        await setUp().rag.takeIn(reader, id);
        expect(await hasDocuments(reader)).toBe(true);
        await setUp().rag.store.remove(reader, id);
        expect(await hasDocuments(reader)).toBe(false);
      });

      it('is told of those that the caller may read', async () => {
        const reader = newReader();
        const { org } = reader;
        await setUp().rag.add(reader, 'Words for me.', { visibility: 'private', securityLevel: 'public' });
        expect(await hasDocuments(newReader({ org }))).toBe(false);
        await setUp().rag.add(reader, 'Words for us.', { securityLevel: 'confidential' });
        expect(await hasDocuments(newReader({ org }))).toBe(true);
        expect(await hasDocuments(newReader({ org, clearance: 'internal' }))).toBe(false);
        expect(await hasDocuments(newReader())).toBe(false);
      });
    });
  });
}
