import type { CompactionSql } from '../../src/log/ports/compaction-sql.js';
import type { HowTold, ToldTurn } from '../support/logged-turns.js';

/** Asks in a transaction, which holds its locks until it is left. */
type Query = <Row>(text: string, values?: readonly unknown[]) => Promise<readonly Row[]>;

export interface CompactionSqlUnderTest {
  readonly sql: CompactionSql;
  newThread(): Promise<string>;
  tell(threadId: string, how: HowTold): Promise<ToldTurn>;
  /** Does something in a transaction of its own, and undoes it unless it is `kept`. */
  transaction<Result>(work: (query: Query) => Promise<Result>, kept?: 'kept'): Promise<Result>;
  /** Removes a thread without waiting for anybody's lock; `false`: somebody holds it. */
  removeAtOnce(threadId: string): Promise<boolean>;
}

interface Due {
  readonly id: string;
  readonly thread_id: string;
  readonly first_seq: string | number;
}

/** Holds fragments of SQL to every promise of {@link CompactionSql}; its turns are nobody else's. */
export function describeCompactionSql(name: string, setUp: () => CompactionSqlUnderTest): void {
  describe(`which turns are to be compacted, in SQL of ${name}`, () => {
    const due = (query: Query, limit = 100) =>
      query<Due>(`SELECT id, thread_id, first_seq FROM (${setUp().sql.toCompact('$1', '$2')}) due`, [
        120_000,
        limit,
      ]);
    const tell = async (endedMsAgo: number | undefined) =>
      setUp().tell(await setUp().newThread(), { endedMsAgo });
    const ids = (rows: readonly Due[]) => rows.map(({ id }) => id);

    it('are those that ended that long ago, the oldest first, at most so many', async () => {
      const [young, old, older] = [await tell(1_000), await tell(120_000), await tell(180_000)];
      const running = await tell(undefined);
      await setUp().transaction(async (query) => {
        const rows = await due(query);
        expect(rows).toContainEqual({
          id: old.turnId,
          thread_id: old.threadId,
          first_seq: expect.anything() as unknown,
        });
        const own = [young, old, older, running].map(({ turnId }) => turnId);
        expect(ids(rows).filter((id) => own.includes(id))).toEqual([older.turnId, old.turnId]);
      });
      await setUp().transaction(async (query) => expect(await due(query, 1)).toHaveLength(1));
    });

    it('are locked: others pass over them, and their threads stay', async () => {
      const { turnId, threadId } = await tell(120_000);
      await setUp().transaction(async (query) => {
        expect(ids(await due(query))).toContain(turnId);
        await setUp().transaction(async (other) => expect(ids(await due(other))).not.toContain(turnId));
        expect(await setUp().removeAtOnce(threadId)).toBe(false);
      });
      expect(await setUp().removeAtOnce(threadId)).toBe(true);
    });

    it('are so once', async () => {
      const { turnId } = await tell(120_000);
      const noted = await setUp().transaction(
        (query) =>
          query<{ id: string }>(
            `WITH told AS (SELECT $1::uuid AS id), noted AS (${setUp().sql.compacted('told')}) SELECT id FROM noted`,
            [turnId],
          ),
        'kept',
      );
      expect(noted).toEqual([{ id: turnId }]);
      await setUp().transaction(async (query) => expect(ids(await due(query))).not.toContain(turnId));
    });
  });
}
