import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expectedText, startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { startServerProcess, type ServerProcess } from '../support/server-process.js';

interface Finished {
  readonly code: number | null;
  readonly words: string;
}

/** Runs one of the package's scripts, as an operator does. */
function npmRun(
  script: string,
  args: readonly string[],
  settings: Record<string, string>,
): Promise<Finished> {
  const { DATABASE_URL: _1, REDIS_URL: _2, ...inherited } = process.env;
  return new Promise((resolve) => {
    const env = { ...inherited, INIT_CWD: '', ...settings };
    const child = execFile('npm', ['run', '-s', script, '--', ...args], { env }, (_, out, err) =>
      resolve({ code: child.exitCode, words: out + err }),
    );
  });
}

describe('a backup from the command line', () => {
  let standIn: OpenAiStandIn;
  let home: string;
  const running: ServerProcess[] = [];
  beforeAll(async () => {
    standIn = await startOpenAiStandIn();
    home = await mkdtemp(join(tmpdir(), 'threadline-backup-'));
    // Otherwise root's data would be kept elsewhere, where the user that Postgres runs as can reach them.
    await chmod(home, 0o711);
  });
  afterAll(async () => {
    await Promise.all(running.map((server) => server.end('SIGINT')));
    await standIn?.close();
    await rm(home, { recursive: true, force: true });
  });

  const start = async (DATA_DIR: string) => {
    const server = await startServerProcess({ DATA_DIR, OPENAI_URL: standIn.url });
    running.push(server);
    return server;
  };

  it('is made while the server runs, is refused by a running one, and brings everything back elsewhere', async () => {
    const [here, there] = [join(home, 'here'), join(home, 'there')];
    const file = join(home, 'everything.backup');
    const server = await start(here);
    const alice = await server.user();
    const [threadId, busy] = [await alice.newThread(), await alice.newThread()];
    await alice.ask('POST', `/chat/threads/${threadId}/messages`, { content: 'Keep me [[tokens=5]]' });
    const stream = await alice.stream(busy, 'Running [[tokens=300 delay=20]]');
    await stream.frames.next();

    const made = await npmRun('backup', [file], { DATA_DIR: here });
    expect(made).toEqual({
      code: 0,
      words: expect.stringMatching(/^The backup of \d+ tables is in \S+ \(\d+ bytes\)\.\n$/),
    });
    stream.close();
    expect(await npmRun('restore', [file, '--force'], { DATA_DIR: here })).toEqual({
      code: 1,
      words: expect.stringContaining('Another Threadline already uses the data'),
    });
    expect(await npmRun('restore', [file], { DATA_DIR: there })).toEqual({
      code: 0,
      words: expect.stringMatching(/The backup that release \S+ made at \S+ is restored and up to date\.\n$/),
    });

    const again = await (await start(there)).user();
    const { messages } = (await again.ask('GET', `/chat/threads/${threadId}/messages`)).body;
    expect(messages.map(({ content }: { content: string }) => content)).toEqual([
      'Keep me [[tokens=5]]',
      expectedText(5),
    ]);
    // What ran when the backup was made goes on.
    const watcher = await again.watch(busy);
    for await (const { type, data } of watcher.frames)
      if (type === 'done') {
        expect(data['status']).toBe('completed');
        break;
      }
    watcher.close();
  }, 120_000);

  it('says in words what is wrong, and shows no password', async () => {
    const file = join(home, 'nothing.backup');
    const nowhere = { DATA_DIR: join(home, 'nowhere') };
    expect((await npmRun('backup', [], nowhere)).words).toContain('Usage: npm run backup -- FILE');
    expect((await npmRun('backup', [file], nowhere)).words).toContain('There is no database in');
    await writeFile(file, 'not a backup');
    const { code, words } = await npmRun('restore', [file], {
      DATABASE_URL: 'postgres://me:hunter2@127.0.0.1:1/x',
    });
    expect([code, words.includes('hunter2')]).toEqual([1, false]);
    expect(await readFile(file, 'utf8')).toBe('not a backup');
  }, 120_000);
});
