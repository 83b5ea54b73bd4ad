import pg from 'pg';
import { GptTokenCounter } from '../../src/llm/adapters/gpt-token-counter.js';
import { expectedText, startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { freshDatabase, type FreshDatabase } from '../setup/test-database.js';
import { ledgerRows } from '../support/ledger.js';
import { startServerProcess, type ServerProcess } from '../support/server-process.js';
import { framesUntil, textOf, type ReceivedFrame } from '../support/sse-client.js';

describe('the ledger of a server that is killed while a model answers', () => {
  let standIn: OpenAiStandIn;
  let database: FreshDatabase;
  let server: ServerProcess | undefined;
  let environment: Record<string, string>;
  beforeAll(async () => {
    [standIn, database] = await Promise.all([startOpenAiStandIn(), freshDatabase()]);
    environment = {
      DATABASE_URL: database.connectionString,
      OPENAI_URL: standIn.url,
      TURN_LEASE: '2s',
    };
  });
  afterAll(async () => {
    await server?.end('SIGINT');
    await standIn?.close();
    await database?.drop();
  });

  it('has a row for the attempt that was lost and one for the next, and nothing is under way any more', async () => {
    server = await startServerProcess(environment);
    const alice = await server.user();
    const thread = await alice.newThread();
    const stream = await alice.stream(thread, 'Kill me [[tokens=300 delay=10]]');
    const seen: ReceivedFrame[] = [];
    while (textOf(seen).length < 100) seen.push((await stream.frames.next()).value!);
    const { turnId } = await underWay(database, 1);
    expect(await ledgerRows(database.connectionString)).toEqual([]);
    await server.end('SIGKILL');

    server = await startServerProcess(environment);
    const again = await server.user();
    const lastId = seen.findLast(({ id }) => id !== undefined)!.id!;
    const watcher = await again.watch(thread, undefined, { 'last-event-id': String(lastId) });
    await framesUntil(watcher, 'done');
    watcher.close();
    const { messages } = (await again.ask('GET', `/chat/threads/${thread}/messages`)).body;
    expect(messages[1]).toMatchObject({ status: 'complete', content: expectedText(300) });
    const rows = await ledgerRows(database.connectionString, turnId);
    expect(rows).toMatchObject([
      { outcome: 'failed', error_code: 'INTERNAL', estimated: true, thread_id: thread },
      { outcome: 'completed', error_code: null, thread_id: thread },
    ]);
    expect(rows[0]!.input_tokens).toBeGreaterThan(0);
    expect(rows[0]!.output_tokens).toBeGreaterThan(0);
    // What nobody has reported is counted here; the provider of the tests counts otherwise.
    const whole = await new GptTokenCounter().count([expectedText(300)]);
    expect(rows[0]!.output_tokens).toBeLessThan(whole);
    await underWay(database, 0);
  }, 120_000);
});

/** Waits until so many attempts are under way; the first of them. */
async function underWay({ connectionString }: FreshDatabase, count: number) {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    const deadline = Date.now() + 20_000;
    for (;;) {
      const { rows } = await client.query<{ turnId: string }>(
        'SELECT turn_id AS "turnId" FROM llm_attempts_under_way ORDER BY started_at',
      );
      if (rows.length === count) return rows[0] ?? { turnId: '' };
      if (Date.now() > deadline) throw new Error(`${rows.length} attempts are under way, not ${count}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  } finally {
    await client.end();
  }
}
