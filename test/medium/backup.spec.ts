import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { MIGRATIONS, SCHEMA } from '../../migrations/index.js';
import { makeBackup, restoreBackup } from '../../src/platform/database/backup/index.js';
import { migrate } from '../../src/platform/database/index.js';
import { freshDatabase, type FreshDatabase } from '../setup/test-database.js';
import { AWKWARD, contentsOf, fill, keysOf, withClient } from '../support/filled-database.js';

const NEVER = new AbortController().signal;
const NAMES = MIGRATIONS.map(({ name }) => name);

describe('a backup', () => {
  let folder: string;
  let file: string;
  const databases: FreshDatabase[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'threadline-backup-'));
  });
  beforeEach(() => (file = join(folder, `${randomBytes(4).toString('hex')}.backup`)));
  afterAll(async () => {
    await Promise.all(databases.map((database) => database.drop()));
    await rm(folder, { recursive: true, force: true });
  });

  const fresh = async () => {
    const database = await freshDatabase();
    databases.push(database);
    return database.connectionString;
  };

  /** A database that no release has ever used. */
  const empty = async () => {
    const connectionString = await fresh();
    await withClient(connectionString, (client) =>
      client.query('DROP SCHEMA IF EXISTS bullmq CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public'),
    );
    return connectionString;
  };

  it('has everything, to the letter, and the numbers that are given out go on', async () => {
    const source = await fresh();
    await withClient(source, (client) => fill(client, 5));
    const made = await makeBackup(source, file, '1.2.3', NEVER);
    const target = await empty();
    const header = await restoreBackup(target, file, SCHEMA, false, NEVER);

    expect(made.tables).toBeGreaterThan(10);
    expect(header).toMatchObject({ release: '1.2.3', migrations: NAMES });
    expect(await contentsOf(target)).toEqual(await contentsOf(source));
    expect(await keysOf(target)).toEqual(await keysOf(source));
    const next = await withClient(target, (client) =>
      client.query<{ id: number }>(`INSERT INTO rag_scopes (org_id, level) VALUES ('next', 0) RETURNING id`),
    );
    expect(next.rows[0]?.id).toBe(2);
  });

  it('of an older release is restored as it was, and brought up to date', async () => {
    const source = await empty();
    const former = NAMES.slice(0, 5);
    await migrate(source, SCHEMA, former);
    await withClient(source, (client) => fill(client, 3));
    await makeBackup(source, file, '0.0.1', NEVER);
    const target = await empty();
    const header = await restoreBackup(target, file, SCHEMA, false, NEVER);

    expect(header.migrations).toEqual(former);
    await withClient(target, async (client) => {
      const { rows } = await client.query<{ name: string }>('SELECT name FROM schema_migrations ORDER BY id');
      expect(rows.map(({ name }) => name)).toEqual(NAMES);
      const turns = await client.query('SELECT position, holds_thread FROM turns');
      expect(turns.rows).toHaveLength(3);
      expect((await client.query('SELECT FROM llm_attempts_under_way')).rows).toEqual([]);
    });
    // Later releases have added columns.
    const messages =
      'SELECT id, thread_id, turn_id, position, role, content, status, created_at FROM messages ORDER BY id';
    const read = (from: string) => withClient(from, async (client) => (await client.query(messages)).rows);
    expect(await read(target)).toEqual(await read(source));
  });

  it('is of one moment, whatever is written meanwhile', async () => {
    const source = await fresh();
    await withClient(source, (client) => fill(client, 10));
    let isOver = false;
    const writing = withClient(source, async (client) => {
      while (!isOver) await fill(client, 1);
    });
    await makeBackup(source, file, '1.2.3', NEVER);
    isOver = true;
    await writing;
    const target = await empty();
    await restoreBackup(target, file, SCHEMA, false, NEVER);

    const counts = await withClient(target, (client) =>
      client.query<Record<string, number>>(
        `SELECT (SELECT count(*)::int FROM threads) AS threads, (SELECT count(*)::int FROM messages) AS messages,
           (SELECT count(*)::int FROM turns) AS turns`,
      ),
    );
    const { threads, messages, turns } = counts.rows[0]!;
    expect(threads).toBeGreaterThanOrEqual(10);
    expect([messages, turns]).toEqual([threads! * AWKWARD.length, threads]);
  });

  it('is for its owner’s eyes, takes the place of the former one at once, and leaves nothing when it fails', async () => {
    const source = await fresh();
    await writeFile(file, 'the former one');
    await makeBackup(source, file, '1.2.3', NEVER);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const whole = await readFile(file);
    const stopped = new AbortController();
    stopped.abort();

    await expect(makeBackup(source, file, '1.2.3', stopped.signal)).rejects.toThrow();
    await expect(makeBackup(await empty(), file, '1.2.3', NEVER)).rejects.toThrow('nothing to back up');
    expect(await readFile(file)).toEqual(whole);
    expect((await readdir(folder)).filter((name) => name.includes('.part-'))).toEqual([]);
  });

  it('follows a symbolic link, and takes the place of what it leads to', async () => {
    const source = await fresh();
    const store = join(folder, 'store');
    await mkdir(store, { recursive: true });
    const [former, later, link, dangling] = ['former', 'later', 'link', 'dangling'].map((name, index) =>
      join(index < 2 ? store : folder, `${name}-${randomBytes(4).toString('hex')}`),
    ) as [string, string, string, string];
    await writeFile(former, 'what was there');
    await symlink(former, link);
    await symlink(join('store', later.slice(store.length + 1)), dangling);
    await makeBackup(source, link, '1.2.3', NEVER);
    await makeBackup(source, dangling, '1.2.3', NEVER);

    expect(await readlink(link)).toBe(former);
    expect((await lstat(dangling)).isSymbolicLink()).toBe(true);
    for (const path of [former, later]) {
      expect(gunzipSync(await readFile(path)).toString('latin1')).toMatch(/^THREADLINE BACKUP/);
      expect((await stat(path)).mode & 0o777).toBe(0o600);
    }
    expect((await readdir(store)).filter((name) => name.includes('.part-'))).toEqual([]);
  });

  it.each([
    ['a pipe', (path: string) => void execFileSync('mkfifo', [path]), /is a device, a pipe or a socket\./],
    ['a directory', (path: string) => mkdir(path), /is a directory\. Name a file\./],
    ['a link to a device', (path: string) => symlink('/dev/null', path), /is a device, a pipe or a socket\./],
    ['a link to itself', (path: string) => symlink(path, path), /cannot be (written|read) \(ELOOP\)\./],
  ])('is neither written to %s nor read from it, in words', async (_, make, words) => {
    const source = await fresh();
    await make(file);
    const before = await lstat(file);
    const made = makeBackup(source, file, '1.2.3', NEVER);
    await expect(made).rejects.toThrow(words);
    await expect(made).rejects.toMatchObject({ name: 'BackupError' });
    const restored = restoreBackup(source, file, SCHEMA, true, NEVER);
    await expect(restored).rejects.toThrow(words);
    await expect(restored).rejects.toMatchObject({ name: 'BackupError' });

    const after = await lstat(file);
    expect([after.ino, after.mode]).toEqual([before.ino, before.mode]);
  });

  it('is not restored over something else, unless that is asked for', async () => {
    const source = await fresh();
    await withClient(source, (client) => fill(client, 2));
    await makeBackup(source, file, '1.2.3', NEVER);
    const target = await fresh();
    await withClient(target, (client) => fill(client, 1));
    const before = await contentsOf(target);

    await expect(restoreBackup(target, file, SCHEMA, false, NEVER)).rejects.toThrow(
      'The database is not empty.',
    );
    expect(await contentsOf(target)).toEqual(before);
    await restoreBackup(target, file, SCHEMA, true, NEVER);
    expect(await contentsOf(target)).toEqual(await contentsOf(source));
  });

  it('is restored into the database of a release that was started and has nothing yet', async () => {
    const source = await fresh();
    await withClient(source, (client) => fill(client, 1));
    await makeBackup(source, file, '1.2.3', NEVER);
    const target = await fresh();
    await restoreBackup(target, file, SCHEMA, false, NEVER);
    expect(await contentsOf(target)).toEqual(await contentsOf(source));
  });

  it('that is damaged, cut off, or something else changes nothing', async () => {
    const source = await fresh();
    await withClient(source, (client) => fill(client, 2));
    await makeBackup(source, file, '1.2.3', NEVER);
    const whole = await readFile(file);
    const unpacked = gunzipSync(whole);
    const changed = Buffer.from(unpacked);
    changed[changed.indexOf('back') + 1]! ^= 1;
    const shortened = unpacked.subarray(0, unpacked.lastIndexOf('{"kind":"end"') - 5);
    const target = await fresh();
    await withClient(target, (client) => fill(client, 1));
    const before = await contentsOf(target);
    const damaged = 'The backup is damaged or not whole.';

    for (const [bytes, words] of [
      [whole.subarray(0, whole.length / 2), damaged],
      [whole.subarray(0, whole.length - 1), damaged],
      [gzipSync(changed), damaged],
      [gzipSync(shortened), damaged],
      [gzipSync(Buffer.concat([unpacked, Buffer.from('more')])), damaged],
      [Buffer.from('something else'), 'not a backup of Threadline'],
      [gzipSync('something else, which is packed'), 'not a backup of Threadline'],
      [Buffer.alloc(0), /not a backup|damaged/],
    ] as const) {
      await writeFile(file, bytes);
      await expect(restoreBackup(target, file, SCHEMA, true, NEVER)).rejects.toThrow(words);
    }
    expect(await contentsOf(target)).toEqual(before);
  });

  it('of a newer release, or of a newer format, is refused in words', async () => {
    const source = await fresh();
    await withClient(source, (client) =>
      client.query(
        `INSERT INTO schema_migrations (timestamp, name) VALUES (1990000000001, 'Later1990000000001')`,
      ),
    );
    await makeBackup(source, file, '9.9.9', NEVER);
    await expect(restoreBackup(await empty(), file, SCHEMA, false, NEVER)).rejects.toThrow(
      /made by release 9\.9\.9, whose schema this release does not know \(Later1990000000001\)/,
    );
  });
});
