import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { namesDirectory, parsePostmasterFile, removeStaleFile, servesDirectory } from './postmaster-file.js';

const FILE = '4711\n/data/postgres\n1790000000\n5432\n/tmp/threadline-pg-AbCdEf\n\n  5432001   3\nready   \n';

describe('what a server says of itself', () => {
  it('has its number, port and socket', () => {
    expect(parsePostmasterFile(FILE)).toEqual({
      pid: 4711,
      port: 5432,
      socketDirectory: '/tmp/threadline-pg-AbCdEf',
    });
  });

  it('has no socket in the first moments', () => {
    expect(parsePostmasterFile('4711\n/data\n1790000000\n5432\n')).toMatchObject({
      pid: 4711,
      socketDirectory: '',
    });
  });

  it.each(['', '\n', 'nonsense\n', '-4711\n/data\n', '0\n', '1.5\n'])(
    'is nothing when it reads %j',
    (text) => {
      expect(parsePostmasterFile(text)).toBeUndefined();
    },
  );
});

describe('whose process a number is', () => {
  it('is told by the directory on its command line, as a whole', () => {
    expect(namesDirectory(['postgres', '-D', '/data/postgres', '-c', 'port=5432'], '/data/postgres')).toBe(
      true,
    );
    expect(namesDirectory(['postgres', '-D', '/data/postgres2'], '/data/postgres')).toBe(false);
    expect(namesDirectory(['less', '/data/postgres'], '/data/postgres')).toBe(false);
  });

  it('is not ours when it is this very process', async () => {
    expect(await servesDirectory(process.pid, '/data/postgres')).toBe(false);
  });
});

describe('removing a stale file', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'threadline-pid-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('removes the one that was judged', async () => {
    await writeFile(join(directory, 'postmaster.pid'), FILE);
    await removeStaleFile(directory, { pid: 4711, port: 5432, socketDirectory: '' });
    expect(await readdir(directory)).toEqual([]);
  });

  it('puts one back that a new server wrote in the meantime', async () => {
    await writeFile(join(directory, 'postmaster.pid'), FILE);
    await removeStaleFile(directory, { pid: 42, port: 5432, socketDirectory: '' });
    expect(await readFile(join(directory, 'postmaster.pid'), 'utf8')).toBe(FILE);
    expect(await readdir(directory)).toEqual(['postmaster.pid']);
  });

  it('does not mind that it is gone already', async () => {
    await expect(
      removeStaleFile(directory, { pid: 4711, port: 5432, socketDirectory: '' }),
    ).resolves.toBeUndefined();
  });
});
