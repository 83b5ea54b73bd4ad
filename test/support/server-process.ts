import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { TestUser, tokenFor } from './test-server.js';
import { TEST_SECRET } from './secret.js';

export interface ServerProcess {
  readonly url: string;
  readonly child: ChildProcess;
  /** Everything it printed so far. */
  readonly output: () => string;
  user(claims?: Record<string, unknown>): Promise<TestUser>;
  /** Sends the signal and waits for the end; the exit code, or the signal that ended it. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null>;
}

/** The built server as a process of its own, as `npm start` runs it. Resolves when it listens. */
export async function startServerProcess(environment: Record<string, string>): Promise<ServerProcess> {
  const { DATABASE_URL: _1, REDIS_URL: _2, ...inherited } = process.env;
  const child = spawn(process.execPath, ['--enable-source-maps', 'dist/src/main.js'], {
    env: {
      ...inherited,
      PORT: '0',
      JWT_SECRET: TEST_SECRET,
      RATE_LIMIT: 'off',
      LOG_LEVEL: 'warn',
      NODE_ENV: 'development',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const { promise: listening, resolve, reject } = Promise.withResolvers<string>();
  const read = (chunk: Buffer) => {
    output += chunk.toString();
    const url = /listens on (http:\S+)/.exec(output)?.[1];
    if (url !== undefined) resolve(url);
  };
  child.stdout.on('data', read);
  child.stderr.on('data', read);
  child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${output}`)));
  const url = await listening;
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
