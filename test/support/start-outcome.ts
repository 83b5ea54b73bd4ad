import { execFile } from 'node:child_process';
import { TEST_SECRET } from './secret.js';

const LIMIT_MS = 40_000;

/** How a start of the built server that cannot go on has ended: the exit code, and everything that was printed. */
export function startOutcome(
  settings: Record<string, string>,
  entry: 'main' | 'worker' = 'main',
): Promise<{ readonly code: number | null; readonly words: string }> {
  const { DATABASE_URL: _1, REDIS_URL: _2, ROLE: _3, ...inherited } = process.env;
  const env = {
    ...inherited,
    ...{ PORT: '0', JWT_SECRET: TEST_SECRET, NODE_ENV: 'development', NODE_NO_WARNINGS: '1' },
    ...settings,
  };
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [`dist/src/${entry}.js`],
      { env, timeout: LIMIT_MS },
      (_, out, err) => resolve({ code: child.exitCode, words: out + err }),
    );
  });
}
