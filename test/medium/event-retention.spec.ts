import pg from 'pg';
import { PostgresThreadStore } from '../../src/thread/adapters/postgres-thread-store.js';
import { Resume, type StreamItem } from '../../src/chat/app/resume.js';
import { Database } from '../../src/platform/database/index.js';
import { PostgresEventRetention } from '../../src/log/adapters/postgres-event-retention.js';
import { PostgresTurnEventLog } from '../../src/log/adapters/postgres-turn-event-log.js';
import { ThreadFeeds } from '../../src/log/app/thread-feeds.js';
import { WatchThread } from '../../src/log/app/watch-thread.js';
import type { LoggedEvent } from '../../src/log/core/logged-event.js';
import {
  complete,
  context,
  describeEventRetention,
  done,
  piece,
  reset,
  saved,
  status,
  thought,
} from '../contracts/event-retention.contract.js';
import { freshDatabase } from '../setup/test-database.js';
import { newUser } from '../support/callers.js';
import { ENDED, FOREIGN } from '../support/foreign-sql.js';
import { Listener, tellThread, tellTurn, type Told } from '../support/logged-turns.js';
import { sequence } from '../support/random-turns.js';
import { NO_LISTENER, NO_NOTIFIER } from '../support/turns.js';

const alice = newUser();

let fresh: Awaited<ReturnType<typeof freshDatabase>>;
let pool: pg.Pool;
let database: Database;
let log: PostgresTurnEventLog;
let retention: PostgresEventRetention;
let resume: Resume;
beforeAll(async () => {
  // Of their own: what is due is asked of the whole database.
  fresh = await freshDatabase();
  pool = new pg.Pool({ connectionString: fresh.connectionString });
  database = new Database(pool);
  log = new PostgresTurnEventLog(database, database, NO_LISTENER, NO_NOTIFIER);
  retention = new PostgresEventRetention(database, ENDED);
  const feeds = new ThreadFeeds({
    follow: () => undefined,
    unfollow: () => undefined,
    publish: () => undefined,
    forget: () => undefined,
  });
  resume = new Resume(new PostgresThreadStore(database, FOREIGN), new WatchThread(log, feeds));
});
afterAll(async () => {
  await pool.end();
  await fresh.drop();
});

async function logOf(threadId: string): Promise<readonly LoggedEvent[]> {
  const events: LoggedEvent[] = [];
  for (let after = 0; ; after = events.at(-1)!.seq) {
    const page = await log.read(threadId, after, 100);
    events.push(...page.events);
    if (!page.more) return events;
  }
}

describeEventRetention('Postgres', () =>
  Promise.resolve({
    retention,
    newThread: () => tellThread(pool, alice),
    tell: (threadId, tell, how) => tellTurn(pool, threadId, tell, how),
    logOf,
  }),
);

/** A turn that does anything in any order, as no real one would. */
function anything(random: () => number, messageId: string): Told[] {
  const told = [saved];
  let [text, attempt] = ['', 1];
  for (let left = Math.floor(random() * 24); left > 0; left -= 1) {
    const dice = random();
    if (dice < 0.6) {
      const content = `${'äß😀"x'.slice(0, 1 + Math.floor(random() * 2))}${left} `;
      text += content;
      told.push(piece(messageId, content));
    } else if (dice < 0.8) told.push(thought(messageId, `${left}? `));
    else if (dice < 0.88) {
      text = '';
      told.push(reset(messageId, (attempt += 1)));
    } else told.push(dice < 0.94 ? context : status);
  }
  return random() < 0.7 ? [...told, complete(messageId, text), done] : [...told, done];
}

/**
 * What a client has in the end that knew the log up to the cursor: it comes back with the cursor, or it was there all the
 * time and is overtaken.
 */
async function goOn(threadId: string, known: readonly LoggedEvent[], cursor: number, comesBack: boolean) {
  const heard = new Listener().hear(known.filter(({ seq }) => seq <= cursor));
  const head = known.at(-1)!.seq;
  const seqs: number[] = [cursor];
  let snapshots = 0;
  const see = (item: StreamItem) => {
    if (item.type !== 'snapshot') throw new Error('only a snapshot can stand for events');
    heard.see(item.data);
    seqs.push(item.data.lastEventId);
    snapshots += 1;
  };
  const point = comesBack ? await resume.from(alice, threadId, cursor) : { cursor, items: [] };
  point.items.forEach(see);
  const watch = resume.watch(alice, threadId, point.cursor, new AbortController().signal);
  while (seqs.at(-1)! < head) {
    const { value: batch } = await watch.next();
    if (batch === undefined) throw new Error('the watch ended before the log did');
    if ('type' in batch) see(batch);
    else {
      heard.hear(batch);
      seqs.push(...batch.map(({ seq }) => seq));
    }
  }
  await watch.return();
  return { heard, seqs, snapshots };
}

