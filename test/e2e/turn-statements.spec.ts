import { startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { freshDatabase, type FreshDatabase } from '../setup/test-database.js';
import { StatementReader } from '../support/statement-reader.js';
import { APPEND } from '../../src/log/adapters/event-statements.js';
import { finishStatements } from '../../src/turn/adapters/finish-statements.js';
import { BEGIN_MESSAGE, END_MESSAGE } from '../../src/turn/adapters/progress-statements.js';
import { acceptStatement } from '../../src/turn/adapters/turn-statements.js';
import { NOBODY_TOLD } from '../../src/turn/ports/told-along.js';
import { ALONG, NO_ATTEMPTS } from '../support/foreign-sql.js';
import { framesUntil } from '../support/sse-client.js';
import { startTcpProxy, throughProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import type { TestUser } from '../support/test-user.js';

/** So many turns that what comes of itself meanwhile is told from what comes with each. */
const TURNS = 12;

/** In the order of their names. Nothing waits for the first one, which tells of what the others have stored, several at once. */
const STATEMENTS = [
  'notifier.notify',
  'turn_event_log.append',
  'turn_store.accept',
  'turn_store.finish',
  'usage.begin',
];

describe('a plain turn', () => {
  let standIn: OpenAiStandIn;
  let database: FreshDatabase;
  let proxy: TcpProxy;
  let server: TestServer;
  let user: TestUser;
  const counts = new Map<string, number>();
  beforeAll(async () => {
    [standIn, database] = await Promise.all([startOpenAiStandIn(), freshDatabase()]);
    proxy = await startTcpProxy(database.connectionString, () => {
      const reader = new StatementReader((name) => counts.set(name, (counts.get(name) ?? 0) + 1));
      return (piece) => reader.read(piece);
    });
    const address = throughProxy(database.connectionString, proxy);
    server = await startTestServer({ DATABASE_URL: address, OPENAI_URL: standIn.url });
    user = await server.user();
  });
  afterAll(async () => {
    await server?.stop(0);
    await proxy?.close();
    await database?.drop();
    await standIn?.close();
  });

  async function turn(threadId: string): Promise<void> {
    const stream = await user.stream(threadId, 'Hi [[tokens=2 delay=50]]');
    expect((await framesUntil(stream, 'done')).at(-1)?.type).toBe('done');
  }

  /** The statements that come with each of some turns. */
  async function during(work: () => Promise<void>): Promise<readonly string[]> {
    counts.clear();
    await work();
    return [...counts].flatMap(([name, times]) => (times >= TURNS ? [name] : [])).toSorted();
  }

  it('is these statements in a new thread', async () => {
    const threads: string[] = [];
    for (let made = 0; made < TURNS; made += 1) threads.push(await user.newThread());
    const statements = await during(async () => {
      for (const threadId of threads) await turn(threadId);
    });
    expect(statements).toEqual(STATEMENTS);
  });

  it('waits for nobody who notifies: what it commits does not', () => {
    const own = [
      acceptStatement(ALONG),
      APPEND,
      BEGIN_MESSAGE,
      END_MESSAGE,
      finishStatements(NO_ATTEMPTS, NOBODY_TOLD).silent.running,
    ];
    for (const { name, text } of own) expect([name, /notify/i.test(text)]).toEqual([name, false]);
  });

  it('is these and the one that reads what was said before, in a thread that goes on', async () => {
    const threadId = await user.newThread();
    await turn(threadId);
    const statements = await during(async () => {
      for (let asked = 0; asked < TURNS; asked += 1) await turn(threadId);
    });
    expect(statements).toEqual(['message_store.history_before', ...STATEMENTS]);
  });
});
