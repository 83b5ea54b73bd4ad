import { newId, type WorkflowState } from '../../src/kernel/index.js';
import type { RunningTurnSql } from '../../src/workflow/ports/running-turn-sql.js';

/** A turn of a thread as a suite puts it into the database. */
export interface TurnInTree {
  readonly parent?: string;
  readonly branch?: number;
  readonly status?: 'running' | 'completed' | 'failed';
  readonly state?: WorkflowState;
  readonly runId?: string;
  /** That its answer says. */
  readonly step?: string;
}

export interface RunningTurnSqlUnderTest {
  readonly sql: RunningTurnSql;
  query<Row>(text: string, values: readonly unknown[]): Promise<readonly Row[]>;
  newThread(): Promise<string>;
  newTurn(threadId: string, turn?: TurnInTree): Promise<string>;
  /** Makes the turn the writer of its thread's log. */
  hold(threadId: string, turnId: string, epoch: number): Promise<void>;
  /** Whether another epoch can begin at once while a transaction has run the query. */
  canPassDuring(threadId: string, text: string, values: readonly unknown[]): Promise<boolean>;
}

/** Holds fragments of SQL to every promise of {@link RunningTurnSql}. */
export function describeRunningTurnSql(name: string, setUp: () => RunningTurnSqlUnderTest): void {
  describe(`a running turn in SQL of ${name}`, () => {
    let subject: RunningTurnSqlUnderTest;
    let threadId: string;
    beforeEach(async () => {
      subject = setUp();
      threadId = await subject.newThread();
    });

    const newTurn = (turn?: TurnInTree) => subject.newTurn(threadId, turn);
    const state = (stepsDone: number): WorkflowState => ({
      runId: newId(),
      step: 'clarify',
      status: 'waiting',
      stepsDone,
    });
    const before = (turnId: string) => subject.query(subject.sql.stateBefore('$1::uuid'), [turnId]);
    const branch = async (turnId: string) =>
      (
        await subject.query<{ branch: number }>(`SELECT ${subject.sql.branchOf('$1::uuid')} AS branch`, [
          turnId,
        ])
      )[0]!.branch;

    describe('has the log of its thread', () => {
      const HELD = () => subject.sql.heldBy('$1::uuid', '$2::uuid', '$3::int');

      it('in its own epoch, and nobody else has', async () => {
        const turnId = await newTurn();
        await subject.hold(threadId, turnId, 2);
        const held = (turn: string, epoch: number) => subject.query(HELD(), [threadId, turn, epoch]);
        expect(await held(turnId, 2)).toEqual([{ thread_id: threadId }]);
        expect(await held(turnId, 1)).toEqual([]);
        expect(await held(turnId, 3)).toEqual([]);
        expect(await held(newId(), 2)).toEqual([]);
      });

      it('until the end of the transaction that asks', async () => {
        const turnId = await newTurn();
        await subject.hold(threadId, turnId, 2);
        const values = (epoch: number) => [threadId, turnId, epoch];
        expect(await subject.canPassDuring(threadId, HELD(), values(2))).toBe(false);
        expect(await subject.canPassDuring(threadId, HELD(), values(1))).toBe(true);
      });
    });

    it('is of its branch, and one that is not there of the first', async () => {
      expect(await branch(await newTurn({ branch: 3 }))).toBe(3);
      expect(await branch(newId())).toBe(0);
    });

    it('follows the nearest turn that has moved the workflow', async () => {
      const [first, second] = [state(1), state(2)];
      const one = await newTurn({ status: 'completed', state: first });
      const two = await newTurn({ parent: one, status: 'completed', state: second });
      const failed = await newTurn({ parent: two, status: 'failed' });
      const moved = [{ state: second, run_id: null, step: null }];
      expect(await before(await newTurn({ parent: failed }))).toEqual(moved);
      expect(await before(await newTurn({ parent: two, branch: 1 }))).toEqual(moved);
      expect(await before(two)).toEqual([{ state: first, run_id: null, step: null }]);
    });

    it('follows what a former release has answered without saying where its workflow stands', async () => {
      const runId = newId();
      const one = await newTurn({ status: 'completed', state: state(1) });
      const two = await newTurn({ parent: one, status: 'completed', runId, step: 'clarify' });
      const failed = await newTurn({ parent: two, status: 'failed', step: 'clarify' });
      expect(await before(await newTurn({ parent: failed }))).toEqual([
        { state: null, run_id: runId, step: 'clarify' },
      ]);
    });

    it('follows nothing that has moved the workflow when it is the first, or only failures came before', async () => {
      expect(await before(await newTurn())).toEqual([]);
      expect(await before(newId())).toEqual([]);
      const failed = await newTurn({ status: 'failed' });
      expect(await before(await newTurn({ parent: failed }))).toEqual([]);
    });
  });
}
