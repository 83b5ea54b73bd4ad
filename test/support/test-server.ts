import { freshDatabase } from '../setup/test-database.js';
import { HOSTS_VARIABLE } from '../setup/test-server-variables.js';
import { TEST_SECRET } from './secret.js';
import { TestUser, tokenFor } from './test-user.js';

/** A server of the built code, and its database. */
export interface TestServer {
  readonly url: string;
  readonly connectionString: string;
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
  const { id, url } = await askHost('POST', '', {
    DATABASE_URL: connectionString,
    PORT: '0',
    JWT_SECRET: TEST_SECRET,
    RATE_LIMIT: 'off',
    LOG_LEVEL: 'silent',
    ...environment,
  });
  const stop = async (graceMs: number) => void (await askHost('DELETE', `${id}?graceMs=${graceMs}`));
  return {
    url,
    connectionString,
    user: async (claims = {}) => new TestUser(url, await tokenFor(claims)),
    stop,
    async close() {
      await stop(0);
      await database?.drop();
    },
  };
}

async function askHost(method: 'POST' | 'DELETE', path: string, settings?: Record<string, string>) {
  const worker = Number(process.env['JEST_WORKER_ID'] ?? 1);
  const port = process.env[HOSTS_VARIABLE]?.split(',')[worker - 1];
  const response = await fetch(`http://127.0.0.1:${port}/${path}`, {
    method,
    ...(settings === undefined ? {} : { body: JSON.stringify(settings) }),
  });
  if (!response.ok) throw new Error(`the server did not start or stop: ${await response.text()}`);
  return (await response.json()) as { readonly id: number; readonly url: string };
}
