import { existsSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { WORST_CASES, type WorstCase } from '../../bench/measures/worst-cases.js';
import { startRepeatingProvider, type RepeatingProvider } from '../doubles/repeating-provider.js';
import { freshDatabase, type FreshDatabase } from '../setup/test-database.js';
import { startServerProcess, type ServerProcess } from '../support/server-process.js';
import { isFullSize } from '../support/size.js';
import type { TestUser } from '../support/test-user.js';

const report = join(tmpdir(), `threadline-bystander-${process.pid}.txt`);

/** In the small size those that are over soon. */
const SOON = /counted|posts forty|more turns/;
const CASES = WORST_CASES.filter(({ name }) => isFullSize || SOON.test(name));

describe('a bystander', () => {
  let provider: RepeatingProvider;
  let database: FreshDatabase;
  let server: ServerProcess;
  let client: pg.Client;
  let bystander: TestUser;
  beforeAll(async () => {
    provider = await startRepeatingProvider();
    database = await freshDatabase();
    client = new pg.Client({ connectionString: database.connectionString });
    await client.connect();
    server = await startServerProcess({
      DATABASE_URL: database.connectionString,
      OPENAI_URL: provider.url,
      MAX_CONCURRENT_TURNS: '5',
      THREADLINE_LOOP_REPORT: report,
    });
    bystander = await server.user({ sub: 'bystander' });
    // What is loaded with the first requests is no part of this.
    await bystander.newThread();
    await pause(3_000);
  }, 120_000);
  afterAll(async () => {
    await server?.end('SIGKILL');
    await client?.end();
    await database?.drop();
    await provider?.close();
  });
  beforeEach(() => rmSync(report, { force: true }));

  async function during(worst: WorstCase): Promise<readonly number[]> {
    const { token } = await server.user({ sub: `worst of ${worst.name}` });
    const attack = await worst.prepare({
      port: Number(new URL(server.url).port),
      token,
      database: client,
      backgroundMs: 4_000,
    });
    const statuses: number[] = [];
    let isOver = false;
    const over = attack().finally(() => (isOver = true));
    while (!isOver) {
      statuses.push((await bystander.ask('GET', '/chat/threads')).status);
      await pause(20);
    }
    await over;
    return statuses;
  }

  it.each(CASES.map((worst) => [worst.name, worst] as const))(
    'is answered, and nothing holds the server up, %s',
    async (_, worst) => {
      const statuses = await during(worst);
      expect([...new Set(statuses)]).toEqual([200]);
      expect(existsSync(report) ? readFileSync(report, 'utf8') : '').toBe('');
    },
    // What is prepared takes longer than what is tested: 32 MB are indexed first.
    300_000,
  );
});
