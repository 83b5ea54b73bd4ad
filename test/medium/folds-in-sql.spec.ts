import pg from 'pg';
import { foldTurn, newId, type FoldedTurn, type TurnEvent } from '../../src/kernel/index.js';
import { PostgresEventRetention } from '../../src/log/adapters/postgres-event-retention.js';
import { PostgresTurnEventLog } from '../../src/log/adapters/postgres-turn-event-log.js';
import { eventOf, type LoggedEvent } from '../../src/log/core/logged-event.js';
import { Database } from '../../src/platform/database/index.js';
import { PostgresMessageStore } from '../../src/thread/adapters/postgres-message-store.js';
import { PostgresThreadStore } from '../../src/thread/adapters/postgres-thread-store.js';
import { freshDatabase } from '../setup/test-database.js';
import { newUser } from '../support/callers.js';
import { ENDED, FOREIGN } from '../support/foreign-sql.js';
import { tellThread, tellTurn, type HowTold } from '../support/logged-turns.js';
import { randomTurn, sequence } from '../support/random-turns.js';
import { NO_LISTENER, NO_NOTIFIER } from '../support/turns.js';

const TURNS = 40;
const LONG_AGO: HowTold = { endedMsAgo: 9_000 };

const alice = newUser();

let fresh: Awaited<ReturnType<typeof freshDatabase>>;
let pool: pg.Pool;
let log: PostgresTurnEventLog;
let retention: PostgresEventRetention;
let messages: PostgresMessageStore;
let threads: PostgresThreadStore;
beforeAll(async () => {
  // Of their own: what is due for compaction is asked of the whole database.
  fresh = await freshDatabase();
  pool = new pg.Pool({ connectionString: fresh.connectionString });
  const database = new Database(pool);
  log = new PostgresTurnEventLog(database, database, NO_LISTENER, NO_NOTIFIER);
  retention = new PostgresEventRetention(database, ENDED);
  messages = new PostgresMessageStore(database, FOREIGN);
  threads = new PostgresThreadStore(database, FOREIGN);
});
afterAll(async () => {
  await pool.end();
  await fresh.drop();
});

/** A turn of a thread of its own, in the database as somebody has it who knows the first events. */
async function told(random: () => number, how: HowTold) {
  const threadId = await tellThread(pool, alice);
  // Whoever reads a turn passes by the one before it.
  await tellTurn(pool, threadId, (id) => encoded(randomTurn(random, namesOf(threadId, [id]))), LONG_AGO);
  const others = Array.from({ length: Math.floor(random() * 3) }, newId);
  const turn = await tellTurn(
    pool,
    threadId,
    (id) => encoded(randomTurn(random, namesOf(threadId, [...others, id]))),
    how,
  );
  return { ...turn, messageIds: [...others, turn.messageId] };
}

const namesOf = (threadId: string, messageIds: readonly string[]) => ({
  turnId: newId(),
  threadId,
  messageIds,
});

const encoded = (events: readonly TurnEvent[]) =>
  events.map(({ type, data }) => ({ type, data: JSON.stringify(data) }));

/** What the events up to a sequence amount to. */
function foldedTo(events: readonly LoggedEvent[], seq = Infinity): FoldedTurn {
  return foldTurn(events.filter((event) => event.seq <= seq).map((event) => eventOf(event)!));
}

const textIn = (turn: FoldedTurn, messageId: string) => turn.messages.get(messageId)?.said.text ?? '';

/** All that a turn amounts to, to be compared. */
const wholeOf = ({ messages: said, ...rest }: FoldedTurn) => ({
  ...rest,
  messages: new Map(
    [...said].map(([id, { said: of, ...message }]) => [id, [of.text, of.reasoning, message]]),
  ),
});

async function logOf(threadId: string, turnId: string): Promise<readonly LoggedEvent[]> {
  const { events } = await log.read(threadId, 0, 500);
  return events.filter((event) => event.turnId === turnId);
}

describe('what Postgres makes of the events of a turn', () => {
  it('is the text that the fold has, of a message that is being said', async () => {
    const random = sequence(20_261_129);
    const texts = new Set<string>();
    for (let turn = 0; turn < TURNS; turn += 1) {
      const { threadId, turnId, messageId, events } = await told(random, {});
      const text = textIn(foldedTo(events), messageId);
      texts.add(text);

      const [, answer] = await messages.ofTurn(alice, turnId);
      expect(answer?.content).toBe(text);
      expect(await threads.newestAnswer(alice, threadId)).toMatchObject({
        content: text,
        messageId,
        lastEventId: events.at(-1)!.seq,
      });
      for (const { seq } of events) {
        const message = foldedTo(events, seq).messages.get(messageId);
        const hasSpoken = message !== undefined && (message.said.chars > 0 || message.end !== undefined);
        expect([seq, await messages.hasSpokenBy(alice, turnId, messageId, seq)]).toEqual([seq, hasSpoken]);
      }
    }
    expect(texts.size).toBeGreaterThan(TURNS / 2);
  }, 120_000);

  it('amounts to the same for the fold when it is compacted', async () => {
    const random = sequence(20_261_130);
    for (let turn = 0; turn < TURNS; turn += 1) {
      const { threadId, turnId, events } = await told(random, LONG_AGO);
      while ((await retention.compact(1_000, 50)) > 0);
      const kept = await logOf(threadId, turnId);

      expect(wholeOf(foldedTo(kept))).toEqual(wholeOf(foldedTo(events)));
      expect(kept.length).toBeLessThanOrEqual(events.length);
    }
  }, 120_000);

  it('is, for whoever comes back to a compacted log, the text that the fold has up to there', async () => {
    const random = sequence(20_261_131);
    let snapshots = 0;
    for (let turn = 0; turn < TURNS; turn += 1) {
      const { threadId, events } = await told(random, LONG_AGO);
      while ((await retention.compact(1_000, 50)) > 0);

      for (const { seq } of events) {
        const place = await threads.place(alice, threadId, seq);
        const snapshot = place?.isKept === true ? undefined : await threads.answerPast(alice, threadId, seq);
        if (snapshot === undefined) continue;
        snapshots += 1;
        const { content, messageId, lastEventId } = snapshot;
        expect([seq, content]).toEqual([seq, textIn(foldedTo(events, lastEventId), messageId)]);
      }
    }
    expect(snapshots).toBeGreaterThan(TURNS);
  }, 120_000);
});
