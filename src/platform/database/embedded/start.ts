import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { findBinaries, type Binaries } from './binaries.js';
import { ensureCluster } from './cluster.js';
import { connectWhenReady } from './connect.js';
import { locateData, type DataLocation } from './data-location.js';
import { DirectoryLock, acquireLock } from './directory-lock.js';
import { OwnerWatchdog } from './owner-watchdog.js';
import { findServer, launchServer, removeSocketDirectory, type RunningServer } from './server.js';
import { APPLICATION, connectionString } from './settings.js';
import { stopServer } from './stop.js';

export interface EmbeddedPostgresOptions {
  /** Folder for the data and the server's log; created if missing. */
  readonly dataDir: string;
  /** Receives messages for the operator. */
  readonly log?: (line: string) => void;
  /** `false` (for tests): faster, and a crash of the machine may destroy the data. */
  readonly durable?: boolean;
  /** How many seconds the server outlives a killed owner, waiting for a new one; 30, and less in tests only. */
  readonly ownerlessSeconds?: number;
}

/** A private Postgres server over data that no other process uses. */
export interface EmbeddedPostgres {
  readonly connectionString: string;
  /** The real folder of the data. */
  readonly location: string;
  readonly serverVersion: string;
  /** The server was found running: the process that started it was killed. */
  readonly reused: boolean;
  /** Calls back once if the server ends without having been stopped. */
  onLost(callback: () => void): void;
  /** Stops the server and waits for it, six seconds at most. A second call waits for the first. */
  stop(): Promise<void>;
}

/** How long to wait until a killed server's leftovers are gone. */
const OBSTACLE_WAIT_MS = 20_000;

/** How long a server waits for a new owner before it stops. */
const OWNERLESS_SECONDS = 30;

/** How often the server is checked. */
const POLL_MS = 500;

/** Log output of a server that found another one, or its leftovers, in its data directory. */
const OBSTACLE = /lock file "postmaster\.pid"|pre-existing shared memory block|is another postmaster/;

/**
 * Starts the installed Postgres, or takes over the one that a killed process left running. Throws with a message: no
 * programs for this platform, no usable folder, or another Threadline over the same data.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  if (process.platform === 'win32') {
    throw new Error(
      'The embedded Postgres does not run on Windows. Set DATABASE_URL to a Postgres of your own.',
    );
  }
  const { durable = true, ownerlessSeconds = OWNERLESS_SECONDS, log = () => undefined } = options;
  const location = await locateData(options.dataDir);
  const binaries = await findBinaries(location.account, log);
  await ensureCluster(location, binaries, durable, log);
  const { server, client } = await takeServer(location, binaries, durable);
  const serverVersion = await prepare(client, durable).catch(async (error: unknown) => {
    await stopServer(server, location.directory, log);
    throw error;
  });
  const lock = new DirectoryLock(server, client, log);
  const guard = new OwnerWatchdog(server, ownerlessSeconds, log);
  await guard.start();
  server.guarded();
  const stop = () => {
    guard.leave();
    return lock.release(() => stopServer(server, location.directory, log));
  };
  log(`The embedded Postgres ${serverVersion} keeps its data in ${location.directory}.`);
  let stopped: Promise<void> | undefined;
  return {
    connectionString: connectionString(server.endpoint, APPLICATION, APPLICATION),
    location: location.directory,
    serverVersion,
    reused: server.reused,
    onLost: (callback) => {
      const timer = setInterval(() => {
        if (stopped === undefined && !server.hasEnded()) return;
        clearInterval(timer);
        if (stopped === undefined) callback();
      }, POLL_MS);
      timer.unref();
    },
    stop: () => (stopped ??= stop()),
  };
}

/** Another process has the data directory; the message says what to do. */
export class DataInUseError extends Error {
  override readonly name = 'DataInUseError';
}

/** How to reach the server that another process has over the folder's data, if one runs. */
export async function findEmbedded(dataDir: string): Promise<string | undefined> {
  const server = await findServer(await locateData(dataDir));
  return server && connectionString(server.endpoint, APPLICATION, APPLICATION);
}

interface Held {
  readonly server: RunningServer;
  readonly client: pg.Client;
}

/** A server whose directory lock is ours; `client` holds it. */
async function takeServer(location: DataLocation, binaries: Binaries, durable: boolean): Promise<Held> {
  const { directory } = location;
  const deadline = Date.now() + OBSTACLE_WAIT_MS;
  for (;;) {
    const server = (await findServer(location)) ?? (await launchServer(location, binaries, durable));
    const client = await connectWhenReady(server, directory);
    const lock = client === undefined ? 'lost' : await acquireLock(client);
    if (client !== undefined && lock === 'acquired') return { server, client };
    await client?.end().catch(() => undefined);
    if (lock === 'held by another') {
      // Another process that started at the same moment has taken over the server that we launched, and guards it.
      server.guarded();
      throw new DataInUseError(inUse(location));
    }
    const words = await server.logTail();
    if (server.hasEnded() && !server.reused) await removeSocketDirectory(server.endpoint.socketDirectory);
    const passing = server.reused || words === '' || OBSTACLE.test(words);
    if (!passing || Date.now() > deadline) throw new Error(notStarted(location, words));
    await sleep(100);
  }
}

function inUse({ dataDir }: DataLocation): string {
  return (
    `Another Threadline already uses the data in ${dataDir}. Stop it first, or give this one a DATA_DIR of its own. ` +
    'To run several over the same data, set DATABASE_URL to one Postgres for all of them.'
  );
}

function notStarted({ directory, logFile }: DataLocation, words: string): string {
  const reason = words === '' ? '' : ` Its last words: ${words.slice(-1_000)}`;
  return (
    `The embedded Postgres over ${directory} did not start.${reason} ` +
    `The whole story is in ${logFile}. Mend that, or set DATABASE_URL to a Postgres of your own.`
  );
}

/** Makes the application's role and database unless they are there. Returns the server's version. */
async function prepare(client: pg.Client, durable: boolean): Promise<string> {
  const roles = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [APPLICATION]);
  // Tests make databases of their own; the application has no need to.
  if (roles.rowCount === 0)
    await client.query(`CREATE ROLE ${APPLICATION} LOGIN ${durable ? '' : 'CREATEDB'}`);
  const databases = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [APPLICATION]);
  if (databases.rowCount === 0) await client.query(`CREATE DATABASE ${APPLICATION} OWNER ${APPLICATION}`);
  const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
  return rows[0]?.server_version ?? '';
}