describe('coming back to a compacted log', () => {
  it('is exact from every cursor, whatever the turns did', async () => {
    const random = sequence(20_261_121);
    const seen = new Set<number>();
    for (let telling = 0; telling < 20; telling += 1) {
      const threadId = await tellThread(pool, alice);
      const known: LoggedEvent[] = [];
      for (let turns = 1 + Math.floor(random() * 3); turns > 0; turns -= 1) {
        const { events } = await tellTurn(pool, threadId, (id) => anything(random, id), {
          endedMsAgo: 9_000,
        });
        known.push(...events);
      }
      const head = known.at(-1)!.seq;
      const whole = new Listener().hear(known);
      while ((await retention.compact(1_000, 50)) > 0);
      expect(new Listener().hear(await logOf(threadId))).toEqual(whole);

      for (let cursor = 0; cursor <= head; cursor += 1) {
        const { heard, seqs, snapshots } = await goOn(threadId, known, cursor, cursor % 2 === telling % 2);
        expect([cursor, ...heard.texts]).toEqual([cursor, ...whole.texts]);
        expect(heard.others).toEqual(whole.others);
        seqs.slice(1).forEach((seq, at) => expect(seq).toBeGreaterThan(seqs[at]!));
        seen.add(snapshots);
      }
    }
    expect(seen).toEqual(new Set([0, 1]));
  }, 120_000);

  it('is the same when compaction comes between two pages of a reader', async () => {
    const threadId = await tellThread(pool, alice);
    const words = Array.from({ length: 1_400 }, (_, index) => `word-${index} `);
    const { events, messageId } = await tellTurn(
      pool,
      threadId,
      (id) => [saved, ...words.map((word) => piece(id, word)), complete(id, words.join('')), done],
      { endedMsAgo: 9_000 },
    );
    const heard = new Listener();
    const order: string[] = [];
    for await (const batch of resume.watch(alice, threadId, 0, new AbortController().signal)) {
      if ('type' in batch) {
        order.push('snapshot');
        expect(batch.data).toEqual({
          turnId: events[0]!.turnId,
          messageId,
          content: words.join(''),
          lastEventId: 1_401,
        });
        heard.see(batch.data);
      } else {
        heard.hear(batch);
        order.push(batch.at(-1)!.type);
        if (order.length === 1) while ((await retention.compact(1_000, 50)) > 0);
        if (batch.at(-1)!.type === 'done') break;
      }
    }

    expect(order).toEqual(['ai_response', 'snapshot', 'done']);
    expect(heard.texts.get(messageId)).toBe(words.join(''));
    expect(heard.others.map(({ seq }) => seq)).toEqual([1, 1_402, 1_403]);
  });

  it('shows a snapshot to nobody but the owner of the thread', async () => {
    const threadId = await tellThread(pool, alice);
    await tellTurn(pool, threadId, (id) => [saved, piece(id, 'my '), piece(id, 'secret'), done], {
      endedMsAgo: 9_000,
    });
    await retention.compact(1_000, 50);
    const threads = new PostgresThreadStore(database, FOREIGN);

    const known = { content: 'my secret', lastEventId: 3 };
    expect(await threads.place(alice, threadId, 2)).toEqual({ head: 4, isKept: false });
    expect(await threads.answerPast(alice, threadId, 2)).toMatchObject(known);
    expect(await resume.from(alice, threadId, 2)).toMatchObject({
      cursor: 3,
      items: [{ type: 'snapshot', data: known }],
    });
    for (const other of [
      { ...alice, id: 'bob' },
      { ...alice, org: 'other' },
    ]) {
      expect(await threads.answerPast(other, threadId, 2)).toBeUndefined();
      expect(await threads.place(other, threadId, 2)).toBeUndefined();
      await expect(resume.from(other, threadId, 2)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }
  });

  it('lets a thread be deleted while its turns are compacted, and leaves nothing of it', async () => {
    const threads = new PostgresThreadStore(database, FOREIGN);
    for (let round = 0; round < 10; round += 1) {
      const threadId = await tellThread(pool, alice);
      for (let turn = 0; turn < 5; turn += 1) {
        await tellTurn(
          pool,
          threadId,
          (id) => [saved, ...Array.from({ length: 100 }, (_, n) => piece(id, `${n}`)), done],
          { endedMsAgo: 9_000 },
        );
      }
      const [removed] = await Promise.all([
        threads.remove(alice, threadId),
        retention.compact(1_000, 3),
        retention.compact(1_000, 3),
      ]);

      expect(removed).toBe('removed');
      const { rows } = await pool.query('SELECT 1 FROM turn_events WHERE thread_id = $1', [threadId]);
      expect(rows).toEqual([]);
    }
  });
});
