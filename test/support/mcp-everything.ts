import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { ServerTarget } from '../../src/tool/ports/tool-servers.js';
import { freePort } from './free-port.js';
import { installPackage } from './install-package.js';
import { until } from './until.js';

/** A package of its own: what only this suite needs is installed by it, not by `npm start`. */
const PACKAGE = join(process.cwd(), 'test', 'mcp-everything');
const PROGRAM = join(
  PACKAGE,
  'node_modules',
  '@modelcontextprotocol',
  'server-everything',
  'dist',
  'index.js',
);
const SETTINGS = { isTrusted: false, isConfigured: true, maySample: true, roots: ['file:///data'] };

/** Installs the protocol's own example server unless it is there. Throws where it cannot be had. */
export const installEverything = (): Promise<void> => installPackage(PACKAGE, PROGRAM);

/** The example server over Streamable HTTP. */
export async function startEverything(): Promise<{ readonly target: ServerTarget; close(): Promise<void> }> {
  const port = await freePort();
  const child = spawn(process.execPath, [PROGRAM, 'streamableHttp'], {
    env: { PATH: process.env['PATH'], PORT: `${port}` },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(child, 'exit');
  await until(() => isListening(child));
  const endpoint = { transport: 'http' as const, url: `http://127.0.0.1:${port}/mcp`, headers: {} };
  return {
    target: { name: 'everything', endpoint, ...SETTINGS },
    async close() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** The example server as a program. */
export const everythingProgram: ServerTarget = {
  name: 'everything',
  endpoint: { transport: 'stdio', command: process.execPath, args: [PROGRAM, 'stdio'], env: {} },
  ...SETTINGS,
};

function isListening({ stderr, exitCode }: ChildProcess): boolean {
  if (exitCode !== null) throw new Error('the example server does not start');
  return ((stderr?.read() ?? '') as Buffer | string).toString().includes('listening');
}
