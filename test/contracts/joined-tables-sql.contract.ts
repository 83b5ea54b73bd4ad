import { newId } from '../../src/kernel/index.js';
import type { JoinedTablesSql } from '../../src/thread/ports/joined-tables-sql.js';
import type { HowTold, ToldTurn } from '../support/logged-turns.js';

export interface JoinedTablesSqlUnderTest {
  readonly sql: JoinedTablesSql;
  query<Row>(text: string, values: readonly unknown[]): Promise<readonly Row[]>;
  newThread(): Promise<string>;
  tell(threadId: string, how?: HowTold): Promise<ToldTurn>;
  /** Lets a turn that waits wait for a process alone. */
  holdThread(turnId: string): Promise<void>;
  /** Puts in a document for readers of the level, 0 to 3. */
  addDocument(level: number): Promise<string>;
}

/** Holds fragments of SQL to every promise of {@link JoinedTablesSql}. */
export function describeJoinedTablesSql(name: string, setUp: () => JoinedTablesSqlUnderTest): void {
  describe(`what threads join, in SQL of ${name}`, () => {
    let subject: JoinedTablesSqlUnderTest;
    let threadId: string;
    beforeEach(async () => {
      subject = setUp();
      threadId = await subject.newThread();
    });

    const ENDED: HowTold = { endedMsAgo: 1_000 };
    const QUEUED: HowTold = { status: 'queued' };
    const value = async (expression: string, parameter: unknown = threadId) =>
      (await subject.query<{ value: unknown }>(`SELECT ${expression} AS value`, [parameter]))[0]!.value;

    it('has a turn by its id, and some by theirs', async () => {
      const { turns } = subject.sql;
      const running = await subject.tell(threadId);
      const queued = await subject.tell(threadId, QUEUED);
      const rows = await subject.query(
        `SELECT id, thread_id, has_begun, assistant_message_id, first_seq IS NOT NULL AS has_seq,
           user_message_id IS NOT NULL AS has_asked, parent_turn_id, branch FROM (${turns.turn('$1::uuid')}) own`,
        [running.turnId],
      );
      const row = {
        id: running.turnId,
        thread_id: threadId,
        has_begun: true,
        has_seq: true,
        has_asked: true,
        parent_turn_id: null,
        branch: 0,
      };
      expect(rows).toEqual([{ ...row, assistant_message_id: running.messageId }]);
      const ids = [running.turnId, queued.turnId, newId()];
      const several = await subject.query<{ id: string; has_begun: boolean }>(
        `SELECT id, has_begun FROM (${turns.turnsIn('$1::uuid[]')}) own`,
        [ids],
      );
      expect(new Map(several.map(({ id, has_begun }) => [id, has_begun]))).toEqual(
        new Map([
          [running.turnId, true],
          [queued.turnId, false],
        ]),
      );
    });

    it('has the turns that follow one, and where each stands among them', async () => {
      const { turns } = subject.sql;
      const [first, second] = [await subject.tell(threadId, ENDED), await subject.tell(threadId, ENDED)];
      const following = (parent: string | null) =>
        subject.query<{ id: string }>(`SELECT id FROM (${turns.following('$1::uuid', '$2::uuid')}) own`, [
          threadId,
          parent,
        ]);
      expect(await following(null)).toEqual([{ id: first.turnId }]);
      expect(await following(first.turnId)).toEqual([{ id: second.turnId }]);
      expect(await following(second.turnId)).toEqual([]);
      const siblings = `SELECT ${turns.siblings('u')}::json AS value FROM (${turns.turn('$1::uuid')}) u`;
      expect(await subject.query(siblings, [second.turnId])).toEqual([
        { value: { index: 0, count: 1, turnIds: [second.turnId] } },
      ]);
    });

    it('has the turns of a thread that wait', async () => {
      await subject.tell(threadId, ENDED);
      await subject.tell(threadId);
      const waiting = [await subject.tell(threadId, QUEUED), await subject.tell(threadId, QUEUED)];
      const rows = await subject.query<{ id: string }>(
        `SELECT id FROM (${subject.sql.turns.queuedIn('$1::uuid')}) own`,
        [threadId],
      );
      expect(rows.map(({ id }) => id).sort()).toEqual(waiting.map(({ turnId }) => turnId).sort());
    });

    it('says what keeps a thread busy: what runs, or what waits next when nothing does', async () => {
      const active = subject.sql.turns.activeIn('$1::uuid');
      expect(await value(active)).toBeNull();
      await subject.tell(threadId, ENDED);
      expect(await value(active)).toBeNull();
      const next = await subject.tell(threadId, QUEUED);
      await subject.tell(threadId, QUEUED);
      expect(await value(active)).toEqual({ id: next.turnId, status: 'running' });
      const running = await subject.tell(threadId);
      expect(await value(active)).toEqual({ id: running.turnId, status: 'running' });
    });

    it('says whether a turn has the thread, or waits for a process alone', async () => {
      const isHeld = subject.sql.turns.isHeld('$1::uuid');
      await subject.tell(threadId, ENDED);
      const { turnId } = await subject.tell(threadId, QUEUED);
      expect(await value(isHeld)).toBe(false);
      await subject.holdThread(turnId);
      expect(await value(isHeld)).toBe(true);
      const other = await subject.newThread();
      await subject.tell(other);
      expect(await value(isHeld, other)).toBe(true);
    });

    it('says where the first answer is that has not ended', async () => {
      const first = subject.sql.turns.firstUnended('$1::uuid');
      await subject.tell(threadId, ENDED);
      expect(await value(first)).toBeNull();
      await subject.tell(threadId);
      await subject.tell(threadId, QUEUED);
      expect(await value(first)).toBe(4);
    });

    it('says how high a document is, and whether it is there', async () => {
      const { documents } = subject.sql;
      const id = await subject.addDocument(2);
      expect(await subject.query(`SELECT level FROM (${documents.levelOf('$1::uuid')}) own`, [id])).toEqual([
        { level: 2 },
      ]);
      expect(await value(documents.isThere('$1::uuid'), id)).toBe(true);
      expect(
        await subject.query(`SELECT level FROM (${documents.levelOf('$1::uuid')}) own`, [newId()]),
      ).toEqual([]);
      expect(await value(documents.isThere('$1::uuid'), newId())).toBe(false);
    });
  });
}
