import pg from 'pg';
import { Listener } from '../../src/platform/database/index.js';
import { testDatabase } from '../setup/test-database.js';
import { until } from '../support/until.js';

type Ask = (...asked: readonly unknown[]) => Promise<unknown>;

describe('the connection that listens', () => {
  let connectionString: string;
  let pool: pg.Pool;
  let listener: Listener;
  beforeAll(async () => {
    ({ connectionString } = await testDatabase());
    pool = new pg.Pool({ connectionString });
  });
  beforeEach(() => (listener = new Listener(connectionString)));
  afterEach(() => listener.close());
  afterAll(() => pool?.end());

  it('is asked one thing at a time, however many want something of it at once', async () => {
    const prototype = pg.Client.prototype as unknown as { query: Ask };
    const { query: ask } = prototype;
    let [atOnce, most] = [0, 0];
    const asking = jest.spyOn(prototype, 'query');
    asking.mockImplementation(async function (this: pg.Client, ...asked) {
      most = Math.max(most, (atOnce += 1));
      return ask.call(this, ...asked).finally(() => (atOnce -= 1));
    });
    const heard: string[] = [];
    const channels = Array.from({ length: 20 }, (_, number) => `listener_${number}`);
    const hear = (channel: string) => listener.listen(channel, () => heard.push(channel));
    try {
      await Promise.all([...channels.slice(0, 10).map(hear), listener.hold('listener-spec')]);
      await Promise.all(channels.slice(10).map(hear));
      listener.unlisten('listener_3');
      await Promise.all([hear('listener_4'), hear('listener_5')]);
    } finally {
      asking.mockRestore();
    }
    expect(most).toBe(1);
    for (const channel of channels) await pool.query(`NOTIFY ${channel}`);
    const wanted = channels.filter((channel) => channel !== 'listener_3');
    await until(() => heard.length === wanted.length);
    expect(heard).toEqual(wanted);
  });

  it('hears again what it listened to when it was lost', async () => {
    const heard: string[] = [];
    await listener.listen('listener_lost', (payload) => heard.push(payload));
    await pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN "listener_lost"%'`,
    );
    // Anything may have happened meanwhile.
    await until(() => heard.includes(''));
    await Promise.all(['a', 'b'].map((name) => listener.listen(`listener_${name}`, () => undefined)));
    await pool.query(`NOTIFY listener_lost, 'again'`);
    await until(() => heard.includes('again'));
  });
});
