import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../support/free-port.js';
import { isAlive, startByNpm, stayingShell, type StartedByNpm } from '../support/npm-start.js';
import { TEST_SECRET } from '../support/secret.js';
import { until } from '../support/until.js';

/** A server that was started by npm ends with npm, whatever ends that: the port and the data are free again. */
describe('npm start', () => {
  let home: string;
  let dataDir: string;
  let started: StartedByNpm | undefined;
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'threadline-npm-'));
    // Otherwise root's data would be kept elsewhere, where the user that Postgres runs as can reach them.
    await chmod(home, 0o711);
    dataDir = join(home, 'data');
  });
  afterEach(() => {
    if (started === undefined || started.child.pid === undefined) return;
    // Whatever a failed test has left of the group.
    try {
      process.kill(-started.child.pid, 'SIGKILL');
    } catch {
      // It is gone, as it should be.
    }
    if (isAlive(started.postmaster)) process.kill(started.postmaster, 'SIGINT');
    started = undefined;
  });
  afterAll(() => rm(home, { recursive: true, force: true }));

  const isOver = async ({ isOver }: StartedByNpm) => {
    await until(isOver);
    // Otherwise it was not the server that ended its database.
    const log = await readFile(join(dataDir, 'postgres.log'), 'utf8');
    expect(log).not.toContain('its server ends by itself');
  };

  it.each(['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGKILL'] as const)(
    'ends its server and the database when npm alone gets %s',
    async (signal) => {
      started = await startByNpm(dataDir);
      started.child.kill(signal);
      await isOver(started);
    },
    90_000,
  );

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'ends them when npm alone gets %s, and a shell stands between npm and the server',
    async (signal) => {
      const npm_config_script_shell = await stayingShell(home);
      started = await startByNpm(dataDir, { npm_config_script_shell });
      started.child.kill(signal);
      await isOver(started);
    },
    90_000,
  );

  it('ends them when the whole group gets SIGTERM', async () => {
    started = await startByNpm(dataDir, { npm_config_script_shell: await stayingShell(home) });
    process.kill(-started.child.pid!, 'SIGTERM');
    await isOver(started);
  }, 180_000);

  it('ends them when a shell was asked for it and gets SIGTERM', async () => {
    started = await startByNpm(dataDir, {}, 'npm start');
    started.child.kill('SIGTERM');
    await isOver(started);
  }, 180_000);

  it('leaves a server alone that was sent to the background on purpose', async () => {
    const port = await freePort();
    const { DATABASE_URL: _1, REDIS_URL: _2, ROLE: _3, ...inherited } = process.env;
    const shell = spawn(
      'sh',
      ['-c', `nohup "${process.execPath}" dist/src/main.js >/dev/null 2>&1 & echo $!`],
      {
        env: {
          ...inherited,
          ...{ DATA_DIR: dataDir, PORT: String(port), JWT_SECRET: TEST_SECRET, NODE_ENV: 'development' },
        },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const [line] = (await once(shell.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    const live = () => fetch(`http://127.0.0.1:${port}/health/live`).then(({ ok }) => ok);
    try {
      await until(() => live().catch(() => false));
      await new Promise((wake) => setTimeout(wake, 1_500));
      expect(await live()).toBe(true);
    } finally {
      process.kill(pid, 'SIGTERM');
      await until(() => !isAlive(pid));
    }
  }, 120_000);
});
