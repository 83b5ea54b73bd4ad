import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.js';
import { startTcpProxy, throughProxy } from './tcp-proxy.js';

const PROGRAMS = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer'];
const START_LIMIT_MS = 10_000;

/** A pooler in front of a database, on a free port. */
export interface PgBouncer {
  /** The database through it. */
  readonly connectionString: string;
  close(): Promise<void>;
}

export function hasPgBouncer(): boolean {
  return program() !== undefined;
}

/** Starts Debian's pgbouncer in front of a database, with one of its modes. */
export async function startPgBouncer(
  connectionString: string,
  mode: 'session' | 'transaction' | 'statement',
): Promise<PgBouncer> {
  const path = program();
  if (path === undefined) throw new Error('There is no pgbouncer here (Debian: apt-get install pgbouncer).');
  // It runs as nobody, who may not open a socket of ours.
  const proxy = await startTcpProxy(connectionString);
  const { username, password, pathname } = new URL(throughProxy(connectionString, proxy));
  const folder = await mkdtemp(join(tmpdir(), 'threadline-pgbouncer-'));
  await chmod(folder, 0o755);
  const port = await freePort();
  const file = join(folder, 'pgbouncer.ini');
  const user = decodeURIComponent(username);
  const secret = password === '' ? '' : ` password=${decodeURIComponent(password)}`;
  await writeFile(join(folder, 'users'), `"${user}" ""\n`);
  await writeFile(
    file,
    [
      '[databases]',
      `* = host=127.0.0.1 port=${proxy.port} user=${user}${secret}`,
      '[pgbouncer]',
      'listen_addr = 127.0.0.1',
      `listen_port = ${port}`,
      'unix_socket_dir =',
      'auth_type = any',
      `pool_mode = ${mode}`,
      'default_pool_size = 12',
    ].join('\n'),
  );
  const args = process.getuid?.() === 0 ? ['-u', 'nobody', file] : [file];
  const server = spawn(path, args, { stdio: ['ignore', 'ignore', 'ignore'] });
  const orphan = () => server.kill('SIGKILL');
  process.once('exit', orphan);
  await untilItListens(port);
  return {
    connectionString: `postgresql://${username}@127.0.0.1:${port}${pathname}`,
    async close() {
      process.off('exit', orphan);
      if (server.exitCode === null && server.signalCode === null) {
        server.kill('SIGKILL');
        await once(server, 'exit');
      }
      await proxy.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function program(): string | undefined {
  return PROGRAMS.find((path) => spawnSync(path, ['--version'], { stdio: 'ignore' }).status === 0);
}

async function untilItListens(port: number): Promise<void> {
  const deadline = Date.now() + START_LIMIT_MS;
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    } finally {
      socket.destroy();
    }
  }
}
