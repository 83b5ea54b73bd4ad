import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.js';

const TIMEOUT_MS = 10_000;
const OK = '+OK\r\n';

export interface RedisServerOptions {
  /** What clients have to say first; `url` has it. */
  readonly password?: string;
  /** More lines of its configuration, as arguments: `['--maxmemory', '2mb']`. */
  readonly settings?: readonly string[];
}

/** A Redis of its own on a free port: keeps nothing on disk unless told to, and can be mistreated. */
export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** SIGTERM: it says good-bye to its clients. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Up again on the same port, after `stop` or `kill`. */
  restart(): Promise<void>;
  /** SIGSTOP: connections stay, and nothing answers. */
  freeze(): void;
  /** SIGCONT. */
  thaw(): void;
  /** Sends one command, words separated by blanks, and answers with the raw reply. */
  command(line: string): Promise<string>;
  flush(): Promise<void>;
  /** Kills it and removes its directory. */
  close(): Promise<void>;
}

/** Whether there is a `redis-server` to start. */
export function hasRedisServer(): boolean {
  return spawnSync('redis-server', ['--version'], { stdio: 'ignore' }).status === 0;
}

/** Starts a Redis; says in words when the binary is missing. */
export async function startRedisServer(options: RedisServerOptions = {}): Promise<RedisServer> {
  if (!hasRedisServer())
    throw new Error('No redis-server on the PATH. Install Redis (Debian: apt-get install redis-server).');
  const directory = await mkdtemp(join(tmpdir(), 'threadline-redis-'));
  const port = await freePort();
  const { password, settings = [] } = options;
  const secret = password === undefined ? [] : ['--requirepass', password];
  const start = () => launch([...basics(port, directory), ...secret, ...settings]);
  const command = (line: string) => ask(port, password, line);
  let running = await start();
  const end = async (signal: NodeJS.Signals) => {
    if (running.exitCode !== null || running.signalCode !== null) return;
    const ended = once(running, 'exit');
    running.kill(signal);
    await ended;
  };
  return {
    url: `redis://${password === undefined ? '' : `:${encodeURIComponent(password)}@`}127.0.0.1:${port}`,
    port,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    async restart() {
      running = await start();
    },
    freeze: () => void running.kill('SIGSTOP'),
    thaw: () => void running.kill('SIGCONT'),
    command,
    async flush() {
      await command('FLUSHALL');
    },
    async close() {
      await end('SIGKILL');
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function basics(port: number, directory: string): string[] {
  const files = ['--dir', directory, '--save', '', '--appendonly', 'no'];
  return ['--port', String(port), '--bind', '127.0.0.1', '--daemonize', 'no', ...files];
}

/** Resolves when it says that it takes connections. */
function launch(settings: readonly string[]): Promise<ChildProcess> {
  const server = spawn('redis-server', settings, { stdio: ['ignore', 'pipe', 'ignore'] });
  const orphan = () => server.kill('SIGKILL');
  process.once('exit', orphan);
  server.once('exit', () => process.off('exit', orphan));
  return new Promise((resolve, reject) => {
    let said = '';
    const fail = () => {
      clearTimeout(timer);
      server.kill('SIGKILL');
      reject(new Error(`redis-server did not start: ${said.slice(-500)}`));
    };
    const timer = setTimeout(fail, TIMEOUT_MS);
    server.once('error', reject);
    server.once('exit', fail);
    server.stdout.on('data', (data: Buffer) => {
      if (said.length < 65_536) said += data.toString();
      if (!/ready to accept connections/i.test(said)) return;
      clearTimeout(timer);
      server.off('exit', fail);
      resolve(server);
    });
  });
}

/** Inline commands are enough for a test: no client is in the way of what is tested. */
function ask(port: number, password: string | undefined, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    const login = password === undefined ? '' : `AUTH ${password}\r\n`;
    let reply = '';
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error('Redis gave no answer')));
    socket.on('data', (data) => (reply += data.toString()));
    socket.once('error', reject);
    // What AUTH and QUIT are answered with is not the command's.
    socket.once('close', () => resolve(reply.slice(login === '' ? 0 : OK.length, -OK.length)));
    socket.write(`${login}${line}\r\nQUIT\r\n`);
  });
}
