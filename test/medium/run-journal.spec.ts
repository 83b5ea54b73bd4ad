import type pg from 'pg';
import { LeaseLostError } from '../../src/kernel/index.js';
import { Database, type Sql } from '../../src/platform/database/index.js';
import { PostgresRunJournal } from '../../src/workflow/adapters/postgres-run-journal.js';
import { Journal } from '../../src/workflow/app/journal.js';
import type { JournalWriter } from '../../src/workflow/ports/run-journal.js';
import { describeRunJournal } from '../contracts/run-journal.contract.js';
import { newUser } from '../support/callers.js';
import { RUNNING } from '../support/foreign-sql.js';
import { tellThread } from '../support/logged-turns.js';
import { withSharedPool } from '../support/pools.js';
import { newTurnWriter, takeOver } from '../support/turn-writer.js';

/** Does what it is told and answers nobody, so often. */
class Mute extends Database {
  failures = 0;

  override async query<Row>(statement: Sql, values: readonly unknown[] = []): Promise<Row[]> {
    const rows = await super.query<Row>(statement, values);
    if (this.failures === 0) return rows;
    this.failures -= 1;
    throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
  }
}

let pool: pg.Pool;
let database: Mute;
let rows: PostgresRunJournal;
withSharedPool((opened) => (pool = opened));
beforeEach(() => {
  database = new Mute(pool);
  rows = new PostgresRunJournal(database, RUNNING);
});

const newWriter = async () => newTurnWriter(pool, await tellThread(pool, newUser()));

describeRunJournal('Postgres', () => ({
  journal: rows,
  newWriter,
  takeOver: (writer) => takeOver(pool, writer),
}));

describe('what is done once in a turn', () => {
  let writer: JournalWriter;
  let done: string[];
  beforeEach(async () => {
    writer = await newWriter();
    done = [];
  });

  const first = () => new Journal(rows, writer, false);
  /** The execution after one whose process died. */
  const again = async () => new Journal(rows, (writer = await takeOver(pool, writer)), true);
  const work = (what: string) => () => {
    done.push(what);
    return Promise.resolve({ what });
  };
  const dies = () => new Promise<never>(() => undefined);
  const WAYS = [
    ['repeatable', { repeatable: true }],
    ['not repeatable', { repeatable: false }],
  ] as const;

  describe.each(WAYS)('and is %s', (_name, how) => {
    it('has the same result in every execution', async () => {
      const result = { outcome: 'done', result: { what: 'one' } };
      expect(await first().once('call:1', work('one'), how)).toEqual(result);
      expect(await (await again()).once('call:1', work('two'), how)).toEqual(result);
      expect(await (await again()).once('call:1', work('three'), how)).toEqual(result);
      expect(done).toEqual(['one']);
    });

    it('is done once by an execution that comes to it twice', async () => {
      const journal = first();
      const both = [journal.once('call:1', work('one'), how), journal.once('call:1', work('two'), how)];
      expect(await Promise.all(both)).toEqual(Array(2).fill({ outcome: 'done', result: { what: 'one' } }));
      expect(done).toEqual(['one']);
    });

    it('is done for each key', async () => {
      const journal = first();
      await journal.once('call:1', work('one'), how);
      await journal.once('call:2', work('two'), how);
      expect(done).toEqual(['one', 'two']);
    });

    it('is done by no writer that has lost its turn', async () => {
      const late = first();
      await again();
      await expect(late.once('call:1', work('late'), how)).rejects.toBeInstanceOf(LeaseLostError);
      // What may be repeated is refused when it is to be kept.
      expect(done).toEqual(how.repeatable ? ['late'] : []);
      expect(await rows.find(writer.turnId, 'call:1')).toBeUndefined();
    });

    it('is done once although the database answers too late', async () => {
      database.failures = 2;
      const journal = first();
      expect(await journal.once('call:1', work('one'), how)).toMatchObject({ outcome: 'done' });
      expect(done).toEqual(['one']);
    });
  });

  it('is done again when it may be, after an execution that came to no end', async () => {
    void first().once('call:1', dies, { repeatable: true });
    const journal = await again();
    expect(await journal.once('call:1', work('two'), { repeatable: true })).toMatchObject({
      result: { what: 'two' },
    });
  });

  it('is unknown when it may not be repeated and an execution that began it came to no end', async () => {
    const dying = first();
    await new Promise<void>((begun) => {
      void dying.once('call:1', () => (begun(), dies()), { repeatable: false });
    });
    for (const _ of ['next', 'the one after it']) {
      const journal = await again();
      expect(await journal.once('call:1', work('two'), { repeatable: false })).toEqual({
        outcome: 'unknown',
      });
    }
    expect(done).toEqual([]);
  });

  it('is unknown after it threw', async () => {
    const failure = new Error('half done');
    const journal = first();
    const fails = () => Promise.reject(failure);
    await expect(journal.once('call:1', fails, { repeatable: false })).rejects.toBe(failure);
    const next = await again();
    expect(await next.once('call:1', work('two'), { repeatable: false })).toEqual({ outcome: 'unknown' });
  });

  it('goes with its thread', async () => {
    await first().once('call:1', work('one'), { repeatable: false });
    await pool.query('DELETE FROM threads WHERE id = $1', [writer.threadId]);
    expect(await rows.find(writer.turnId, 'call:1')).toBeUndefined();
  });
});
