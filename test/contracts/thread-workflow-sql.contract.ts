import { newId, type Caller } from '../../src/kernel/index.js';
import type { ThreadWorkflowSql } from '../../src/workflow/ports/thread-workflow-sql.js';
import { newUser } from '../support/callers.js';

export interface ThreadWorkflowSqlUnderTest {
  readonly sql: ThreadWorkflowSql;
  query(text: string, values: readonly unknown[]): Promise<readonly unknown[]>;
  /** Makes a thread that is pinned to version 3 of `guided-intake`. */
  newThread(owner: Caller): Promise<string>;
}

/** Holds fragments of SQL to every promise of {@link ThreadWorkflowSql}. */
export function describeThreadWorkflowSql(name: string, setUp: () => ThreadWorkflowSqlUnderTest): void {
  describe(`the workflow of a user’s thread in SQL, by ${name}`, () => {
    const ask = (thread: string, { org, id }: Pick<Caller, 'org' | 'id'>) => {
      const subject = setUp();
      return subject.query(`SELECT * FROM (${subject.sql('$1::uuid', '$2', '$3')}) own`, [thread, org, id]);
    };

    it('is one row with what the thread is pinned to', async () => {
      const alice = newUser();
      const id = await setUp().newThread(alice);
      expect(await ask(id, alice)).toEqual([
        { id, workflow: 'guided-intake', workflow_version: 3, head_branch: 0 },
      ]);
    });

    it('is no row where the user has no such thread', async () => {
      const alice = newUser();
      const id = await setUp().newThread(alice);
      expect(await ask(newId(), alice)).toEqual([]);
      expect(await ask(id, newUser())).toEqual([]);
      expect(await ask(id, { ...alice, org: 'other' })).toEqual([]);
    });
  });
}
