import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { answerOf, embeddedData, postmasterPid, superuserOf } from '../support/embedded-data.js';
import { isAlive } from '../support/npm-start.js';
import { putPreparedData } from '../support/prepared-data.js';
import { sized } from '../support/size.js';
import { until } from '../support/until.js';

/** How long a server waits for a new owner; the full size is what it does by itself. */
const [OWNERLESS_MS, OWNERLESS] = sized([4_000, { ownerlessSeconds: 4 }], [30_000, {}]);

describe('the embedded Postgres whose owner goes', () => {
  const on = embeddedData();
  beforeEach(() => putPreparedData(on.dataDir));

  it('takes over the server of a process that was killed, and stops it', async () => {
    const { child, outcome } = await on.startHolder();
    await answerOf(outcome.connectionString ?? '', `CREATE TABLE kept AS SELECT 'survived' AS answer`);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const database = await on.start();
    expect(database.reused).toBe(true);
    expect(database.connectionString).toBe(outcome.connectionString);
    expect(await answerOf(database.connectionString, 'SELECT answer FROM kept')).toBe('survived');
    const pid = await postmasterPid(database.location);
    await database.stop();
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('starts over a server that was killed', async () => {
    const { child, outcome } = await on.startHolder({ durable: true });
    await answerOf(outcome.connectionString ?? '', `CREATE TABLE kept AS SELECT 'replayed' AS answer`);
    const location = await on.realLocation();
    process.kill(await postmasterPid(location), 'SIGKILL');
    child.kill('SIGKILL');
    const database = await on.start();
    expect(database.reused).toBe(false);
    expect(await answerOf(database.connectionString, 'SELECT answer FROM kept')).toBe('replayed');
  });

  it('ends by itself soon after its owner was killed', async () => {
    const { child, outcome } = await on.startHolder(OWNERLESS);
    const pid = await postmasterPid(outcome.location!);
    const killedAt = Date.now();
    child.kill('SIGKILL');
    while (isAlive(pid) && Date.now() - killedAt < OWNERLESS_MS + 30_000) await pause(100);
    expect(isAlive(pid)).toBe(false);
    const socket = decodeURIComponent(/host=([^&]+)/.exec(outcome.connectionString!)?.[1] ?? '');
    await until(() =>
      stat(socket).then(
        () => false,
        () => true,
      ),
    );
  }, 70_000);

  it('goes on where a new owner has taken it over, which has a guard of its own', async () => {
    const { child, outcome } = await on.startHolder(OWNERLESS);
    const pid = await postmasterPid(outcome.location!);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const database = await on.start(OWNERLESS);
    await pause(OWNERLESS_MS + 5_000);
    expect(await postmasterPid(database.location)).toBe(pid);
    expect(await answerOf(database.connectionString, `SELECT 'up' AS answer`)).toBe('up');
    const guards = `SELECT count(*) AS answer FROM pg_stat_activity WHERE application_name = 'threadline-guard'`;
    expect(await answerOf(superuserOf(database.connectionString), guards)).toBe('1');
  }, 120_000);

  it('is guarded again after the guard’s session was cut', async () => {
    const { connectionString } = await on.start();
    const guard = `SELECT pid AS answer FROM pg_stat_activity
      WHERE application_name = 'threadline-guard' AND query LIKE '%DO $guard$%'`;
    const ask = (text: string) => answerOf(superuserOf(connectionString), text);
    await until(async () => Number(await ask(guard)) > 0);
    const first = await ask(guard);
    await ask(`SELECT pg_terminate_backend(${first}) AS answer`);
    await until(async () => ![first, 'undefined'].includes(await ask(guard)));
  });
});
