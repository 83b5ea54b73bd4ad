import pg from 'pg';
import { PostgresMessageStore } from '../../src/thread/adapters/postgres-message-store.js';
import { pieceData } from '../../src/log/core/logged-event.js';
import { Database } from '../../src/platform/database/index.js';
import { testDatabase } from '../setup/test-database.js';
import { newUser } from '../support/callers.js';
import { FOREIGN } from '../support/foreign-sql.js';
import { tellThread, tellTurn, type HowTold } from '../support/logged-turns.js';

const alice = newUser();

describe('what was said before a turn', () => {
  let pool: pg.Pool;
  let messages: PostgresMessageStore;
  beforeAll(async () => {
    pool = new pg.Pool({ connectionString: (await testDatabase()).connectionString });
    messages = new PostgresMessageStore(new Database(pool), FOREIGN);
  });
  afterAll(() => pool.end());

  const ended: HowTold = { endedMsAgo: 1_000, text: 'An answer' };
  const turn = async (threadId: string, how: HowTold) =>
    (await tellTurn(pool, threadId, () => [], how)).turnId;
  const before = async (threadId: string, turnId: string) =>
    (await messages.historyBefore(alice, threadId, turnId)).messages.map(
      ({ role, content }) => `${role}: ${content}`,
    );

  it('is what stands before its own message, and nothing that was said after it', async () => {
    const threadId = await tellThread(pool, alice);
    await turn(threadId, ended);
    const running = await turn(threadId, {});
    const next = await turn(threadId, { status: 'queued' });
    const last = await turn(threadId, { status: 'queued' });

    expect(await before(threadId, running)).toEqual(['user: Asked 2', 'assistant: An answer']);
    await pool.query("UPDATE turns SET status = 'completed', ended_at = now() WHERE id = $1", [running]);
    await pool.query("UPDATE turns SET status = 'running' WHERE id = $1", [next]);
    expect(await before(threadId, next)).toEqual(['user: Asked 2', 'assistant: An answer', 'user: Asked 4']);
    await pool.query("UPDATE turns SET status = 'cancelled', ended_at = now() WHERE id = $1", [next]);
    expect((await before(threadId, last)).at(-1)).toBe('user: Asked 6');
  });

  it('leaves out messages that still wait, when another has gone before them', async () => {
    const threadId = await tellThread(pool, alice);
    await turn(threadId, ended);
    await turn(threadId, { status: 'queued' });
    const urgent = await turn(threadId, {});

    expect(await before(threadId, urgent)).toEqual(['user: Asked 2', 'assistant: An answer']);
  });

  it('is not what another turn says while a message waits in line', async () => {
    const threadId = await tellThread(pool, alice);
    const waiting = await turn(threadId, { status: 'queued' });
    await tellTurn(pool, threadId, (id) => [
      { type: 'ai_response', data: pieceData(id, 'saved') },
      { type: 'ai_response', data: pieceData(id, 'Said') },
    ]);

    const [, answer] = await messages.ofTurn(alice, waiting);
    expect(answer!.content).toBe('');
    const page = await messages.page(alice, threadId, 'asc', 10, undefined);
    expect(page!.messages.map(({ content }) => content)).toEqual(['Asked 2', '', 'Asked 4', 'Said']);
  });

  it('is nothing at the start of a thread', async () => {
    const threadId = await tellThread(pool, alice);
    const first = await turn(threadId, {});
    await turn(threadId, { status: 'queued' });

    expect(await before(threadId, first)).toEqual([]);
  });

  it('reads no more of a long thread than a prompt takes', async () => {
    const threadId = await tellThread(pool, alice);
    const running = await turn(threadId, {});
    await pool.query(
      `INSERT INTO messages (id, thread_id, turn_id, position, role, content, status)
       SELECT gen_random_uuid(), $1, gen_random_uuid(), n, 'user', 'Word ' || n, 'complete'
       FROM generate_series(3, 3000) AS n`,
      [threadId],
    );
    await pool.query('UPDATE messages SET position = position + 3000 WHERE thread_id = $1 AND turn_id = $2', [
      threadId,
      running,
    ]);

    const { messages: history } = await messages.historyBefore(alice, threadId, running);
    expect(history).toHaveLength(200);
    expect(history.at(-1)).toEqual({ role: 'user', content: 'Word 3000' });
  });
});
