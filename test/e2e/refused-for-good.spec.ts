import pg from 'pg';
import { expectedText } from '../doubles/openai-stand-in.js';
import { framesUntil } from '../support/sse-client.js';
import { stage } from '../support/stage.js';

/** A word of every answer that is long enough, and of nothing else. */
const WORD = expectedText(8).slice(expectedText(7).length).trim();

describe('a turn of which something can never be stored', () => {
  const on = stage();
  async function change(statement: string): Promise<void> {
    const client = new pg.Client({ connectionString: on.server.connectionString });
    await client.connect();
    await client.query(statement);
    await client.end();
  }

  /** The database takes no row of the table and the thread of which this holds. */
  async function refuse(table: string, threadId: string, condition: string): Promise<void> {
    await change(
      `ALTER TABLE ${table} ADD CONSTRAINT "r_${threadId}" CHECK (thread_id <> '${threadId}' OR NOT (${condition})) NOT VALID`,
    );
  }

  it.each([
    ['one of its events', 'turn_events', `data::text LIKE '%${WORD}%'`],
    ['the text of its message', 'messages', `content LIKE '%${WORD}%'`],
    ['the details of its message', 'messages', 'usage IS NOT NULL'],
  ])(
    'because of %s ends failed at once, is asked once, and leaves its thread free',
    async (_, table, condition) => {
      const { alice, standIn } = on;
      const threadId = await alice.newThread();
      await refuse(table, threadId, condition);
      const content = `Refused ${threadId} [[tokens=10 delay=5]]`;
      const frames = await framesUntil(await alice.stream(threadId, content), 'done');

      expect(frames.at(-1)?.data).toMatchObject({ success: false, status: 'failed' });
      expect(frames.find(({ type }) => type === 'error')?.data).toMatchObject({ code: 'INTERNAL' });
      expect(standIn.requests.filter(({ body }) => JSON.stringify(body).includes(content))).toHaveLength(1);
      await change(`ALTER TABLE ${table} DROP CONSTRAINT "r_${threadId}"`);
      const next = await alice.ask('POST', `/chat/threads/${threadId}/messages`, {
        content: 'Next [[tokens=4]]',
      });
      expect(next.body.response).toBe(expectedText(4));
    },
    120_000,
  );

  it('costs the turns that are written in the same breath nothing', async () => {
    const { alice } = on;
    const threads = await Promise.all(Array.from({ length: 8 }, () => alice.newThread()));
    await refuse('turn_events', threads[3]!, `data::text LIKE '%${WORD}%'`);
    const ends = await Promise.all(
      threads.map(async (threadId) => {
        const frames = await framesUntil(
          await alice.stream(threadId, 'Together [[tokens=40 delay=5]]'),
          'done',
        );
        return frames.at(-1)?.data['status'] as unknown;
      }),
    );

    expect(ends).toEqual(threads.map((_, index) => (index === 3 ? 'failed' : 'completed')));
  }, 120_000);
});
