import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFile,
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
} from '../../src/platform/database/embedded/index.js';
import { sized } from '../support/size.js';
import { until } from '../support/until.js';

interface Outcome {
  readonly connectionString?: string;
  readonly location?: string;
  readonly reused?: boolean;
  readonly refused?: string;
}

interface Holder {
  readonly child: ChildProcess;
  readonly outcome: Outcome;
}

/** How long a server waits for a new owner; the full size is what it does by itself. */
const [OWNERLESS_MS, OWNERLESS] = sized([4_000, { ownerlessSeconds: 4 }], [30_000, {}]);

describe('the embedded Postgres', () => {
  let dataDir: string;
  let open: EmbeddedPostgres[];
  let children: ChildProcess[];

  beforeEach(async () => {
    // Named so that the next run clears it away, server and all, if this one is cut off.
    const home = await mkdtemp(join(tmpdir(), `threadline-test-${process.pid}-`));
    // Root's server runs as another user, who has to get through.
    await chmod(home, 0o711);
    dataDir = join(home, 'data');
    open = [];
    children = [];
  });

  afterEach(async () => {
    await Promise.all(children.map(finish));
    await Promise.all(open.map((database) => database.stop()));
    // What a failed test left running is found by its data and stopped with them.
    const left = await stat(join(dataDir, 'postgres', 'postmaster.pid')).catch(() => undefined);
    if (left !== undefined) await (await start()).stop();
    const location = await lstat(join(dataDir, 'postgres')).catch(() => undefined);
    if (location?.isSymbolicLink()) await rm(dirname(await linkTarget()), { recursive: true, force: true });
    await rm(dirname(dataDir), { recursive: true, force: true });
  });

  async function linkTarget(): Promise<string> {
    return readlink(join(dataDir, 'postgres'));
  }

  async function start(more: Partial<EmbeddedPostgresOptions> = {}): Promise<EmbeddedPostgres> {
    const database = await startEmbeddedPostgres({ dataDir, durable: false, ...more });
    open.push(database);
    return database;
  }

  async function startHolder(more: Partial<EmbeddedPostgresOptions> = {}): Promise<Holder> {
    const child = spawn(
      process.execPath,
      [
        '--import',
        resolve('test/setup/typescript-hooks.mjs'),
        resolve('test/setup/embedded-postgres-holder.ts'),
        dataDir,
        JSON.stringify(more),
      ],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    children.push(child);
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    return { child, outcome: JSON.parse(line) as Outcome };
  }

  async function finish(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.stdin?.end();
    await once(child, 'exit');
  }

  async function query(connectionString: string, text: string): Promise<string> {
    const client = new pg.Client({ connectionString });
    await client.connect();
    try {
      const { rows } = await client.query<{ answer: unknown }>(text);
      return String(rows[0]?.answer);
    } finally {
      await client.end();
    }
  }

  async function postmasterPid(location: string): Promise<number> {
    return Number((await readFile(join(location, 'postmaster.pid'), 'utf8')).split('\n')[0]);
  }

  it('keeps the data over a stop and a start', async () => {
    const first = await start();
    await query(first.connectionString, `CREATE TABLE kept AS SELECT 'still here' AS answer`);
    await first.stop();
    await first.stop();
    const second = await start();
    expect(second.reused).toBe(false);
    expect(await query(second.connectionString, 'SELECT answer FROM kept')).toBe('still here');
  });

  it('is a full Postgres in UTF-8 that listens on no port, for a role without a superuser’s powers', async () => {
    const { connectionString, location, serverVersion } = await start();
    expect(serverVersion).toMatch(/^\d+\.\d+/);
    expect(await query(connectionString, 'SHOW listen_addresses AS answer').catch(() => '')).toBe('');
    expect(await query(connectionString, `SELECT current_setting('listen_addresses') AS answer`)).toBe('');
    expect(await query(connectionString, `SELECT lower('ÉÑΣ') AS answer`)).toBe('éñσ');
    expect(await query(connectionString, `SELECT to_tsvector('simple', 'Über') AS answer`)).toBe("'über':1");
    expect(
      await query(connectionString, `SELECT rolsuper AS answer FROM pg_roles WHERE rolname = current_user`),
    ).toBe('false');
    await query(connectionString, 'CREATE EXTENSION pg_trgm');
    await query(connectionString, 'CREATE EXTENSION unaccent');
    const { mode } = await stat(location);
    expect(mode & 0o777).toBe(0o700);
  });

  it('removes its socket when it stops', async () => {
    const database = await start();
    const socket = decodeURIComponent(/host=([^&]+)/.exec(database.connectionString)?.[1] ?? '');
    expect(await readdir(socket)).toContain('.s.PGSQL.5432');
    await database.stop();
    await expect(stat(socket)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('takes over the server of a process that was killed, and stops it', async () => {
    const { child, outcome } = await startHolder();
    await query(outcome.connectionString ?? '', `CREATE TABLE kept AS SELECT 'survived' AS answer`);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const database = await start();
    expect(database.reused).toBe(true);
    expect(database.connectionString).toBe(outcome.connectionString);
    expect(await query(database.connectionString, 'SELECT answer FROM kept')).toBe('survived');
    const pid = await postmasterPid(database.location);
    await database.stop();
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('refuses a second process in words and leaves the first one’s server alone', async () => {
    const first = await start();
    const { outcome } = await startHolder();
    expect(outcome.refused).toMatch(/Another Threadline already uses the data in .+ DATABASE_URL/s);
    expect(await query(first.connectionString, `SELECT 'untouched' AS answer`)).toBe('untouched');
  });

  it('refuses a second start inside the same process too', async () => {
    await start();
    await expect(start()).rejects.toThrow('Another Threadline already uses the data');
  });

  it('lets exactly one of two first starts at once come up', async () => {
    const holders = await Promise.all([startHolder(), startHolder()]);
    const winners = holders.filter(({ outcome }) => outcome.connectionString !== undefined);
    const losers = holders.filter(({ outcome }) => outcome.refused !== undefined);
    expect(winners).toHaveLength(1);
    expect(losers[0]?.outcome.refused).toContain('Another Threadline already uses the data');
    expect(await query(winners[0]?.outcome.connectionString ?? '', `SELECT 'up' AS answer`)).toBe('up');
    expect((await readdir(dataDir)).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('waits for a process that is just stopping instead of refusing', async () => {
    const { child } = await startHolder();
    const [database] = await Promise.all([start(), finish(child)]);
    expect(await query(database.connectionString, `SELECT 'up' AS answer`)).toBe('up');
  });

  it('starts over a server that was killed', async () => {
    const { child, outcome } = await startHolder({ durable: true });
    await query(outcome.connectionString ?? '', `CREATE TABLE kept AS SELECT 'replayed' AS answer`);
    const location = await realLocation();
    process.kill(await postmasterPid(location), 'SIGKILL');
    child.kill('SIGKILL');
    const database = await start();
    expect(database.reused).toBe(false);
    expect(await query(database.connectionString, 'SELECT answer FROM kept')).toBe('replayed');
  });

  it('starts although a stale file names a process that is somebody else’s', async () => {
    const first = await start();
    await first.stop();
    const lines = [process.pid, first.location, 1, 5432, '/nowhere', '', '', 'ready'];
    await writeFile(join(first.location, 'postmaster.pid'), `${lines.join('\n')}\n`);
    const second = await start();
    expect(await query(second.connectionString, `SELECT 'up' AS answer`)).toBe('up');
  });

  it('takes its directory lock again after the server cut every session', async () => {
    const { connectionString } = await start();
    const superuser = connectionString.replace('//threadline@/threadline', '//postgres@/postgres');
    const holders = `SELECT count(*) AS answer FROM pg_locks WHERE locktype = 'advisory'`;
    await query(
      superuser,
      `SELECT pg_terminate_backend(pid) AS answer FROM pg_locks WHERE locktype = 'advisory'`,
    );
    for (let look = 0; look < 100 && (await query(superuser, holders)) !== '1'; look += 1) {
      await new Promise((wake) => setTimeout(wake, 50));
    }
    expect(await query(superuser, holders)).toBe('1');
  });

  const isAlive = (pid: number) => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };

  const superuserOf = (connectionString: string) =>
    connectionString.replace('//threadline@/threadline', '//postgres@/postgres');

  it('ends by itself soon after its owner was killed', async () => {
    const { child, outcome } = await startHolder(OWNERLESS);
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
    const { child, outcome } = await startHolder(OWNERLESS);
    const pid = await postmasterPid(outcome.location!);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const database = await start(OWNERLESS);
    await pause(OWNERLESS_MS + 5_000);
    expect(await postmasterPid(database.location)).toBe(pid);
    expect(await query(database.connectionString, `SELECT 'up' AS answer`)).toBe('up');
    const guards = `SELECT count(*) AS answer FROM pg_stat_activity WHERE application_name = 'threadline-guard'`;
    expect(await query(superuserOf(database.connectionString), guards)).toBe('1');
  }, 60_000);

  it('ends when its owner is killed while it comes up', async () => {
    const child = spawn(
      process.execPath,
      [
        '--import',
        resolve('test/setup/typescript-hooks.mjs'),
        resolve('test/setup/embedded-postgres-holder.ts'),
        dataDir,
      ],
      { stdio: ['pipe', 'ignore', 'inherit'] },
    );
    let pid = NaN;
    await until(
      async () =>
        (pid = await realLocation()
          .then(postmasterPid)
          .catch(() => NaN)) > 0,
    );
    child.kill('SIGKILL');
    await until(() => !isAlive(pid));
  });

  it('is guarded again after the guard’s session was cut', async () => {
    const { connectionString } = await start();
    const guard = `SELECT pid AS answer FROM pg_stat_activity
      WHERE application_name = 'threadline-guard' AND query LIKE '%DO $guard$%'`;
    const ask = (text: string) => query(superuserOf(connectionString), text);
    await until(async () => Number(await ask(guard)) > 0);
    const first = await ask(guard);
    await ask(`SELECT pg_terminate_backend(${first}) AS answer`);
    await until(async () => ![first, 'undefined'].includes(await ask(guard)));
  });

  it('says in words when the data were written by another version', async () => {
    const first = await start();
    await first.stop();
    const file = join(first.location, 'PG_VERSION');
    const version = await readFile(file, 'utf8');
    await writeFile(file, '12\n');
    await expect(start()).rejects.toThrow(
      /were written by Postgres 12, and this release carries Postgres \d+\. .*npm run backup.*npm run restore/s,
    );
    await writeFile(file, version);
  });

  it('keeps the data in a folder that other users cannot enter, or behind a link from it', async () => {
    await chmod(dirname(dataDir), 0o700);
    const first = await start();
    await query(first.connectionString, `CREATE TABLE kept AS SELECT 'found again' AS answer`);
    await first.stop();
    const second = await start();
    expect(second.location).toBe(first.location);
    expect(await query(second.connectionString, 'SELECT answer FROM kept')).toBe('found again');
  });

  it('says in words when the folder holds something else', async () => {
    await mkdir(join(dataDir, 'postgres'), { recursive: true });
    await writeFile(join(dataDir, 'postgres', 'photo.jpg'), '');
    await expect(start()).rejects.toThrow('holds something that is not a Postgres database');
  });

  it('says why the server did not start, and where its log is', async () => {
    const first = await start();
    await first.stop();
    await appendFile(join(first.location, 'postgresql.conf'), '\nno_such_setting = 1\n');
    await expect(start()).rejects.toThrow(
      /did not start\. Its last words: .*no_such_setting.*postgres\.log/s,
    );
  });

  it('writes no text of a failing statement to its log', async () => {
    const { connectionString } = await start();
    await expect(query(connectionString, `SELECT 'a secret of the user'::uuid`)).rejects.toThrow('uuid');
    expect(await readFile(join(dataDir, 'postgres.log'), 'utf8')).not.toContain('a secret');
  });

  async function realLocation(): Promise<string> {
    const place = join(dataDir, 'postgres');
    return (await lstat(place)).isSymbolicLink() ? linkTarget() : join(dirname(place), basename(place));
  }
});
