import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { TestUser, tokenFor } from './test-user.js';
import { TEST_SECRET } from './secret.js';

export interface ServerProcess {
  /** Where it listens; empty for one that serves nobody. */
  readonly url: string;
  readonly child: ChildProcess;
  /** Everything it printed so far. */
  readonly output: () => string;
  user(claims?: Record<string, unknown>): Promise<TestUser>;
  /** Sends the signal and waits for the end; the exit code, or the signal that ended it. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null>;
}

/** What a process says when it is up, by its role. */
const READY = { serves: /listens on (http:\S+)/, works: /^Threadline \S+ /m } as const;

/** What a server gets of the surroundings of the tests: settings that stand in them are none of its. */
const INHERITED = /^(PATH|HOME|LANG|LC_\w+|TZ|TMPDIR|PG\w+|NODE_(?!ENV$)\w+|THREADLINE_\w+)$/;

const ROOT = process.cwd();
/** What a process runs: the built server. */
const SERVER: readonly string[] = [join(ROOT, 'dist', 'src', 'main.js')];
const LOOP_WATCH = pathToFileURL(join(ROOT, 'test', 'support', 'loop-watch.mjs')).href;

const alive = new Set<ChildProcess>();
// A run that is cut off leaves no server behind.
process.once('exit', () => alive.forEach((child) => child.kill('SIGKILL')));

/**
 * The built server as a process of its own, or what is given to Node in its place. Resolves when it listens, a worker when it
 * works.
 */
export async function startServerProcess(
  environment: Record<string, string>,
  program: readonly string[] = SERVER,
): Promise<ServerProcess> {
  const child = spawn(process.execPath, ['--import', LOOP_WATCH, ...program], {
    // No .env of whoever runs the tests is there.
    cwd: join(ROOT, 'test'),
    env: {
      ...Object.fromEntries(Object.entries(process.env).filter(([name]) => INHERITED.test(name))),
      PORT: '0',
      JWT_SECRET: TEST_SECRET,
      RATE_LIMIT: 'off',
      LOG_LEVEL: 'warn',
      NODE_ENV: 'development',
      STOP_WITH_PARENT: String(process.pid),
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  alive.add(child);
  child.once('exit', () => alive.delete(child));
  let output = '';
  const { promise: ready, resolve, reject } = Promise.withResolvers<string>();
  const sign = environment['ROLE'] === 'worker' ? READY.works : READY.serves;
  const read = (chunk: Buffer) => {
    output += chunk.toString();
    const found = sign.exec(output);
    if (found !== null) resolve(found[1] ?? '');
  };
  child.stdout.on('data', read);
  child.stderr.on('data', read);
  child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${output}`)));
  const url = await ready;
  return {
    url,
    child,
    output: () => output,
    user: async (claims = {}) => new TestUser(url, await tokenFor(claims)),
    async end(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode ?? child.signalCode;
      child.kill(signal);
      await once(child, 'exit');
      return child.exitCode ?? child.signalCode;
    },
  };
}
