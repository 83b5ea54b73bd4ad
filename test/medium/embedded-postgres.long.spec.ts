import { appendFile, chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { answerOf, embeddedData, postmasterPid, superuserOf } from '../support/embedded-data.js';
import { isAlive } from '../support/npm-start.js';
import { putPreparedData } from '../support/prepared-data.js';
import { until } from '../support/until.js';

describe('the embedded Postgres at its first start', () => {
  const on = embeddedData();

  it('is a full Postgres in UTF-8 that listens on no port, for a role without a superuser’s powers', async () => {
    const { connectionString, location, serverVersion } = await on.start();
    expect(serverVersion).toMatch(/^\d+\.\d+/);
    expect(await answerOf(connectionString, 'SHOW listen_addresses AS answer').catch(() => '')).toBe('');
    expect(await answerOf(connectionString, `SELECT current_setting('listen_addresses') AS answer`)).toBe('');
    expect(await answerOf(connectionString, `SELECT lower('ÉÑΣ') AS answer`)).toBe('éñσ');
    expect(await answerOf(connectionString, `SELECT to_tsvector('simple', 'Über') AS answer`)).toBe(
      "'über':1",
    );
    expect(
      await answerOf(
        connectionString,
        `SELECT rolsuper AS answer FROM pg_roles WHERE rolname = current_user`,
      ),
    ).toBe('false');
    await answerOf(connectionString, 'CREATE EXTENSION pg_trgm');
    await answerOf(connectionString, 'CREATE EXTENSION unaccent');
    const { mode } = await stat(location);
    expect(mode & 0o777).toBe(0o700);
  });

  it('lets exactly one of two first starts at once come up', async () => {
    const holders = await Promise.all([on.startHolder(), on.startHolder()]);
    const winners = holders.filter(({ outcome }) => outcome.connectionString !== undefined);
    const losers = holders.filter(({ outcome }) => outcome.refused !== undefined);
    expect(winners).toHaveLength(1);
    expect(losers[0]?.outcome.refused).toContain('Another Threadline already uses the data');
    expect(await answerOf(winners[0]?.outcome.connectionString ?? '', `SELECT 'up' AS answer`)).toBe('up');
    expect((await readdir(on.dataDir)).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('ends when its owner is killed while it comes up', async () => {
    // Whichever of its two watchdogs it has by then.
    const child = on.spawnHolder({ ownerlessSeconds: 2 });
    let pid = NaN;
    await until(
      async () =>
        (pid = await on
          .realLocation()
          .then(postmasterPid)
          .catch(() => NaN)) > 0,
    );
    child.kill('SIGKILL');
    await until(() => !isAlive(pid));
  }, 180_000);

  it('keeps the data in a folder that other users cannot enter, or behind a link from it', async () => {
    await chmod(dirname(on.dataDir), 0o700);
    const first = await on.start();
    await answerOf(first.connectionString, `CREATE TABLE kept AS SELECT 'found again' AS answer`);
    await first.stop();
    const second = await on.start();
    expect(second.location).toBe(first.location);
    expect(await answerOf(second.connectionString, 'SELECT answer FROM kept')).toBe('found again');
  });

  it('says in words when the folder holds something else', async () => {
    await mkdir(join(on.dataDir, 'postgres'), { recursive: true });
    await writeFile(join(on.dataDir, 'postgres', 'photo.jpg'), '');
    await expect(on.start()).rejects.toThrow('holds something that is not a Postgres database');
  });
});

describe('the embedded Postgres over data that are there', () => {
  const on = embeddedData();
  beforeEach(() => putPreparedData(on.dataDir));

  it('keeps the data over a stop and a start', async () => {
    const first = await on.start();
    await answerOf(first.connectionString, `CREATE TABLE kept AS SELECT 'still here' AS answer`);
    await first.stop();
    await first.stop();
    const second = await on.start();
    expect(second.reused).toBe(false);
    expect(await answerOf(second.connectionString, 'SELECT answer FROM kept')).toBe('still here');
  });

  it('refuses a second process in words and leaves the first one’s server alone', async () => {
    const first = await on.start();
    const { outcome } = await on.startHolder();
    expect(outcome.refused).toMatch(/Another Threadline already uses the data in .+ DATABASE_URL/s);
    expect(await answerOf(first.connectionString, `SELECT 'untouched' AS answer`)).toBe('untouched');
  });

  it('refuses a second start inside the same process too', async () => {
    await on.start();
    await expect(on.start()).rejects.toThrow('Another Threadline already uses the data');
  });

  it('waits for a process that is just stopping instead of refusing', async () => {
    const { child } = await on.startHolder();
    const [database] = await Promise.all([on.start(), on.finish(child)]);
    expect(await answerOf(database.connectionString, `SELECT 'up' AS answer`)).toBe('up');
  });

  it('starts although a stale file names a process that is somebody else’s', async () => {
    const first = await on.start();
    await first.stop();
    const lines = [process.pid, first.location, 1, 5432, '/nowhere', '', '', 'ready'];
    await writeFile(join(first.location, 'postmaster.pid'), `${lines.join('\n')}\n`);
    const second = await on.start();
    expect(await answerOf(second.connectionString, `SELECT 'up' AS answer`)).toBe('up');
  });

  it('takes its directory lock again after the server cut every session', async () => {
    const { connectionString } = await on.start();
    const superuser = superuserOf(connectionString);
    const holders = `SELECT count(*) AS answer FROM pg_locks WHERE locktype = 'advisory'`;
    await answerOf(
      superuser,
      `SELECT pg_terminate_backend(pid) AS answer FROM pg_locks WHERE locktype = 'advisory'`,
    );
    for (let look = 0; look < 100 && (await answerOf(superuser, holders)) !== '1'; look += 1) {
      await new Promise((wake) => setTimeout(wake, 50));
    }
    expect(await answerOf(superuser, holders)).toBe('1');
  });

  it('says in words when the data were written by another version', async () => {
    const first = await on.start();
    await first.stop();
    const file = join(first.location, 'PG_VERSION');
    const version = await readFile(file, 'utf8');
    await writeFile(file, '12\n');
    await expect(on.start()).rejects.toThrow(
      /were written by Postgres 12, and this release carries Postgres \d+\. .*npm run backup.*npm run restore/s,
    );
    await writeFile(file, version);
  });

  it('says why the server did not start, and where its log is', async () => {
    const first = await on.start();
    await first.stop();
    await appendFile(join(first.location, 'postgresql.conf'), '\nno_such_setting = 1\n');
    await expect(on.start()).rejects.toThrow(
      /did not start\. Its last words: .*no_such_setting.*postgres\.log/s,
    );
  });

  it('removes its socket when it stops', async () => {
    const database = await on.start();
    const socket = decodeURIComponent(/host=([^&]+)/.exec(database.connectionString)?.[1] ?? '');
    expect(await readdir(socket)).toContain('.s.PGSQL.5432');
    await database.stop();
    await expect(stat(socket)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('writes no text of a failing statement to its log', async () => {
    const { connectionString } = await on.start();
    await expect(answerOf(connectionString, `SELECT 'a secret of the user'::uuid`)).rejects.toThrow('uuid');
    expect(await readFile(join(on.dataDir, 'postgres.log'), 'utf8')).not.toContain('a secret');
  });
});
