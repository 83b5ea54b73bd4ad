import { freshDatabase } from '../setup/test-database.js';
import { HOSTS_VARIABLE } from '../setup/test-server-variables.js';
import { TEST_SECRET } from './secret.js';
import { TestUser, tokenFor } from './test-user.js';

/** A server of the built code, and its database. */
export interface TestServer {
  /** Where it listens; empty for a worker, which serves nobody. */
  readonly url: string;
  readonly connectionString: string;
  /** What it said while it started. */
  readonly said: string;
  user(claims?: Record<string, unknown>): Promise<TestUser>;
  /** Stops it: running turns have so many milliseconds. Its database stays. */
  stop(graceMs: number): Promise<void>;
  /** Stops it, and removes the database that was made for it. */
  close(): Promise<void>;
}

/**
 * The whole server over a database of its own, or over the one named, listening on a free port. It runs in the process that
 * starts all servers of this jest worker; see setup/server-host.ts.
 */
export async function startTestServer(environment: Record<string, string> = {}): Promise<TestServer> {
  const database = environment['DATABASE_URL'] === undefined ? await freshDatabase() : undefined;
  const connectionString = database?.connectionString ?? environment['DATABASE_URL']!;
  const started = await askHost('POST', '', settings({ DATABASE_URL: connectionString, ...environment }));
  if ('refused' in started) throw new Error(`the server did not start: ${started.refused}`);
  const { id, url, said } = started;
  const stop = async (graceMs: number) => void (await askHost('DELETE', `${id}?graceMs=${graceMs}`));
  return {
    ...{ url, connectionString, said },
    user: async (claims = {}) => new TestUser(url, await tokenFor(claims)),
    stop,
    async close() {
      await stop(0);
      await database?.drop();
    },
  };
}

/** What a start that cannot go on says, to the letter, where a process would then end with 1. */
export async function refusalOf(environment: Record<string, string>): Promise<string> {
  const started = await askHost('POST', '', settings(environment));
  if ('refused' in started) return started.refused;
  await askHost('DELETE', `${started.id}?graceMs=0`);
  throw new Error('the server started');
}

const settings = (environment: Record<string, string>) => ({
  ...{ PORT: '0', JWT_SECRET: TEST_SECRET, RATE_LIMIT: 'off', LOG_LEVEL: 'silent' },
  ...environment,
});

type Started =
  { readonly id: number; readonly url: string; readonly said: string } | { readonly refused: string };

async function askHost(method: 'POST' | 'DELETE', path: string, body?: object): Promise<Started> {
  const worker = Number(process.env['JEST_WORKER_ID'] ?? 1);
  const port = process.env[HOSTS_VARIABLE]?.split(',')[worker - 1];
  const response = await fetch(`http://127.0.0.1:${port}/${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`the host of servers failed: ${await response.text()}`);
  return (await response.json()) as Started;
}
